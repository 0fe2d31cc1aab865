#include "train/judge.h"

#include <memory>

#include "train/calibrate.h"

namespace vitrine {

Judge::Judge(const TrainingPlan& plan, const TrainOptions& options)
    : plan_(plan),
      metric_(RulesOf(plan.fit.dataset->info().split).select),
      model_(options.model),
      task_(options.task),
      frame_(options.model, plan.fit, options.task),
      scale_shoppers_(ScaleShoppers(plan.fit)),
      facts_{.n_items = plan.fit.n_items()} {}

Result<TensorFile> Judge::ToFile(const AddModel& add) const {
  TensorFileWriter writer;
  frame_.AddCore(writer);
  add(writer);
  return writer.ToMemory("the model in training");
}

Result<double> Judge::Measure(const TensorFile& file, std::vector<Listed>& lists) const {
  VITRINE_ASSIGN_OR_RETURN(const std::unique_ptr<Model> model, LoadModel(file));
  VITRINE_ASSIGN_OR_RETURN(const Evaluation evaluation,
                           Evaluate(*model, plan_.validation, facts_, kTileCases, &lists));
  return MetricOf(evaluation.values, metric_.metric);
}

Result<FittedCalibration> Judge::Calibrate(const TensorFile& file) const {
  std::vector<Listed> lists;
  VITRINE_RETURN_IF_ERROR(Measure(file, lists));
  return Calibrate(file, lists);
}

Result<FittedCalibration> Judge::Calibrate(const TensorFile& file,
                                           const std::vector<Listed>& lists) const {
  VITRINE_ASSIGN_OR_RETURN(const std::unique_ptr<Model> model, LoadModel(file));
  return Calibrate(*model, lists);
}

FittedCalibration Judge::Calibrate(const Model& model, const std::vector<Listed>& lists) const {
  return {FitCalibration(lists), ScaleOf(model, plan_.fit, task_, scale_shoppers_)};
}

Result<Calibration> Judge::ForRefit(const FittedCalibration& fitted, const AddModel& add) const {
  TensorFileWriter writer;
  const ModelFrame frame(model_, plan_.all, task_);
  frame.AddCore(writer);
  add(writer);
  VITRINE_ASSIGN_OR_RETURN(const TensorFile file, writer.ToMemory("the model fitted again"));
  VITRINE_ASSIGN_OR_RETURN(const std::unique_ptr<Model> model, LoadModel(file));
  return ForRefit(fitted, *model);
}

Calibration Judge::ForRefit(const FittedCalibration& fitted, const Model& model) const {
  return CarryOver(fitted.calibration, fitted.scale,
                   ScaleOf(model, plan_.all, task_, scale_shoppers_));
}

Status WriteModel(const TrainOptions& options, const TrainingPart& part, const AddModel& add,
                  const nlohmann::ordered_json& settings, const Calibration& calibration,
                  const std::string& path) {
  const ModelFrame frame(options.model, part, options.task);
  TensorFileWriter writer;
  frame.AddTo(writer);
  writer.SetMetadata("train.settings", settings.dump());
  writer.SetMetadata("train.seed", static_cast<int64_t>(ModelSeed(options)));
  AddCalibration(calibration, writer);
  add(writer);
  return writer.Write(path);
}

}  // namespace vitrine
