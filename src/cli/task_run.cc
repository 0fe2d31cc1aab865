#include "cli/task_run.h"

#include <utility>

#include "evaluate/calibration_report.h"
#include "evaluate/protocol.h"

namespace vitrine {

using Json = nlohmann::ordered_json;

TaskRun::TaskRun(const Dataset& dataset, const ItemFacts& facts, Task task,
                 const BootstrapOptions& bootstrap)
    : cases_(TestCases(dataset, task)),
      facts_(facts),
      bootstrap_(bootstrap),
      select_(RulesOf(dataset.info().split).select.metric),
      report_{.task = task,
              .left_out = cases_.left_out,
              .metrics = MetricsFor(dataset.info().split, facts),
              .has_baskets = RulesOf(dataset.info().split).has_baskets} {}

Result<Evaluation> TaskRun::Add(const Contender& contender) {
  Calibration calibration;
  if (report_.models.empty()) {
    VITRINE_ASSIGN_OR_RETURN(calibration, CalibrationFor(contender));
  }
  std::vector<Listed> lists;
  VITRINE_ASSIGN_OR_RETURN(Evaluation evaluation,
                           Evaluate(*contender.model, cases_, facts_, kTileCases,
                                    calibration.empty() ? nullptr : &lists));
  if (!calibration.empty()) {
    CalibrationReport judged;
    judged.Add(calibration, lists);
    calibration_ = judged.ToJson(bootstrap_);
  }
  AddEvaluation(contender, evaluation);
  return evaluation;
}

Status TaskRun::AddBest(const std::vector<Contender>& contenders) {
  const Contender* best = nullptr;
  Evaluation best_evaluation;
  for (const Contender& contender : contenders) {
    VITRINE_ASSIGN_OR_RETURN(Evaluation evaluation, Evaluate(*contender.model, cases_, facts_));
    if (best != nullptr &&
        MetricOf(evaluation.values, select_) <= MetricOf(best_evaluation.values, select_)) {
      continue;
    }
    best = &contender;
    best_evaluation = std::move(evaluation);
  }
  if (best != nullptr) AddEvaluation(*best, best_evaluation);
  return {};
}

std::string TaskRun::Table() const { return ToTable(report_) + ToTable(calibration_); }

Json TaskRun::ToJson() const {
  Json json = vitrine::ToJson(report_);
  if (!calibration_.is_null()) json["calibration"] = calibration_;
  for (size_t i = 1; i < report_.models.size(); ++i) {
    json["baselines"][report_.models[i].label]["settings"] = settings_[i];
  }
  return json;
}

Result<Calibration> TaskRun::CalibrationFor(const Contender& contender) const {
  const auto trained_for = contender.file->Text("train.task");
  if (!trained_for.ok() || *trained_for != kTaskNames[static_cast<size_t>(report_.task)]) {
    return Calibration{};
  }
  return Calibration::Read(*contender.file);
}

void TaskRun::AddEvaluation(const Contender& contender, const Evaluation& evaluation) {
  if (report_.models.empty()) first_ = evaluation;
  AddModelReport(contender.label, cases_, facts_.n_items, evaluation, first_, bootstrap_, report_);
  settings_.push_back(contender.settings);
}

}  // namespace vitrine
