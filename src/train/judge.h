// What decides while a model is trained: its value on the validation cases, and the file it
// becomes.
#ifndef VITRINE_TRAIN_JUDGE_H_
#define VITRINE_TRAIN_JUDGE_H_

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/result.h"
#include "evaluate/evaluate.h"
#include "evaluate/protocol.h"
#include "evaluate/training_part.h"
#include "format/safetensors.h"
#include "serve/calibration.h"
#include "train/model_writer.h"
#include "train/score_scale.h"
#include "train/train.h"

namespace vitrine {

// A calibration, and the scale of the scores that it is of.
struct FittedCalibration {
  Calibration calibration;
  ScoreScale scale;
};

// Judges a fitted model by the very code that will serve it.
class Judge {
 public:
  // Borrows the plan.
  Judge(const TrainingPlan& plan, const TrainOptions& options);

  // The model as its file would hold it.
  Result<TensorFile> ToFile(const AddModel& add) const;
  // Measures the model on the validation cases, and keeps what it listed.
  Result<double> Measure(const TensorFile& file, std::vector<Listed>& lists) const;

  // What the lists on the validation cases say of probabilities, and the scale of the model's
  // scores; `lists` are those of Measure.
  Result<FittedCalibration> Calibrate(const TensorFile& file) const;
  Result<FittedCalibration> Calibrate(const TensorFile& file,
                                      const std::vector<Listed>& lists) const;
  FittedCalibration Calibrate(const Model& model, const std::vector<Listed>& lists) const;
  // The same of a model that `add` gives, fitted again to all of the training part.
  Result<Calibration> ForRefit(const FittedCalibration& fitted, const AddModel& add) const;
  Calibration ForRefit(const FittedCalibration& fitted, const Model& model) const;

  const ModelFrame& frame() const { return frame_; }
  // The name of what is measured.
  std::string name() const { return std::string(metric_.name); }

 private:
  const TrainingPlan& plan_;
  const NamedMetric metric_;
  const std::string model_;
  const Task task_;
  const ModelFrame frame_;
  const std::vector<uint32_t> scale_shoppers_;
  const ItemFacts facts_;  // what is beyond accuracy does not choose
};

// Writes the model that `add` gives, fitted to `part`, as a whole model file.
Status WriteModel(const TrainOptions& options, const TrainingPart& part, const AddModel& add,
                  const nlohmann::ordered_json& settings, const Calibration& calibration,
                  const std::string& path);

}  // namespace vitrine

#endif  // VITRINE_TRAIN_JUDGE_H_
