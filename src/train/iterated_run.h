// A model trained epoch by epoch: early stopping, checkpoints, and the refit.
#ifndef VITRINE_TRAIN_ITERATED_RUN_H_
#define VITRINE_TRAIN_ITERATED_RUN_H_

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "core/result.h"
#include "format/safetensors.h"
#include "train/judge.h"
#include "train/train.h"
#include "train/trainer.h"

namespace vitrine {

// First on the fitting part with early stopping, then, where asked, on all of the training part for
// the number of epochs that was best. A checkpoint holds all of it.
class IteratedRun {
 public:
  // Borrows the plan and the options. `settings` are the model's own, as train.json will have them;
  // a checkpoint is taken up again only where `identity` is the same.
  IteratedRun(const TrainingPlan& plan, const TrainOptions& options, bool refit, MakeTrainer make,
              nlohmann::ordered_json settings, const std::string& out, std::string identity);
  IteratedRun(const IteratedRun&) = delete;
  ~IteratedRun();

  // Writes `out`/model.safetensors, and `out`/checkpoint.safetensors while it works. Where training
  // diverges, the checkpoint of the last good epoch stays: one that an epoch began from went well.
  Result<nlohmann::ordered_json> Run();

 private:
  using Json = nlohmann::ordered_json;

  Json Settings() const;
  // Of `best`, the model of the best epoch, what is its own.
  void AddBest(const TensorFile& best, TensorFileWriter& writer) const;
  // `error` of an epoch, and from where training can go on. `epoch` is the one that it began from:
  // where this run saved that, its last step may be what spoilt it, so the one before takes its
  // place.
  Error GoOnFrom(Error error, size_t epoch);
  Status Iterate(const TrainingPart& part, size_t n_epochs,
                 const std::optional<TensorFile>& checkpoint);
  Result<double> Validate();
  // On disk rather than in memory, where it would stand beside the one that is judged next.
  Status KeepBest();
  // The model of the best epoch, once there will be no better; checkpoints keep it no longer than
  // it is needed.
  Status CalibrateBest();
  Status Save();
  Status Restore(const TensorFile& file);
  Json Interrupted() const;

  const TrainingPlan& plan_;
  const TrainOptions& options_;
  const bool refit_;
  const MakeTrainer make_;
  const Json settings_;
  const std::string identity_;
  const std::string checkpoint_path_;
  const std::string earlier_path_;  // the checkpoint before, until an epoch went well from the last
  const std::string model_path_;
  const std::string fit_path_;
  const std::string best_path_;
  const Judge judge_;

  std::unique_ptr<Trainer> trainer_;
  bool refitting_ = false;
  bool interrupted_ = false;
  size_t epochs_run_ = 0;
  size_t saved_epoch_ = 0;    // of the checkpoint; 0: there is none
  size_t earlier_epoch_ = 0;  // of the one before
  bool unproven_ = false;     // saved by this run, and no epoch went well from it yet
  size_t best_epoch_ = 0;
  double best_value_ = -1;
  FittedCalibration best_calibration_;
  bool best_kept_ = false;  // at best_path_, and to be kept by checkpoints
  Json curve_ = Json::array();
  double samples_seen_ = 0;
  double train_seconds_ = 0;
};

}  // namespace vitrine

#endif  // VITRINE_TRAIN_ITERATED_RUN_H_
