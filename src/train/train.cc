#include "train/train.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <iterator>
#include <memory>
#include <optional>

#include "format/files.h"
#include "train/adapt.h"
#include "train/calibrate.h"
#include "train/context_fit.h"
#include "train/generated.h"
#include "train/item_facts.h"
#include "train/iterated_run.h"
#include "train/judge.h"
#include "train/progress.h"
#include "train/protocol.h"
#include "train/train_blend.h"

namespace vitrine {
namespace {

using Json = nlohmann::ordered_json;

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
  FittedCalibration fitted;
  std::vector<Listed> lists;
  for (size_t i = 0; i < candidates.size(); ++i) {
    VITRINE_ASSIGN_OR_RETURN(AddModel fit, candidates[i].fit(plan.fit));
    VITRINE_ASSIGN_OR_RETURN(const TensorFile file, judge.ToFile(fit));
    VITRINE_ASSIGN_OR_RETURN(const double value, judge.Measure(file, lists));
    tried.push_back({{"settings", candidates[i].settings}, {judge.name(), value}});
    if (value > best_value) {
      best = i;
      best_value = value;
      VITRINE_ASSIGN_OR_RETURN(fitted, judge.Calibrate(file, lists));
      // A dense table is large: keep it only where it is the result.
      if (!refit || options.keep_fit) best_fit = std::move(fit);
    }
    progress.Update(
        i + 1, static_cast<double>(i + 1),
        candidates[i].settings.dump() + " " + judge.name() + " " + std::to_string(value));
  }
  const Json& settings = candidates[best].settings;
  if (options.keep_fit) {
    VITRINE_RETURN_IF_ERROR(WriteModel(options, plan.fit, best_fit, settings, fitted.calibration,
                                       out + "/fit.safetensors"));
  }
  Calibration calibration = fitted.calibration;
  if (refit) {
    VITRINE_ASSIGN_OR_RETURN(best_fit, candidates[best].fit(plan.all));
    VITRINE_ASSIGN_OR_RETURN(calibration, judge.ForRefit(fitted, best_fit));
  }
  VITRINE_RETURN_IF_ERROR(WriteModel(options, refit ? plan.all : plan.fit, best_fit, settings,
                                     calibration, out + "/model.safetensors"));
  return Json{{"settings", settings},
              {"validation", {{judge.name(), best_value}, {"cases", plan.validation.size()}}},
              {"calibration", ToJson(calibration)},
              {"candidates", tried}};
}

// Probabilities of lists that were changed since the run: fitted to those of the fit file, for both
// files of `out`.
Result<Calibration> CalibrateAgain(const TrainingPlan& plan, const TrainOptions& options,
                                   bool refit, const std::string& out) {
  const std::string fit_path = out + "/fit.safetensors", path = out + "/model.safetensors";
  const Judge judge(plan, options);
  VITRINE_ASSIGN_OR_RETURN(const TensorFile fit, ReadTensorFile(fit_path));
  VITRINE_ASSIGN_OR_RETURN(const FittedCalibration fitted, judge.Calibrate(fit));
  Calibration calibration = fitted.calibration;
  if (refit) {
    VITRINE_ASSIGN_OR_RETURN(const TensorFile file, ReadTensorFile(path));
    VITRINE_ASSIGN_OR_RETURN(const std::unique_ptr<Model> model, LoadModel(file));
    calibration = judge.ForRefit(fitted, *model);
  }
  VITRINE_RETURN_IF_ERROR(SetCalibration(fitted.calibration, fit_path));
  VITRINE_RETURN_IF_ERROR(SetCalibration(calibration, path));
  return calibration;
}

Json SettingsOf(const TrainOptions& options) {
  if (options.model == "sequence") return options.sequence.ToJson();
  if (options.model == "gan") return options.gan.ToJson();
  Json settings{{"variant", kVaeVariantNames[static_cast<size_t>(options.variant)]}};
  settings.update(IsRecVae(options.variant) ? options.recvae.ToJson() : options.vae.ToJson());
  return settings;
}

MakeTrainer TrainerOf(const TrainOptions& options) {
  if (options.model == "sequence") {
    return [&options](const TrainingPart& part) {
      return SequenceTrainer::Create(options.sequence, options.seed, part);
    };
  }
  if (options.model == "gan") {
    return [&options](const TrainingPart& part) -> Result<std::unique_ptr<Trainer>> {
      ContextRows contexts;
      if (options.gan.conditional && options.gan.side == GanSide::kShopper) {
        contexts = TrainingContexts(part, ProfileOptions{}, options.gan.context_month);
      }
      return std::unique_ptr<Trainer>(std::make_unique<GanTrainer>(
          options.gan, options.seed, TrainingMatrix(part, ProfileOptions{}), std::move(contexts)));
    };
  }
  if (IsRecVae(options.variant)) {
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

bool LooksAtOrder(std::string_view model) {
  return model == "sequence" || model == "markov" || model == "forward" || model == "tifu-knn";
}

// Whether any shopper did things at different moments.
bool HasOrder(const Shoppers& shoppers) {
  std::vector<Event> events;
  for (size_t i = 0; i < shoppers.size(); ++i) {
    shoppers.Read(i, events);
    if (!events.empty() && events.front().time != events.back().time) return true;
  }
  return false;
}

// What was asked of moments, where no event has one.
Status CheckMoments(const Dataset& dataset, const TrainOptions& options) {
  if (dataset.info().split != Split::kGivenSplit) return {};
  const auto any = [](const std::vector<float>& days) {
    return std::ranges::any_of(days, [](float value) { return value > 0; });
  };
  const char* setting = options.task == Task::kNextBasket         ? "--task next-basket"
                        : any(options.closed_form.window_days)    ? "--window-days"
                        : any(options.closed_form.half_life_days) ? "--half-life-days"
                        : options.gan.context_month               ? "--context-month"
                                                                  : nullptr;
  if (setting == nullptr) return {};
  return {ErrorCode::kInvalidArgument,
          std::string(setting) +
              " needs to know when things were done, which a given split does "
              "not say; leave it out, or prepare a log with times"};
}

Status CheckBatch(const Dataset& dataset, const TrainOptions& options) {
  const size_t n_shoppers = dataset.train().size();
  size_t batch_size = 0, n_samples = 0;
  const char* samples = "shoppers";
  if (options.model == "vae") {
    n_samples = n_shoppers;
    batch_size = IsRecVae(options.variant) ? options.recvae.batch_size : options.vae.batch_size;
  } else if (options.model == "gan") {
    const bool of_items = options.gan.side == GanSide::kItem;
    n_samples = of_items ? dataset.info().n_items : n_shoppers;
    samples = of_items ? "products" : "shoppers";
    batch_size = options.gan.batch_size;
  } else if (options.model == "sequence") {
    n_samples = dataset.train().n_events();
    samples = "events";
    batch_size = options.sequence.batch_size;
  }
  if (batch_size <= n_samples) return {};
  return {ErrorCode::kInvalidArgument, "--batch-size " + std::to_string(batch_size) +
                                           " is larger than the " + std::to_string(n_samples) +
                                           " " + samples + " to train on; use a smaller one"};
}

}  // namespace

bool IsIterated(std::string_view model) {
  return model == "vae" || model == "gan" || model == "sequence";
}

bool IsStochastic(const TrainOptions& options) {
  if (options.model == "blend") return std::ranges::any_of(options.parts, IsIterated);
  return IsIterated(options.model);
}

Status CheckTraining(const Dataset& dataset, const TrainOptions& options) {
  if (std::ranges::find(kModelNames, options.model) == std::end(kModelNames)) {
    std::string known;
    for (const char* name : kModelNames) known += (known.empty() ? "" : ", ") + std::string(name);
    return {ErrorCode::kInvalidArgument,
            "there is no model '" + options.model + "'; choose one of " + known};
  }
  VITRINE_RETURN_IF_ERROR(options.vae.Check());
  VITRINE_RETURN_IF_ERROR(options.recvae.Check());
  VITRINE_RETURN_IF_ERROR(options.gan.Check());
  VITRINE_RETURN_IF_ERROR(options.sequence.Check());
  if (!(options.validation_fraction > 0 && options.validation_fraction < 1)) {
    return {ErrorCode::kInvalidArgument, "--validation-fraction must lie between 0 and 1"};
  }
  VITRINE_RETURN_IF_ERROR(CheckPrefixes(dataset, options.prefixes));
  VITRINE_RETURN_IF_ERROR(CheckBatch(dataset, options));
  VITRINE_RETURN_IF_ERROR(CheckMoments(dataset, options));
  if (LooksAtOrder(options.model) && !HasOrder(dataset.train())) {
    return {ErrorCode::kInvalidArgument,
            "no shopper has events at two moments, and " + options.model +
                " learns from their order; train another model, or prepare a log with times"};
  }
  if (options.model == "tifu-knn" && options.task != Task::kNextBasket) {
    return {
        ErrorCode::kInvalidArgument,
        "tifu-knn foresees next baskets alone; add --task next-basket, or choose another model"};
  }
  if (options.model == "sequence" && options.sequence.negatives > dataset.info().n_items) {
    return {ErrorCode::kInvalidArgument,
            "--negatives " + std::to_string(options.sequence.negatives) + " is more than the " +
                std::to_string(dataset.info().n_items) +
                " products there are; use fewer, or 0 for all of them"};
  }
  if (options.model != "blend") return {};
  if (options.parts.size() < 2) {
    return {ErrorCode::kInvalidArgument, "--parts: a blend has two parts or more; name another"};
  }
  for (const std::string& name : options.parts) {
    if (name == "blend" || name == "tifu-knn") {
      return {ErrorCode::kInvalidArgument, "--parts: '" + name + "' cannot be blended"};
    }
    if (!IsIterated(name) && std::ranges::count(options.parts, name) > 1) {
      return {ErrorCode::kInvalidArgument,
              "--parts: " + name + " twice is the same twice; name it once"};
    }
    TrainOptions part = options;
    part.model = name;
    if (const Status status = CheckTraining(dataset, part); !status.ok()) {
      return {status.error().code, "--parts: " + status.error().message};
    }
  }
  return {};
}

Result<Json> TrainModel(const Dataset& dataset, const TrainOptions& options,
                        const std::string& out) {
  const auto start = std::chrono::steady_clock::now();
  if ((options.adapt || options.model == "gan") && !options.keep_fit) {
    TrainOptions keeping = options;
    keeping.keep_fit = true;  // what adapting, and the weight of a context, are chosen by
    Result<Json> trained = TrainModel(dataset, keeping, out);
    std::error_code ignored;
    std::filesystem::remove(out + "/fit.safetensors", ignored);
    return trained;
  }
  VITRINE_RETURN_IF_ERROR(CheckTraining(dataset, options));
  const auto candidates = ClosedFormCandidates(options.model, options.task, dataset.info().n_items,
                                               options.closed_form);
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
    // What diverged may go on from its last good epoch in smaller steps.
    identity.erase("learning_rate");
    identity.erase("discriminator_rate");
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
  if (options.model == "gan" && !result.contains("interrupted")) {
    VITRINE_ASSIGN_OR_RETURN(const auto fit, ChooseContextFit(plan, out + "/fit.safetensors"));
    if (fit) {
      VITRINE_RETURN_IF_ERROR(ApplyContextFit(*fit, plan.fit, out + "/fit.safetensors"));
      VITRINE_RETURN_IF_ERROR(
          ApplyContextFit(*fit, refit ? plan.all : plan.fit, out + "/model.safetensors"));
      result["settings"]["fade"] = fit->fade;
      result["settings"]["lean"] = fit->lean;
      if (fit->lean > 0) {
        result["settings"]["lean_days"] = fit->lean_days;
        VITRINE_ASSIGN_OR_RETURN(const Calibration calibration,
                                 CalibrateAgain(plan, options, refit, out));
        result["calibration"] = ToJson(calibration);
      }
    }
  }
  if (options.adapt && !result.contains("interrupted")) {
    VITRINE_ASSIGN_OR_RETURN(result["adapt"],
                             AddAdaptation(plan, refit ? plan.all : plan.fit, options.adapt_grid,
                                           out + "/fit.safetensors", out + "/model.safetensors"));
  }
  if (!result.contains("interrupted")) {
    VITRINE_ASSIGN_OR_RETURN(const TensorFile file, ReadTensorFile(out + "/model.safetensors"));
    VITRINE_ASSIGN_OR_RETURN(result["sha256"], file.Text("vitrine.sha256"));
    if (options.model == "gan") {
      // The test part is not looked at here, even where it has shoppers of its own.
      const RealBehaviour real = TrainingBehaviour(dataset, kBehavioursJudged);
      VITRINE_ASSIGN_OR_RETURN(Json generated,
                               JudgeGenerated(file, dataset, real, ItemFactsOf(dataset)));
      if (!generated.is_null()) result["generated"] = std::move(generated);
    }
  }
  result["seconds"] =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  result["peak_bytes"] = PeakBytes();
  // What an earlier model's file is told of stays beside it until there is another.
  if (!result.contains("interrupted")) {
    VITRINE_RETURN_IF_ERROR(WriteTextFile(out + "/train.json", result.dump(2) + "\n"));
  }
  return result;
}

}  // namespace vitrine
