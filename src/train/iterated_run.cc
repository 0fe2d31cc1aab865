#include "train/iterated_run.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <utility>

#include "format/files.h"
#include "models/model.h"
#include "train/calibrate.h"
#include "train/progress.h"

namespace vitrine {
namespace {

using Clock = std::chrono::steady_clock;

// Beyond it a loss, a sum over a shopper, says that weights are without bounds.
constexpr double kMostLoss = 1e9;
// How much longer than it takes to save a checkpoint the next one waits.
constexpr double kPatience = 20;

}  // namespace

IteratedRun::IteratedRun(const TrainingPlan& plan, const TrainOptions& options, bool refit,
                         MakeTrainer make, nlohmann::ordered_json settings, const std::string& out,
                         std::string identity)
    : plan_(plan),
      options_(options),
      refit_(refit),
      make_(std::move(make)),
      settings_(std::move(settings)),
      identity_(std::move(identity)),
      checkpoint_path_(out + "/checkpoint.safetensors"),
      earlier_path_(out + "/earlier.safetensors"),
      model_path_(out + "/model.safetensors"),
      fit_path_(out + "/fit.safetensors"),
      best_path_(out + "/best.safetensors"),
      judge_(plan, options) {}

IteratedRun::~IteratedRun() {
  std::error_code ignored;
  std::filesystem::remove(best_path_, ignored);
  std::filesystem::remove(earlier_path_, ignored);
}

Result<nlohmann::ordered_json> IteratedRun::Run() {
  std::optional<TensorFile> checkpoint;
  if (options_.resume && std::filesystem::exists(checkpoint_path_)) {
    VITRINE_ASSIGN_OR_RETURN(checkpoint, ReadTensorFile(checkpoint_path_));
    VITRINE_RETURN_IF_ERROR(Restore(*checkpoint));
  }
  if (!refitting_) {
    VITRINE_RETURN_IF_ERROR(Iterate(plan_.fit, options_.epochs, checkpoint));
    if (interrupted_) return Interrupted();
    checkpoint.reset();
    trainer_.reset();
    VITRINE_RETURN_IF_ERROR(CalibrateBest());
    refitting_ = refit_;
  }
  if (refitting_) {
    VITRINE_RETURN_IF_ERROR(Iterate(plan_.all, best_epoch_, checkpoint));
    if (interrupted_) return Interrupted();
  }
  const auto add = [this](TensorFileWriter& writer) { trainer_->AddModel(writer); };
  Calibration calibration = best_calibration_.calibration;
  if (refit_) {
    VITRINE_ASSIGN_OR_RETURN(calibration, judge_.ForRefit(best_calibration_, add));
    VITRINE_RETURN_IF_ERROR(
        WriteModel(options_, plan_.all, add, Settings(), calibration, model_path_));
  }
  trainer_.reset();
  if (!refit_ || options_.keep_fit) {
    VITRINE_ASSIGN_OR_RETURN(const TensorFile best, ReadTensorFile(best_path_));
    const auto add_best = [&](TensorFileWriter& writer) { AddBest(best, writer); };
    for (const std::string& path :
         {refit_ ? "" : model_path_, options_.keep_fit ? fit_path_ : ""}) {
      if (path.empty()) continue;
      VITRINE_RETURN_IF_ERROR(WriteModel(options_, plan_.fit, add_best, Settings(),
                                         best_calibration_.calibration, path));
    }
  }
  std::error_code ignored;
  std::filesystem::remove(checkpoint_path_, ignored);
  return Json{{"settings", Settings()},
              {"validation", {{judge_.name(), best_value_}, {"cases", plan_.validation.size()}}},
              {"calibration", ToJson(calibration)},
              {"samples_per_second", train_seconds_ > 0 ? samples_seen_ / train_seconds_ : 0.0},
              {"curve", curve_}};
}

nlohmann::ordered_json IteratedRun::Settings() const {
  Json settings = settings_;
  settings["epochs"] = best_epoch_;
  return settings;
}

void IteratedRun::AddBest(const TensorFile& best, TensorFileWriter& writer) const {
  const std::string own = options_.model + ".";
  for (const auto& [key, value] : best.metadata()) {
    if (!key.starts_with("vitrine.") || key == "vitrine.tables") writer.SetMetadata(key, value);
  }
  writer.AddAll(best, own, own);
}

Status IteratedRun::Iterate(const TrainingPart& part, size_t n_epochs,
                            const std::optional<TensorFile>& checkpoint) {
  VITRINE_ASSIGN_OR_RETURN(trainer_, make_(part));
  if (checkpoint.has_value()) {
    VITRINE_RETURN_IF_ERROR(trainer_->RestoreState(*checkpoint));
    saved_epoch_ = trainer_->epoch();
  }

  Progress progress(options_.label.empty() ? refitting_ ? "refit" : "train" : options_.label,
                    n_epochs, "samples");
  Clock::time_point saved = Clock::now();
  double save_seconds = 0;
  const size_t first_epoch = trainer_->epoch();
  while (trainer_->epoch() < n_epochs &&
         (refitting_ || trainer_->epoch() < best_epoch_ + options_.patience)) {
    if (!refitting_ && options_.pause_at > 0 && trainer_->epoch() >= options_.pause_at) {
      interrupted_ = true;
      return Save();
    }
    const auto start = Clock::now();
    const size_t began_from = trainer_->epoch();
    const Result<Json> epoch = trainer_->RunEpoch();
    if (!epoch.ok()) return GoOnFrom(epoch.error(), began_from);
    const Json& losses = *epoch;
    const auto loss = losses["loss"].get<double>();
    if (!(std::abs(loss) < kMostLoss)) {
      const auto rate = settings_.value("learning_rate", 0.0);
      return GoOnFrom(Diverged(trainer_->epoch(), rate), began_from);
    }
    unproven_ = false;
    train_seconds_ += std::chrono::duration<double>(Clock::now() - start).count();
    samples_seen_ += static_cast<double>(trainer_->n_samples());
    std::string note = "loss " + std::to_string(loss);
    if (!refitting_) {
      VITRINE_ASSIGN_OR_RETURN(const double value, Validate());
      Json point{{"epoch", trainer_->epoch()}};
      point.update(losses);
      point[judge_.name()] = value;
      curve_.push_back(std::move(point));
      note += "  validation " + judge_.name() + " " + std::to_string(value) + ", best " +
              std::to_string(best_value_) + " in epoch " + std::to_string(best_epoch_);
    }
    const size_t done = trainer_->epoch() - first_epoch;
    progress.Update(trainer_->epoch(), static_cast<double>(done * trainer_->n_samples()), note);
    interrupted_ = options_.stop_after > 0 && ++epochs_run_ >= options_.stop_after;
    const double unsaved = std::chrono::duration<double>(Clock::now() - saved).count();
    // Every epoch, where that takes no time worth mentioning: what diverges has one to go on from.
    if (interrupted_ ||
        unsaved >= std::min(options_.checkpoint_seconds, kPatience * save_seconds)) {
      const auto begin = Clock::now();
      VITRINE_RETURN_IF_ERROR(Save());
      saved = Clock::now();
      save_seconds = std::chrono::duration<double>(saved - begin).count();
    }
    if (interrupted_) break;
  }
  return {};
}

Result<double> IteratedRun::Validate() {
  const auto add = [this](TensorFileWriter& writer) { trainer_->AddModel(writer); };
  VITRINE_ASSIGN_OR_RETURN(TensorFile file, judge_.ToFile(add));
  std::vector<Listed> lists;
  VITRINE_ASSIGN_OR_RETURN(const double value, judge_.Measure(file, lists));
  if (value > best_value_) {
    best_value_ = value;
    best_epoch_ = trainer_->epoch();
    VITRINE_RETURN_IF_ERROR(KeepBest());
  }
  return value;
}

Status IteratedRun::CalibrateBest() {
  if (best_epoch_ == 0) return {};
  VITRINE_ASSIGN_OR_RETURN(const TensorFile best, ReadTensorFile(best_path_));
  VITRINE_ASSIGN_OR_RETURN(best_calibration_, judge_.Calibrate(best));
  best_kept_ = !refit_ || options_.keep_fit;
  return {};
}

Status IteratedRun::KeepBest() {
  TensorFileWriter writer;
  judge_.frame().AddCore(writer);
  trainer_->AddModel(writer);
  VITRINE_RETURN_IF_ERROR(writer.Write(best_path_));
  best_kept_ = true;
  return {};
}

Error IteratedRun::GoOnFrom(Error error, size_t epoch) {
  if (!error.message.starts_with(kDiverged)) return error;
  if (unproven_ && saved_epoch_ == epoch) {
    std::error_code failed;
    std::filesystem::rename(earlier_path_, checkpoint_path_, failed);
    if (failed) std::filesystem::remove(checkpoint_path_, failed);
    saved_epoch_ = earlier_epoch_;
  }
  if (saved_epoch_ > 0) {
    error.message += "; `train --resume` with one goes on from epoch " +
                     std::to_string(saved_epoch_) + ", the last that was saved";
  }
  return error;
}

Status IteratedRun::Save() {
  std::optional<TensorFile> best;
  TensorFileWriter writer;
  trainer_->AddState(writer);
  writer.SetMetadata("checkpoint.identity", identity_);
  writer.SetMetadata("checkpoint.refitting", int64_t{refitting_});
  writer.SetMetadata("checkpoint.best_epoch", static_cast<int64_t>(best_epoch_));
  writer.SetMetadata("checkpoint.best_value", best_value_);
  Json calibration = ToJson(best_calibration_.calibration);
  calibration["scale"] = best_calibration_.scale;
  writer.SetMetadata("checkpoint.calibration", calibration.dump());
  writer.SetMetadata("checkpoint.curve", curve_.dump());
  if (best_kept_) {
    VITRINE_ASSIGN_OR_RETURN(best, ReadTensorFile(best_path_));
    writer.AddAll(*best, "", "best.");
    const Json metadata(best->metadata());
    writer.SetMetadata("checkpoint.best", metadata.dump());
  }
  // Only one that an epoch went well from takes the earlier place.
  if (!unproven_) {
    std::error_code failed;
    std::filesystem::remove(earlier_path_, failed);
    if (saved_epoch_ > 0)
      std::filesystem::create_hard_link(checkpoint_path_, earlier_path_, failed);
    earlier_epoch_ = failed ? 0 : saved_epoch_;
  }
  VITRINE_RETURN_IF_ERROR(writer.Write(checkpoint_path_));
  saved_epoch_ = trainer_->epoch();
  unproven_ = true;
  return {};
}

Status IteratedRun::Restore(const TensorFile& file) {
  VITRINE_RETURN_IF_ERROR(file.CheckHash());
  VITRINE_ASSIGN_OR_RETURN(const std::string identity, file.Text("checkpoint.identity"));
  if (identity != identity_) {
    return {ErrorCode::kInvalidArgument,
            checkpoint_path_ + ": was made with other settings or data (" + identity + ", now " +
                identity_ + "); resume with the same ones, or train with --force instead"};
  }
  VITRINE_ASSIGN_OR_RETURN(const int64_t refitting, file.Integer("checkpoint.refitting"));
  VITRINE_ASSIGN_OR_RETURN(const int64_t best_epoch, file.Integer("checkpoint.best_epoch"));
  VITRINE_ASSIGN_OR_RETURN(best_value_, file.Real("checkpoint.best_value"));
  VITRINE_ASSIGN_OR_RETURN(const std::string text, file.Text("checkpoint.calibration"));
  const Json calibration = Json::parse(text);
  best_calibration_ = {CalibrationOf(calibration), calibration["scale"].get<ScoreScale>()};
  VITRINE_ASSIGN_OR_RETURN(const std::string curve, file.Text("checkpoint.curve"));
  refitting_ = refitting != 0;
  best_epoch_ = static_cast<size_t>(best_epoch);
  curve_ = Json::parse(curve);
  if (file.metadata().contains("checkpoint.best")) {
    TensorFileWriter writer;
    const Json metadata = Json::parse(file.metadata().find("checkpoint.best")->second);
    for (const auto& [key, value] : metadata.items())
      writer.SetMetadata(key, value.get<std::string>());
    writer.AddAll(file, "best.", "");
    VITRINE_RETURN_IF_ERROR(writer.Write(best_path_));
    best_kept_ = true;
  }
  return {};
}

nlohmann::ordered_json IteratedRun::Interrupted() const {
  return Json{{"settings", Settings()},
              {"interrupted", true},
              {"checkpoint", checkpoint_path_},
              {"validation", {{judge_.name(), best_value_}, {"cases", plan_.validation.size()}}},
              {"curve", curve_}};
}

}  // namespace vitrine
