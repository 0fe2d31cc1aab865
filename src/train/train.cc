#include "train/train.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <iterator>
#include <optional>

#include "format/files.h"
#include "train/blend.h"
#include "train/evaluate.h"
#include "train/model_writer.h"
#include "train/progress.h"
#include "train/protocol.h"

namespace vitrine {
namespace {

using Json = nlohmann::ordered_json;

// Judges a fitted model by the very code that will serve it.
class Judge {
 public:
  Judge(const TrainingPlan& plan, const TrainOptions& options)
      : plan_(plan),
        metric_(RulesOf(plan.fit.dataset->info().split).select),
        frame_(options.model, plan.fit, options.task),
        facts_{.n_items = plan.fit.n_items()} {}

  // The model as its file would hold it.
  Result<TensorFile> ToFile(const AddModel& add) const {
    TensorFileWriter writer;
    frame_.AddCore(writer);
    add(writer);
    return writer.ToMemory("the model in training");
  }
  const ModelFrame& frame() const { return frame_; }
  // The name of what is measured.
  std::string name() const { return std::string(metric_.name); }
  // Measures the model on the validation cases.
  Result<double> Measure(const TensorFile& file) const {
    VITRINE_ASSIGN_OR_RETURN(const std::unique_ptr<Model> model, LoadModel(file));
    VITRINE_ASSIGN_OR_RETURN(const Evaluation evaluation,
                             Evaluate(*model, plan_.validation, facts_));
    return MetricOf(evaluation.values, metric_.metric);
  }

 private:
  const TrainingPlan& plan_;
  const NamedMetric metric_;
  ModelFrame frame_;
  const ItemFacts facts_;  // what is beyond accuracy does not choose
};

Status WriteModel(const TrainOptions& options, const TrainingPart& part, const AddModel& add,
                  const Json& settings, const std::string& path) {
  const ModelFrame frame(options.model, part, options.task);
  TensorFileWriter writer;
  frame.AddTo(writer);
  writer.SetMetadata("train.settings", settings.dump());
  writer.SetMetadata("train.seed", static_cast<int64_t>(options.seed));
  add(writer);
  return writer.Write(path);
}

// Chooses among the candidates on validation and writes the best.
Result<Json> TrainClosedForm(const TrainingPlan& plan, const TrainOptions& options, bool refit,
                             const std::vector<Candidate>& candidates, const std::string& out) {
  const Judge judge(plan, options);
  Progress progress(options.label.empty() ? "train " + options.model : options.label,
                    candidates.size(), "candidates");
  Json tried = Json::array();
  size_t best = 0;
  double best_value = -1;
  AddModel best_fit;
  for (size_t i = 0; i < candidates.size(); ++i) {
    VITRINE_ASSIGN_OR_RETURN(AddModel fit, candidates[i].fit(plan.fit));
    VITRINE_ASSIGN_OR_RETURN(const TensorFile file, judge.ToFile(fit));
    VITRINE_ASSIGN_OR_RETURN(const double value, judge.Measure(file));
    tried.push_back({{"settings", candidates[i].settings}, {judge.name(), value}});
    if (value > best_value) {
      best = i;
      best_value = value;
      // A dense table is large: keep it only where it is the result.
      if (!refit || options.keep_fit) best_fit = std::move(fit);
    }
    progress.Update(
        i + 1, static_cast<double>(i + 1),
        candidates[i].settings.dump() + " " + judge.name() + " " + std::to_string(value));
  }
  const Json& settings = candidates[best].settings;
  if (options.keep_fit) {
    VITRINE_RETURN_IF_ERROR(
        WriteModel(options, plan.fit, best_fit, settings, out + "/fit.safetensors"));
  }
  if (refit) {
    VITRINE_ASSIGN_OR_RETURN(best_fit, candidates[best].fit(plan.all));
  }
  VITRINE_RETURN_IF_ERROR(WriteModel(options, refit ? plan.all : plan.fit, best_fit, settings,
                                     out + "/model.safetensors"));
  return Json{{"settings", settings},
              {"validation", {{judge.name(), best_value}, {"cases", plan.validation.size()}}},
              {"candidates", tried}};
}

// An iterated run: first on the fitting part with early stopping, then, where asked, on all of the
// training part for the number of epochs that was best. A checkpoint holds all of it.
class IteratedRun {
 public:
  IteratedRun(const TrainingPlan& plan, const TrainOptions& options, bool refit, MakeTrainer make,
              Json settings, const std::string& out, std::string identity)
      : plan_(plan),
        options_(options),
        refit_(refit),
        make_(std::move(make)),
        settings_(std::move(settings)),
        identity_(std::move(identity)),
        checkpoint_path_(out + "/checkpoint.safetensors"),
        model_path_(out + "/model.safetensors"),
        fit_path_(out + "/fit.safetensors"),
        best_path_(out + "/best.safetensors"),
        judge_(plan, options) {}

