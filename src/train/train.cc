#include "train/train.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <iterator>
#include <optional>

#include "format/files.h"
#include "train/evaluate.h"
#include "train/model_writer.h"
#include "train/progress.h"

namespace vitrine {
namespace {

using Json = nlohmann::ordered_json;

// Judges a fitted model by the very code that will serve it.
class Judge {
 public:
  Judge(const TrainingPlan& plan, const TrainOptions& options)
      : plan_(plan), frame_(options.model, plan.fit, options.task), surprise_(plan.fit.n_items()) {}

  // The model as its file would hold it.
  Result<TensorFile> ToFile(const AddModel& add) const {
    TensorFileWriter writer;
    frame_.AddCore(writer);
    add(writer);
    return writer.ToMemory("the model in training");
  }
  // NDCG@20 on the validation cases.
  Result<double> Ndcg(const TensorFile& file) const {
    VITRINE_ASSIGN_OR_RETURN(const std::unique_ptr<Model> model, LoadModel(file));
    VITRINE_ASSIGN_OR_RETURN(const Evaluation evaluation,
                             Evaluate(*model, plan_.validation, surprise_));
    return MetricOf(evaluation.values, kNdcg20);
  }

 private:
  const TrainingPlan& plan_;
  ModelFrame frame_;
  std::vector<float> surprise_;  // novelty does not choose
};

Status WriteModel(const TrainOptions& options, const TrainingPart& part, const AddModel& add,
                  const Json& settings, const std::string& path) {
  const ModelFrame frame(options.model, part, options.task);
  TensorFileWriter writer;
  frame.AddTo(writer);
  writer.SetMetadata("train.settings", settings.dump());
  writer.SetMetadata("train.seed", static_cast<int64_t>(options.vae.seed));
  add(writer);
  return writer.Write(path);
}

// Chooses among the candidates on validation and writes the best.
Result<Json> TrainClosedForm(const TrainingPlan& plan, const TrainOptions& options,
                             const std::vector<Candidate>& candidates, const std::string& path) {
  const Judge judge(plan, options);
  Progress progress("train " + options.model, candidates.size(), "candidates");
  Json tried = Json::array();
  size_t best = 0;
  double best_ndcg = -1;
  AddModel best_fit;
  for (size_t i = 0; i < candidates.size(); ++i) {
    VITRINE_ASSIGN_OR_RETURN(AddModel fit, candidates[i].fit(plan.fit));
    VITRINE_ASSIGN_OR_RETURN(const TensorFile file, judge.ToFile(fit));
    VITRINE_ASSIGN_OR_RETURN(const double ndcg, judge.Ndcg(file));
    tried.push_back({{"settings", candidates[i].settings}, {"ndcg@20", ndcg}});
    if (ndcg > best_ndcg) {
      best = i;
      best_ndcg = ndcg;
      best_fit = std::move(fit);
    }
    progress.Update(i + 1, static_cast<double>(i + 1),
                    candidates[i].settings.dump() + " ndcg@20 " + std::to_string(ndcg));
  }
  if (options.refit) {
    VITRINE_ASSIGN_OR_RETURN(best_fit, candidates[best].fit(plan.all));
  }
  VITRINE_RETURN_IF_ERROR(WriteModel(options, options.refit ? plan.all : plan.fit, best_fit,
                                     candidates[best].settings, path));
  return Json{{"settings", candidates[best].settings},
              {"validation", {{"ndcg@20", best_ndcg}, {"cases", plan.validation.size()}}},
              {"candidates", tried}};
}

// An iterated run: first on the fitting part with early stopping, then, where asked, on all of the
// training part for the number of epochs that was best. A checkpoint holds all of it.
class IteratedRun {
 public:
  IteratedRun(const TrainingPlan& plan, const TrainOptions& options, const std::string& out,
              std::string identity)
      : plan_(plan),
        options_(options),
        identity_(std::move(identity)),
        checkpoint_path_(out + "/checkpoint.safetensors"),
        model_path_(out + "/model.safetensors"),
        judge_(plan, options) {}

