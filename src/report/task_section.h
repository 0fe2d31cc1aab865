// One task of an evaluation: the answer in plain words, then in figures and tables.
#ifndef VITRINE_REPORT_TASK_SECTION_H_
#define VITRINE_REPORT_TASK_SECTION_H_

#include <string>

#include "report/page.h"

namespace vitrine::report {

// What a task's JSON does not say itself.
struct TaskContext {
  std::string task;    // "discovery"
  std::string model;   // label of the model in question
  std::string target;  // the events to foresee
  std::string after;   // what the models were shown, where it is a prefix: "3 baskets"

  // The section's own on the page.
  std::string id() const;
};

// `result` is what train/task_report gives for the task.
Section TaskSection(const Json& result, const TaskContext& context);

}  // namespace vitrine::report

#endif  // VITRINE_REPORT_TASK_SECTION_H_
