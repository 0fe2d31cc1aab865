// What `vitrine prepare` tells of its work: to programs as JSON, to the merchant as text.
#ifndef VITRINE_DATA_REPORT_H_
#define VITRINE_DATA_REPORT_H_

#include <array>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "data/cleaning.h"
#include "data/dataset.h"
#include "data/log_reader.h"
#include "data/partition.h"
#include "data/product_catalogue.h"
#include "data/tally.h"
#include "features/history_features.h"

namespace vitrine {

struct PartReport {
  uint64_t n_shoppers = 0;
  uint64_t n_events = 0;
  std::array<uint64_t, kEventTypes> n_by_type{};
};

// How the product file met the vocabulary.
struct ProductReport {
  std::string path;
  std::vector<FoundColumn> columns;
  std::vector<std::string> column_names;  // all there are
  uint64_t n_rows = 0;
  uint64_t n_malformed = 0;
  uint64_t n_repeated = 0;
  uint64_t n_bad_numbers = 0;
  uint64_t n_unsold = 0;   // products that the training part never touched: not in the vocabulary
  uint64_t n_missing = 0;  // products of the vocabulary that the file lacks
};

struct PrepareReport {
  std::vector<LogFile> files;
  uint64_t n_rows = 0;
  Tally tally;  // every row once
  std::map<std::string, uint64_t> unknown_events;
  uint64_t n_shoppers = 0;       // named in the log, dropped rows included
  uint64_t n_products = 0;       // likewise
  uint64_t n_cancellations = 0;  // rows of refunds or of negative quantity, likewise
  Netting netting;
  uint64_t n_bots = 0;           // shoppers
  uint64_t n_lost_contexts = 0;  // rows
  BotRules bot_rules;
  SplitRules split_rules;
  DatasetInfo info;
  FeatureParams features;
  uint64_t n_contexts = 0;
  PartReport train;
  PartReport test;
  std::optional<ProductReport> products;

  uint64_t n_dropped() const;

  // Holds nothing that changes between two runs over the same files but the hash, which is given
  // where it is known.
  nlohmann::ordered_json ToJson() const;
  std::string ToText() const;
};

// "2011-12-09 12:50:00", UTC.
std::string FormatTime(int64_t seconds);
// "541,909"
std::string FormatCount(uint64_t n);

}  // namespace vitrine

#endif  // VITRINE_DATA_REPORT_H_