  IteratedRun(const IteratedRun&) = delete;
  ~IteratedRun() {
    std::error_code ignored;
    std::filesystem::remove(best_path_, ignored);
  }

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
      refitting_ = refit_;
    }
    if (refitting_) {
      VITRINE_RETURN_IF_ERROR(Iterate(plan_.all, best_epoch_, checkpoint));
      if (interrupted_) return Interrupted();
    }
    const auto add = [this](TensorFileWriter& writer) { trainer_->AddModel(writer); };
    const auto add_best = [this](TensorFileWriter& writer) { AddBest(writer); };
    if (options_.keep_fit) {
      VITRINE_RETURN_IF_ERROR(WriteModel(options_, plan_.fit, add_best, Settings(), fit_path_));
    }
    VITRINE_RETURN_IF_ERROR(
        refit_ ? WriteModel(options_, plan_.all, add, Settings(), model_path_)
               : WriteModel(options_, plan_.fit, add_best, Settings(), model_path_));
    std::error_code ignored;
    std::filesystem::remove(checkpoint_path_, ignored);
    return Json{{"settings", Settings()},
                {"validation", {{judge_.name(), best_value_}, {"cases", plan_.validation.size()}}},
                {"samples_per_second", train_seconds_ > 0 ? samples_seen_ / train_seconds_ : 0.0},
                {"curve", curve_}};
  }

 private:
  using Clock = std::chrono::steady_clock;

  Json Settings() const {
    Json settings = settings_;
    settings["epochs"] = best_epoch_;
    return settings;
  }

  // The model of the best epoch, without what every model file has.
  void AddBest(TensorFileWriter& writer) const {
    const std::string own = options_.model + ".";
    for (const auto& [key, value] : best_->metadata()) {
      if (!key.starts_with("vitrine.") || key == "vitrine.tables") writer.SetMetadata(key, value);
    }
    writer.AddAll(*best_, own, own);
  }

  Status Iterate(const TrainingPart& part, size_t n_epochs,
                 const std::optional<TensorFile>& checkpoint) {
    VITRINE_ASSIGN_OR_RETURN(trainer_, make_(part));
    if (checkpoint.has_value()) VITRINE_RETURN_IF_ERROR(trainer_->RestoreState(*checkpoint));

    Progress progress(options_.label.empty() ? refitting_ ? "refit" : "train" : options_.label,
                      n_epochs, "samples");
    Clock::time_point saved = Clock::now();
    const size_t first_epoch = trainer_->epoch();
    while (trainer_->epoch() < n_epochs &&
           (refitting_ || trainer_->epoch() < best_epoch_ + options_.patience)) {
      if (!refitting_ && options_.pause_at > 0 && trainer_->epoch() >= options_.pause_at) {
        interrupted_ = true;
        return Save();
      }
      const auto start = Clock::now();
      VITRINE_ASSIGN_OR_RETURN(const Json losses, trainer_->RunEpoch());
      train_seconds_ += std::chrono::duration<double>(Clock::now() - start).count();
      samples_seen_ += static_cast<double>(trainer_->n_samples());
      std::string note = "loss " + std::to_string(losses["loss"].get<double>());
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
    VITRINE_ASSIGN_OR_RETURN(const double value, judge_.Measure(file));
    if (value > best_value_) {
      best_value_ = value;
      best_epoch_ = trainer_->epoch();
      if (!refit_ || options_.keep_fit) VITRINE_RETURN_IF_ERROR(KeepBest());
    }
    return value;
  }

  // On disk rather than in memory, where it would stand beside the one that is judged next.
  Status KeepBest() {
    TensorFileWriter writer;
    judge_.frame().AddCore(writer);
    trainer_->AddModel(writer);
    VITRINE_RETURN_IF_ERROR(writer.Write(best_path_));
    VITRINE_ASSIGN_OR_RETURN(best_, ReadTensorFile(best_path_));
    return {};
  }

  Status Save() const {
    TensorFileWriter writer;
    trainer_->AddState(writer);
    writer.SetMetadata("checkpoint.identity", identity_);
    writer.SetMetadata("checkpoint.refitting", int64_t{refitting_});
    writer.SetMetadata("checkpoint.best_epoch", static_cast<int64_t>(best_epoch_));
    writer.SetMetadata("checkpoint.best_value", best_value_);
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
    VITRINE_ASSIGN_OR_RETURN(best_value_, file.Real("checkpoint.best_value"));
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
      VITRINE_ASSIGN_OR_RETURN(best_, ReadTensorFile(best_path_));
    }
    return {};
  }

