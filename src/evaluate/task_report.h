// What models did on one task, side by side: as JSON, and as a table for people.
#ifndef VITRINE_EVALUATE_TASK_REPORT_H_
#define VITRINE_EVALUATE_TASK_REPORT_H_

#include <array>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "core/evidence.h"
#include "evaluate/activity.h"
#include "evaluate/cases.h"
#include "evaluate/evaluate.h"
#include "evaluate/metrics.h"
#include "evaluate/protocol.h"

namespace vitrine {

// Shoppers with a short history are reported apart: most of a shop's shoppers are such.
inline constexpr size_t kFewBaskets = 2;

// A group of cases as one model answered them.
struct GroupReport {
  Summary summary;
  std::array<Difference, kMetrics> ahead;  // of this model by the first one; of the first: zeros
};

// NDCG@20 of a group.
struct ActivityReport {
  Estimate ndcg;
  Estimate ahead;  // of this model by the first one, paired
};

struct ModelReport {
  std::string label;
  GroupReport all;
  GroupReport few;                          // at most kFewBaskets baskets in the prefix
  std::vector<ActivityReport> by_activity;  // a row per group
  double seconds = 0;
};

struct TaskReport {
  Task task = Task::kNextBasket;
  LeftOut left_out;
  std::vector<NamedMetric> metrics;     // which to show
  bool has_baskets = true;              // whether short histories are shown apart
  std::vector<ActivityGroup> activity;  // made with the first model
  std::vector<ModelReport> models;      // the model in question, then those it is measured against
};

// Adds a model to `report`. `first` is the evaluation of the model in question, on the same cases;
// for that model itself, `evaluation` again.
void AddModelReport(std::string label, const Cases& cases, size_t n_items,
                    const Evaluation& evaluation, const Evaluation& first,
                    const BootstrapOptions& bootstrap, TaskReport& report);

// {value_name, "low", "high"}.
nlohmann::ordered_json ToJson(const Estimate& estimate, const char* value_name = "value");

// {"cases", "left_out", "metrics", "at_most_two_baskets", "by_activity": [{"events", "cases",
// "ndcg@20"}], "baselines": {label: {"metrics", "differences", "at_most_two_baskets",
// "by_activity"}}}; what cannot be computed is null. A difference counts the cases where the
// model's value is "higher", "equal" and "lower".
nlohmann::ordered_json ToJson(const TaskReport& report);

// "3 without a history, 1 with nothing new"; empty where none was left out.
std::string ToWords(const LeftOut& left_out);

// Lines of text: a row per metric, a pair of columns per baseline.
std::string ToTable(const TaskReport& report);

}  // namespace vitrine

#endif  // VITRINE_EVALUATE_TASK_REPORT_H_
