#include "train/contenders.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "format/safetensors.h"
#include "models/model.h"

namespace vitrine {
namespace {

constexpr char kDae[] = "dae";

// A variant that is named among the baselines goes by its own name.
std::string NameOf(const TrainOptions& options) {
  return options.variant == VaeVariant::kDae ? kDae : options.model;
}

void Append(const Evaluation& more, Evaluation& evaluation) {
  evaluation.values.insert(evaluation.values.end(), more.values.begin(), more.values.end());
  evaluation.shown.insert(evaluation.shown.end(), more.shown.begin(), more.shown.end());
  evaluation.seconds += more.seconds;
}

}  // namespace

bool StartsCold(const Dataset& dataset, const TrainOptions& options) {
  const Split split = dataset.info().split;
  return options.model == "gan" && options.gan.conditional &&
         options.gan.side == GanSide::kShopper &&
         (options.gan.context_month || dataset.contexts().size() > 1) &&
         (split == Split::kStrong || split == Split::kTime);
}

std::vector<TrainOptions> ContendersOf(const Dataset& dataset, const TrainOptions& model,
                                       std::span<const std::string> baselines) {
  std::vector<TrainOptions> contenders = {model};
  const auto baseline_of = [&](const std::string& name) {
    TrainOptions baseline{.model = name};
    if (name == kDae) {
      baseline.model = "vae";
      baseline.variant = VaeVariant::kDae;
      baseline.vae.deterministic = true;
    }
    baseline.task = model.task;
    baseline.seed = model.seed;
    baseline.prefixes = model.prefixes;
    baseline.validation_fraction = model.validation_fraction;
    FitBatches(dataset, baseline);
    // What adapts is to be set against lists that follow the shopper's latest events, too.
    if (model.adapt && name == "linear") {
      baseline.closed_form.half_life_days = {0, 1, 7, 30, 90, 180};
    }
    return baseline;
  };
  for (const std::string& name : baselines) {
    if (name != NameOf(model)) contenders.push_back(baseline_of(name));
  }
  // What adapts serves shoppers from their second event or so; a generator, those before it.
  const bool has_gan = std::ranges::count(contenders, "gan", &TrainOptions::model) > 0;
  const TrainOptions gan = baseline_of("gan");
  if (model.adapt && !has_gan && StartsCold(dataset, gan)) contenders.push_back(gan);
  return contenders;
}

Result<TrainedContender> TrainContender(std::span<const Dataset> folds, TrainOptions options,
                                        size_t n_seeds, const std::string& folder) {
  TrainedContender contender{.name = NameOf(options)};
  const uint64_t first_seed = options.seed;
  for (size_t fold = 0; fold < folds.size(); ++fold) {
    auto& runs = contender.folds.emplace_back();
    for (size_t i = 0; i < (IsStochastic(options) ? n_seeds : 1); ++i) {
      options.seed = first_seed + i;
      std::string out = folder + "/" + contender.name + "-" + std::to_string(options.seed);
      if (folds.size() > 1) out += "-fold-" + std::to_string(fold + 1);
      VITRINE_ASSIGN_OR_RETURN(nlohmann::ordered_json trained,
                               TrainModel(folds[fold], options, out));
      runs.push_back({std::move(trained), out + "/model.safetensors"});
    }
  }
  return contender;
}

Result<TestedRuns> TestContender(const TrainedContender& contender, std::span<const Cases> cases,
                                 std::span<const Dataset> folds, std::span<const ItemFacts> facts) {
  TestedRuns tested;
  tested.seeds.resize(contender.n_seeds());
  const auto n_runs = static_cast<double>(folds.size() * contender.n_seeds());
  for (size_t fold = 0; fold < folds.size(); ++fold) {
    if (cases[fold].size() == 0) continue;
    const size_t n_items = folds[fold].info().n_items;
    for (size_t seed = 0; seed < contender.n_seeds(); ++seed) {
      VITRINE_ASSIGN_OR_RETURN(const TensorFile file,
                               ReadTensorFile(contender.folds[fold][seed].file));
      VITRINE_ASSIGN_OR_RETURN(const std::unique_ptr<Model> model, LoadModel(file));
      VITRINE_ASSIGN_OR_RETURN(const Calibration calibration, Calibration::Read(file));
      const bool is_judged = seed == 0 && !calibration.empty();
      std::vector<Listed> lists;
      VITRINE_ASSIGN_OR_RETURN(
          const Evaluation run,
          Evaluate(*model, cases[fold], facts[fold], kTileCases, is_judged ? &lists : nullptr));
      if (is_judged) tested.calibration.Add(calibration, lists);
      tested.coverage += CoverageOf(run.shown, n_items) / n_runs;
      tested.gini += GiniOf(run.shown, n_items) / n_runs;
      Append(run, tested.seeds[seed]);
    }
  }
  tested.mean = tested.seeds.front();
  const auto n_seeds = static_cast<float>(tested.seeds.size());
  for (size_t i = 0; i < tested.mean.values.size(); ++i) {
    for (size_t v = 0; v < kCaseValues; ++v) {
      float sum = 0;
      for (const Evaluation& run : tested.seeds) sum += run.values[i][v];
      tested.mean.values[i][v] = sum / n_seeds;
    }
  }
  return tested;
}

}  // namespace vitrine