  Result<Json> Interrupted() const {
    return Json{{"settings", Settings()},
                {"interrupted", true},
                {"checkpoint", checkpoint_path_},
                {"validation", {{judge_.name(), best_value_}, {"cases", plan_.validation.size()}}},
                {"curve", curve_}};
  }

  const TrainingPlan& plan_;
  const TrainOptions& options_;
  const bool refit_;
  const MakeTrainer make_;
  const Json settings_;
  const std::string identity_;
  const std::string checkpoint_path_;
  const std::string model_path_;
  const std::string fit_path_;
  const std::string best_path_;
  const Judge judge_;

  std::unique_ptr<Trainer> trainer_;
  bool refitting_ = false;
  bool interrupted_ = false;
  size_t epochs_run_ = 0;
  size_t best_epoch_ = 0;
  double best_value_ = -1;
  // The model of the best epoch, where it is wanted. Its file is gone when the run ends.
  std::optional<TensorFile> best_;
  Json curve_ = Json::array();
  double samples_seen_ = 0;
  double train_seconds_ = 0;
};

Json SettingsOf(const TrainOptions& options) {
  if (options.model == "sequence") return options.sequence.ToJson();
  if (options.model == "gan") return options.gan.ToJson();
  Json settings{{"variant", kVaeVariantNames[static_cast<size_t>(options.variant)]}};
  settings.update(options.variant == VaeVariant::kMultVae ? options.vae.ToJson()
                                                          : options.recvae.ToJson());
  return settings;
}

// Between the seeds of parts of the same name, so that those of several blends differ, too.
constexpr uint64_t kSeedStep = 1000;

// Trains every part, weighs them on validation, and writes them as one.
Result<Json> TrainBlend(const Dataset& dataset, const TrainingPlan& plan,
                        const TrainOptions& options, const std::string& out) {
  Json settings{{"parts", Json::array()}};
  std::vector<TensorFile> fits, finals;
  for (size_t i = 0; i < options.parts.size(); ++i) {
    const std::string& name = options.parts[i];
    const auto n_before =
        std::count(options.parts.begin(), options.parts.begin() + static_cast<ptrdiff_t>(i), name);
    TrainOptions part = options;
    part.model = name;
    part.seed += kSeedStep * static_cast<uint64_t>(n_before);
    part.keep_fit = true;
    const std::string folder =
        out + "/" + name + (n_before > 0 ? "-" + std::to_string(n_before + 1) : "");
    VITRINE_ASSIGN_OR_RETURN(const Json trained, TrainModel(dataset, part, folder));
    settings["parts"].push_back({{"model", name},
                                 {"settings", trained["settings"]},
                                 {"validation", trained["validation"]}});
    VITRINE_ASSIGN_OR_RETURN(TensorFile fit, ReadTensorFile(folder + "/fit.safetensors"));
    VITRINE_ASSIGN_OR_RETURN(TensorFile final, ReadTensorFile(folder + "/model.safetensors"));
    fits.push_back(std::move(fit));
    finals.push_back(std::move(final));
  }
  std::vector<std::unique_ptr<Model>> models;
  std::vector<const Model*> parts;
  for (const TensorFile& file : fits) {
    VITRINE_ASSIGN_OR_RETURN(models.emplace_back(), LoadModel(file));
    parts.push_back(models.back().get());
  }
  const NamedMetric metric = RulesOf(dataset.info().split).select;
  VITRINE_ASSIGN_OR_RETURN(const BlendWeights chosen,
                           ChooseWeights(parts, plan.validation, metric.metric));
  Status status;
  const AddModel add = [&](TensorFileWriter& writer) {
    AddProfile(ProfileOptions{}, writer);
    writer.SetMetadata("blend.parts", static_cast<int64_t>(finals.size()));
    std::string tables;
    for (size_t i = 0; i < finals.size(); ++i) {
      const Status added = AddPart(finals[i], i, chosen.weights[i], writer);
      if (!added.ok()) status = added;
      tables += (tables.empty() ? "" : " ") + PartTables(finals[i], i);
    }
    if (!tables.empty()) writer.SetMetadata("vitrine.tables", tables);
  };
  for (size_t i = 0; i < finals.size(); ++i) {
    settings["parts"][i]["weight"] = chosen.weights[i];
  }
  VITRINE_RETURN_IF_ERROR(WriteModel(options, plan.all, add, settings, out + "/model.safetensors"));
  VITRINE_RETURN_IF_ERROR(status);
  return Json{{"settings", settings},
              {"validation", {{metric.name, chosen.value}, {"cases", plan.validation.size()}}}};
}