  Result<Json> Run() {
    std::optional<TensorFile> checkpoint;
    if (options_.resume && std::filesystem::exists(checkpoint_path_)) {
      VITRINE_ASSIGN_OR_RETURN(checkpoint, ReadTensorFile(checkpoint_path_));
      VITRINE_RETURN_IF_ERROR(Restore(*checkpoint));
    }
    if (!refitting_) {
      VITRINE_RETURN_IF_ERROR(Iterate(plan_.fit, options_.epochs, checkpoint));
      if (interrupted_) return Interrupted();
      checkpoint.reset();
      refitting_ = options_.refit;
    }
    if (refitting_) {
      VITRINE_RETURN_IF_ERROR(Iterate(plan_.all, best_epoch_, checkpoint));
      if (interrupted_) return Interrupted();
    }
    const auto add = [this](TensorFileWriter& writer) {
      if (options_.refit) {
        trainer_->AddModel(writer);
        return;
      }
      for (const auto& [key, value] : best_->metadata()) {
        if (!key.starts_with("vitrine.") || key == "vitrine.tables") writer.SetMetadata(key, value);
      }
      writer.AddAll(*best_, "vae.", "vae.");
    };
    VITRINE_RETURN_IF_ERROR(
        WriteModel(options_, options_.refit ? plan_.all : plan_.fit, add, Settings(), model_path_));
    std::error_code ignored;
    std::filesystem::remove(checkpoint_path_, ignored);
    return Json{{"settings", Settings()},
                {"validation", {{"ndcg@20", best_ndcg_}, {"cases", plan_.validation.size()}}},
                {"users_per_second", train_seconds_ > 0 ? shoppers_seen_ / train_seconds_ : 0.0},
                {"curve", curve_}};
  }

 private:
  using Clock = std::chrono::steady_clock;

  Json Settings() const {
    Json settings = options_.vae.ToJson();
    settings["epochs"] = best_epoch_;
    return settings;
  }

  Status Iterate(const TrainingPart& part, size_t n_epochs,
                 const std::optional<TensorFile>& checkpoint) {
    trainer_.emplace(options_.vae, TrainingMatrix(part, ProfileOptions{}));
    if (checkpoint.has_value()) VITRINE_RETURN_IF_ERROR(trainer_->RestoreState(*checkpoint));

    Progress progress(refitting_ ? "refit" : "train", n_epochs, "shoppers");
    Clock::time_point saved = Clock::now();
    const size_t first_epoch = trainer_->epoch();
    while (trainer_->epoch() < n_epochs &&
           (refitting_ || trainer_->epoch() < best_epoch_ + options_.patience)) {
      const auto start = Clock::now();
      VITRINE_ASSIGN_OR_RETURN(const VaeTrainer::EpochLoss loss, trainer_->RunEpoch());
      train_seconds_ += std::chrono::duration<double>(Clock::now() - start).count();
      shoppers_seen_ += static_cast<double>(trainer_->n_shoppers());
      std::string note = "loss " + std::to_string(loss.likelihood + loss.kl);
      if (!refitting_) {
        VITRINE_ASSIGN_OR_RETURN(const double ndcg, Validate());
        curve_.push_back({{"epoch", trainer_->epoch()},
                          {"likelihood", loss.likelihood},
                          {"kl", loss.kl},
                          {"ndcg@20", ndcg}});
        note += "  validation ndcg@20 " + std::to_string(ndcg) + ", best " +
                std::to_string(best_ndcg_) + " in epoch " + std::to_string(best_epoch_);
      }
      const size_t done = trainer_->epoch() - first_epoch;
      progress.Update(trainer_->epoch(), static_cast<double>(done * trainer_->n_shoppers()), note);
      interrupted_ = options_.stop_after > 0 && ++epochs_run_ >= options_.stop_after;
      const double unsaved = std::chrono::duration<double>(Clock::now() - saved).count();
      if (interrupted_ || unsaved >= options_.checkpoint_seconds) {
        VITRINE_RETURN_IF_ERROR(Save());
        saved = Clock::now();
      }
      if (interrupted_) break;
    }
    return {};
  }

  Result<double> Validate() {
    const auto add = [this](TensorFileWriter& writer) { trainer_->AddModel(writer); };
    VITRINE_ASSIGN_OR_RETURN(TensorFile file, judge_.ToFile(add));
    VITRINE_ASSIGN_OR_RETURN(const double ndcg, judge_.Ndcg(file));
    if (ndcg > best_ndcg_) {
      best_ndcg_ = ndcg;
      best_epoch_ = trainer_->epoch();
      if (!options_.refit) best_ = std::move(file);
    }
    return ndcg;
  }

  Status Save() const {
    TensorFileWriter writer;
    trainer_->AddState(writer);
    writer.SetMetadata("checkpoint.identity", identity_);
    writer.SetMetadata("checkpoint.refitting", int64_t{refitting_});
    writer.SetMetadata("checkpoint.best_epoch", static_cast<int64_t>(best_epoch_));
    writer.SetMetadata("checkpoint.best_ndcg", best_ndcg_);
    writer.SetMetadata("checkpoint.curve", curve_.dump());
    if (best_.has_value()) {
      writer.AddAll(*best_, "", "best.");
      Json metadata(best_->metadata());
      writer.SetMetadata("checkpoint.best", metadata.dump());
    }
    return writer.Write(checkpoint_path_);
  }

