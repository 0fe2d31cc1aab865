// One task of `evaluate` and `compare`: asks models, and adds up what they answered.
#ifndef VITRINE_CLI_TASK_RUN_H_
#define VITRINE_CLI_TASK_RUN_H_

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/contender.h"
#include "core/result.h"
#include "data/dataset.h"
#include "evaluate/cases.h"
#include "evaluate/evaluate.h"
#include "evaluate/task_report.h"
#include "serve/calibration.h"

namespace vitrine {

class TaskRun {
 public:
  // `facts` must outlive it.
  TaskRun(const Dataset& dataset, const ItemFacts& facts, Task task,
          const BootstrapOptions& bootstrap);

  const Cases& cases() const { return cases_; }
  const TaskReport& report() const { return report_; }
  double seconds() const { return first_.seconds; }  // of the first model

  // The first model is the one in question.
  Result<Evaluation> Add(const Contender& contender);

  // Adds whichever does best on the cases themselves.
  Status AddBest(const std::vector<Contender>& contenders);

  std::string Table() const;
  nlohmann::ordered_json ToJson() const;

 private:
  // What the file says of probabilities, where it was trained for this task.
  Result<Calibration> CalibrationFor(const Contender& contender) const;
  void AddEvaluation(const Contender& contender, const Evaluation& evaluation);

  const Cases cases_;
  const ItemFacts& facts_;
  const BootstrapOptions bootstrap_;
  const Metric select_;
  TaskReport report_;
  nlohmann::ordered_json calibration_;  // of the first model; null where it has none
  Evaluation first_;
  std::vector<nlohmann::ordered_json> settings_;
};

}  // namespace vitrine

#endif  // VITRINE_CLI_TASK_RUN_H_