MakeTrainer TrainerOf(const TrainOptions& options) {
  if (options.model == "sequence") {
    return [&options](const TrainingPart& part) {
      return SequenceTrainer::Create(options.sequence, options.seed, part);
    };
  }
  if (options.model == "gan") {
    return [&options](const TrainingPart& part) -> Result<std::unique_ptr<Trainer>> {
      return std::unique_ptr<Trainer>(std::make_unique<GanTrainer>(
          options.gan, options.seed, TrainingMatrix(part, ProfileOptions{})));
    };
  }
  if (options.variant != VaeVariant::kMultVae) {
    return [&options](const TrainingPart& part) -> Result<std::unique_ptr<Trainer>> {
      return std::unique_ptr<Trainer>(std::make_unique<RecVaeTrainer>(
          options.recvae, options.seed, TrainingMatrix(part, ProfileOptions{})));
    };
  }
  return [&options](const TrainingPart& part) -> Result<std::unique_ptr<Trainer>> {
    return std::unique_ptr<Trainer>(std::make_unique<VaeTrainer>(
        options.vae, options.seed, TrainingMatrix(part, ProfileOptions{})));
  };
}

}  // namespace

bool IsIterated(std::string_view model) {
  return model == "vae" || model == "gan" || model == "sequence";
}

bool IsStochastic(const TrainOptions& options) {
  if (options.model == "blend") return std::ranges::any_of(options.parts, IsIterated);
  return IsIterated(options.model);
}

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
  for (const std::string& part : options.parts) {
    if (options.model != "blend") break;
    if (part == "blend" || part == "tifu-knn" ||
        std::ranges::find(kModelNames, part) == std::end(kModelNames)) {
      return Error{ErrorCode::kInvalidArgument, "--parts: '" + part + "' cannot be blended"};
    }
    if (!IsIterated(part) && std::ranges::count(options.parts, part) > 1) {
      return Error{ErrorCode::kInvalidArgument,
                   "--parts: " + part + " twice is the same twice; name it once"};
    }
  }
  VITRINE_RETURN_IF_ERROR(options.vae.Check());
  VITRINE_RETURN_IF_ERROR(options.recvae.Check());
  VITRINE_RETURN_IF_ERROR(options.gan.Check());
  VITRINE_RETURN_IF_ERROR(options.sequence.Check());
  if (!(options.validation_fraction > 0 && options.validation_fraction < 1)) {
    return Error{ErrorCode::kInvalidArgument, "--validation-fraction must lie between 0 and 1"};
  }
  const auto candidates = ClosedFormCandidates(options.model, options.task, dataset.info().n_items,
                                               options.closed_form);
  const size_t batch_size =
      options.variant == VaeVariant::kMultVae ? options.vae.batch_size : options.recvae.batch_size;
  if (options.model == "vae" && batch_size > dataset.train().size()) {
    return Error{ErrorCode::kInvalidArgument, "--batch-size " + std::to_string(batch_size) +
                                                  " is larger than the " +
                                                  std::to_string(dataset.train().size()) +
                                                  " shoppers to train on; use a smaller one"};
  }
  const bool refit = options.refit.value_or(RulesOf(dataset.info().split).refit);
  const PlanOptions planning{.task = options.task,
                             .validation_fraction = options.validation_fraction,
                             .seed = options.seed,
                             .prefixes = options.prefixes};
  VITRINE_ASSIGN_OR_RETURN(const TrainingPlan plan, PlanTraining(dataset, planning));
  VITRINE_RETURN_IF_ERROR(CreateFolder(out));

  Json result{{"model", options.model},
              {"task", kTaskNames[static_cast<size_t>(options.task)]},
              {"seed", options.seed},
              {"data", dataset.info().hash}};
  Result<Json> trained = Json();
  if (options.model == "blend") {
    trained = TrainBlend(dataset, plan, options, out);
  } else if (!candidates.empty()) {
    trained = TrainClosedForm(plan, options, refit, candidates, out);
  } else {
    const Json settings = SettingsOf(options);
    Json identity = settings;
    identity["seed"] = options.seed;
    identity["task"] = result["task"];
    identity["data"] = dataset.info().hash;
    identity["patience"] = options.patience;
    identity["refit"] = refit;
    identity["validation_fraction"] = options.validation_fraction;
    if (!options.prefixes.lengths.empty()) {
      identity["prefixes"] = {{"of_events", options.prefixes.of_events},
                              {"lengths", options.prefixes.lengths}};
    }
    trained =
        IteratedRun(plan, options, refit, TrainerOf(options), settings, out, identity.dump()).Run();
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