  Status Restore(const TensorFile& file) {
    VITRINE_RETURN_IF_ERROR(file.CheckHash());
    VITRINE_ASSIGN_OR_RETURN(const std::string identity, file.Text("checkpoint.identity"));
    if (identity != identity_) {
      return {ErrorCode::kInvalidArgument,
              checkpoint_path_ + ": was made with other settings or data (" + identity + ", now " +
                  identity_ + "); resume with the same ones, or train with --force instead"};
    }
    VITRINE_ASSIGN_OR_RETURN(const int64_t refitting, file.Integer("checkpoint.refitting"));
    VITRINE_ASSIGN_OR_RETURN(const int64_t best_epoch, file.Integer("checkpoint.best_epoch"));
    VITRINE_ASSIGN_OR_RETURN(best_ndcg_, file.Real("checkpoint.best_ndcg"));
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
      VITRINE_ASSIGN_OR_RETURN(best_, writer.ToMemory("the best model so far"));
    }
    return {};
  }

  Result<Json> Interrupted() const {
    return Json{{"settings", Settings()}, {"interrupted", true}, {"checkpoint", checkpoint_path_}};
  }

  const TrainingPlan& plan_;
  const TrainOptions& options_;
  const std::string identity_;
  const std::string checkpoint_path_;
  const std::string model_path_;
  const Judge judge_;

  std::optional<VaeTrainer> trainer_;
  bool refitting_ = false;
  bool interrupted_ = false;
  size_t epochs_run_ = 0;
  size_t best_epoch_ = 0;
  double best_ndcg_ = -1;
  std::optional<TensorFile> best_;  // without refit: the model of the best epoch
  Json curve_ = Json::array();
  double shoppers_seen_ = 0;
  double train_seconds_ = 0;
};

}  // namespace

Result<Json> TrainModel(const Dataset& dataset, const TrainOptions& options,
                        const std::string& out) {
  const auto start = std::chrono::steady_clock::now();
  if (std::find(std::begin(kModelNames), std::end(kModelNames), options.model) ==
      std::end(kModelNames)) {
    std::string known;
    for (const char* name : kModelNames) known += (known.empty() ? "" : ", ") + std::string(name);
    return Error{ErrorCode::kInvalidArgument,
                 "--model '" + options.model + "' is not known; choose one of " + known};
  }
  VITRINE_RETURN_IF_ERROR(options.vae.Check());
  if (!(options.validation_fraction > 0 && options.validation_fraction < 1)) {
    return Error{ErrorCode::kInvalidArgument, "--validation-fraction must lie between 0 and 1"};
  }
  const bool iterated = ClosedFormCandidates(options.model, options.closed_form).empty();
  if (iterated && options.vae.batch_size > dataset.train().size()) {
    return Error{ErrorCode::kInvalidArgument,
                 "--batch-size " + std::to_string(options.vae.batch_size) + " is larger than the " +
                     std::to_string(dataset.train().size()) +
                     " shoppers to train on; use a smaller one"};
  }
  const ValidationOptions validation{
      .task = options.task, .fraction = options.validation_fraction, .seed = options.vae.seed};
  VITRINE_ASSIGN_OR_RETURN(const TrainingPlan plan, PlanTraining(dataset, validation));
  VITRINE_RETURN_IF_ERROR(CreateFolder(out));

  Json result{{"model", options.model},
              {"task", kTaskNames[static_cast<size_t>(options.task)]},
              {"seed", options.vae.seed},
              {"data", dataset.info().hash}};
  Result<Json> trained = Json();
  if (!iterated) {
    const auto candidates = ClosedFormCandidates(options.model, options.closed_form);
    trained = TrainClosedForm(plan, options, candidates, out + "/model.safetensors");
  } else {
    Json identity = options.vae.ToJson();
    identity["task"] = result["task"];
    identity["data"] = dataset.info().hash;
    identity["patience"] = options.patience;
    identity["refit"] = options.refit;
    identity["validation_fraction"] = options.validation_fraction;
    trained = IteratedRun(plan, options, out, identity.dump()).Run();
  }
  if (!trained.ok()) return trained.error();
  result.update(*trained);
  result["seconds"] =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  result["peak_bytes"] = PeakBytes();
  VITRINE_RETURN_IF_ERROR(WriteTextFile(out + "/train.json", result.dump(2) + "\n"));
  return result;
}

}  // namespace vitrine
