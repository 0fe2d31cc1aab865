// The models of one task of an evaluation, as its JSON has them.
#ifndef VITRINE_REPORT_TASK_CONTENDER_H_
#define VITRINE_REPORT_TASK_CONTENDER_H_

#include <string>
#include <string_view>
#include <vector>

#include "report/html.h"
#include "report/task_section.h"

namespace vitrine::report {

inline constexpr const char* kRank = "ndcg@20";

// A model of the task: the one in question, or one that it is measured against.
struct Contender {
  std::string name;  // plain text
  const Json* metrics;
  const Json* differences;  // of the model in question to this one; nullptr: it is itself
  const Json* by_activity;
};

// The model in question, then the others; they point into `result`.
std::vector<Contender> ContendersOf(const Json& result, const TaskContext& context);

// NaN where the metric was not measured.
double ValueOf(const Json& metrics, std::string_view metric);

// A group of `by_activity` by its least and most events: "1–47".
std::string GroupName(const Json& group);

}  // namespace vitrine::report

#endif  // VITRINE_REPORT_TASK_CONTENDER_H_
