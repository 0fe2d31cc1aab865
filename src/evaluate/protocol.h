// How a data set is divided, asked about and scored: one protocol, one evaluator.
#ifndef VITRINE_EVALUATE_PROTOCOL_H_
#define VITRINE_EVALUATE_PROTOCOL_H_

#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "data/dataset.h"
#include "evaluate/cases.h"
#include "evaluate/item_facts.h"
#include "evaluate/metrics.h"
#include "evaluate/training_part.h"

namespace vitrine {

struct NamedMetric {
  std::string_view name;
  Metric metric;
};

struct ProtocolRules {
  std::span<const NamedMetric> metrics;
  NamedMetric select;  // what validation chooses by
  bool has_baskets;    // shoppers with a short history, by baskets, are reported apart
  bool refit;          // whether what was chosen is fitted again on training and validation
};
// Of a data set prepared with `split`:
//   kTime        what comes after a moment, next basket or discovery; validation is the end of the
//                training period.
//   kStrong      shoppers held out whole, asked about what they do after their first baskets;
//                validation is another such share.
//   kGivenSplit  a training file and a test file over the same shoppers: Chae, Kang, Kim and Lee,
//                "CFGAN", CIKM 2018; recall is over all targets. Validation is a fifth of the
//                training ratings, as in Perez Maurera, Ferrari Dacrema and Cremonesi, "An
//                evaluation study of generative adversarial networks for collaborative filtering",
//                ECIR 2022.
//   kLeaveLast   each shopper's last event is the test, the one before it validation: Kang and
//                McAuley, "Self-attentive sequential recommendation", ICDM 2018. As in the
//                published figures nothing is fitted again on validation, but at the test it is
//                part of the history.
// kNone is judged as kTime.
const ProtocolRules& RulesOf(Split split);

// Those of the protocol's metrics that a catalogue can be judged by.
std::vector<NamedMetric> MetricsFor(Split split, const ItemFacts& facts);
// The names of the others, each with the reason; empty where there are none.
nlohmann::ordered_json NotMeasured(Split split, const ItemFacts& facts);

struct PlanOptions {
  Task task = Task::kDiscovery;
  double validation_fraction = 0.1;  // of the training period, or of the shoppers
  uint64_t seed = 1;                 // of draws
  Prefixes prefixes;                 // kStrong: what of a shopper is shown
};

// invalid-argument for prefixes of a data set that holds no shopper out whole.
Status CheckPrefixes(const Dataset& dataset, const Prefixes& prefixes);

// What to fit and what to choose by. invalid-argument where validation would have no case, or with
// prefixes of another split.
Result<TrainingPlan> PlanTraining(const Dataset& dataset, const PlanOptions& options);

// The questions of the test part; `prefixes` are of kStrong.
Cases TestCases(const Dataset& dataset, Task task, const Prefixes& prefixes = {});

}  // namespace vitrine

#endif  // VITRINE_EVALUATE_PROTOCOL_H_
