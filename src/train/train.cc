#include "train/train.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>

#include "evaluate/generated.h"
#include "evaluate/item_facts.h"
#include "evaluate/protocol.h"
#include "format/files.h"
#include "train/adapt.h"
#include "train/calibrate.h"
#include "train/check_training.h"
#include "train/context_fit.h"
#include "train/iterated_run.h"
#include "train/judge.h"
#include "train/progress.h"
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
      return SequenceTrainer::Create(options.sequence, ModelSeed(options), part);
    };
  }
  if (options.model == "gan") {
    return [&options](const TrainingPart& part) -> Result<std::unique_ptr<Trainer>> {
      ContextRows contexts;
      if (options.gan.conditional && options.gan.side == GanSide::kShopper) {
        contexts = TrainingContexts(part, ProfileOptions{}, options.gan.context_month);
      }
      return std::unique_ptr<Trainer>(std::make_unique<GanTrainer>(
          options.gan, ModelSeed(options), TrainingMatrix(part, ProfileOptions{}),
          std::move(contexts)));
    };
  }
  if (IsRecVae(options.variant)) {
    return [&options](const TrainingPart& part) -> Result<std::unique_ptr<Trainer>> {
      return std::unique_ptr<Trainer>(std::make_unique<RecVaeTrainer>(
          options.recvae, ModelSeed(options), TrainingMatrix(part, ProfileOptions{})));
    };
  }
  return [&options](const TrainingPart& part) -> Result<std::unique_ptr<Trainer>> {
    return std::unique_ptr<Trainer>(std::make_unique<VaeTrainer>(
        options.vae, ModelSeed(options), TrainingMatrix(part, ProfileOptions{})));
  };
}

}  // namespace

void FitBatches(const Dataset& dataset, TrainOptions& options) {
  const auto fit = [](size_t& size, size_t most) { size = std::min(size, most); };
  const size_t n_shoppers = dataset.train().size();
  fit(options.vae.batch_size, n_shoppers);
  fit(options.recvae.batch_size,
      std::clamp(n_shoppers / 20, std::min<size_t>(n_shoppers, 20), n_shoppers));
  fit(options.gan.batch_size,
      options.gan.side == GanSide::kItem ? dataset.info().n_items : n_shoppers);
  fit(options.sequence.batch_size, dataset.train().n_events());
}

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
              {"seed", ModelSeed(options)},
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
    identity["seed"] = ModelSeed(options);
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
