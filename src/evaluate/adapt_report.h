// What adapting on the device gains, by how much is known of the shopper.
#ifndef VITRINE_EVALUATE_ADAPT_REPORT_H_
#define VITRINE_EVALUATE_ADAPT_REPORT_H_

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "core/result.h"
#include "evaluate/bootstrap.h"
#include "evaluate/cases.h"
#include "evaluate/item_facts.h"
#include "models/model.h"

namespace vitrine {

// NDCG@20 of one model with and without adapting, and of others, over cases of several kinds.
class AdaptReport {
 public:
  // `others`: names of what it is measured against besides itself.
  explicit AdaptReport(std::vector<std::string> others) : others_(std::move(others)) {}

  // Adds what the models say of each case. `fold` tells equal numbers of different shoppers apart;
  // `others` in the order of their names.
  Status Add(size_t fold, const Cases& cases, const ItemFacts& facts, const Model& adapted,
             const Model& alone, const std::vector<const Model*>& others);

  // Relative differences, paired, with intervals over shoppers, however often each was asked:
  // {"ndcg@20": {"value", "low", "high"}, "against": {other: {...}}, "means": {"adapted", "alone",
  // other}, "events", "cases", "shoppers"} of histories of ten events or more, of all where none
  // has so many, and in "by_events" the same of shorter ones. A group without cases is absent.
  nlohmann::ordered_json ToJson(const BootstrapOptions& bootstrap) const;

 private:
  struct Row {
    uint64_t shopper;  // with the fold
    size_t n_events;
    std::vector<float> ndcg;  // adapted, alone, others
  };
  struct Group {  // histories of `least` to `most` events
    const char* name;
    size_t least, most;
  };

  // What ToJson gives of `group`; null where it has no case.
  nlohmann::ordered_json GroupJson(const Group& group, const BootstrapOptions& bootstrap) const;

  std::vector<std::string> others_;
  std::vector<Row> rows_;
};

}  // namespace vitrine

#endif  // VITRINE_EVALUATE_ADAPT_REPORT_H_
