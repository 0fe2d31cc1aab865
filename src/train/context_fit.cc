#include "train/context_fit.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <memory>
#include <numeric>
#include <span>

#include "evaluate/cases.h"
#include "evaluate/cold_popularity.h"
#include "evaluate/cold_start.h"
#include "evaluate/contexts.h"
#include "evaluate/evaluate.h"
#include "format/safetensors.h"
#include "models/gan.h"

namespace vitrine {
namespace {

constexpr float kFades[] = {0, 1, 2, 5, 10, 20, 50, 100, 200};
constexpr float kLeans[] = {0.25, 0.5, 0.75, 1};
constexpr float kLeanDays[] = {0, 90, 30};
constexpr double kLeanShrink = 5;  // events

// How long the context counts.
float ChooseFade(const GanModel& gan, const Cases& cases, std::span<const Newcomer> newcomers) {
  const size_t width = gan.item_table().padded_dim();
  return kFades[ChooseByNdcg(
      cases, gan.n_items(), std::size(kFades), [&](size_t i, std::span<std::vector<float>> scores) {
        const std::vector<float> vectors =
            gan.EncodeFading(cases.HistoryOf(i), newcomers[i].columns, kFades);
        for (size_t k = 0; k < scores.size(); ++k) {
          gan.ScoreBy(std::span(vectors).subspan(k * width, width), scores[k]);
        }
      })];
}

// How far lists lean, and to what, at the fade of `fit`.
void ChooseLean(const GanModel& gan, const Cases& cases, std::span<const Newcomer> newcomers,
                const TrainingPart& part, ContextFit& fit) {
  std::vector<ContextFit> candidates = {fit};
  std::vector<std::vector<float>> biases = {std::vector<float>(gan.n_items())};
  for (const float days : kLeanDays) {
    const std::vector<float> whole = Lean(part, days);
    for (const float lean : kLeans) {
      candidates.push_back({.fade = fit.fade, .lean = lean, .lean_days = days});
      for (float& value : biases.emplace_back(whole)) value *= lean;
    }
  }
  fit = candidates[ChooseByNdcg(
      cases, gan.n_items(), candidates.size(), [&](size_t i, std::span<std::vector<float>> scores) {
        gan.ScoreBy(gan.EncodeFading(cases.HistoryOf(i), newcomers[i].columns, {&fit.fade, 1}),
                    scores[0]);
        for (size_t k = 1; k < scores.size(); ++k) {
          for (size_t item = 0; item < scores[k].size(); ++item) {
            scores[k][item] = scores[0][item] + biases[k][item];
          }
        }
      })];
}

// Shoppers of the training part that `part` says nothing of.
std::vector<uint32_t> NewShoppers(const TrainingPart& part) {
  return part.held_out.empty() ? CameSince(part.dataset->train(), part.until) : part.held_out;
}

}  // namespace

std::vector<float> Lean(const TrainingPart& part, float days) {
  const std::vector<float> wanted =
      days > 0 ? Popularity(part, part.end_time() - static_cast<int64_t>(days * 86400))
               : Popularity(part);
  const Csr profiles = TrainingMatrix(part, {});
  std::vector<float> lean(part.n_items());
  for (const uint32_t item : profiles.indices) lean[item] += 1;
  const double ratio = std::accumulate(wanted.begin(), wanted.end(), 0.0) /
                       std::max<double>(1, static_cast<double>(profiles.indices.size()));
  for (size_t i = 0; i < lean.size(); ++i) {
    const double expected = ratio * static_cast<double>(lean[i]);
    lean[i] = static_cast<float>(
        std::log((static_cast<double>(wanted[i]) + kLeanShrink) / (expected + kLeanShrink)));
  }
  return lean;
}

Result<std::optional<ContextFit>> ChooseContextFit(const TrainingPlan& plan,
                                                   const std::string& fit_path) {
  VITRINE_ASSIGN_OR_RETURN(const TensorFile file, ReadTensorFile(fit_path));
  VITRINE_ASSIGN_OR_RETURN(const std::vector<std::string> names, ReadContextNames(file));
  if (names.empty()) return std::optional<ContextFit>();
  VITRINE_ASSIGN_OR_RETURN(const std::unique_ptr<Model> model, LoadModel(file));
  const auto& gan = dynamic_cast<const GanModel&>(*model);
  const Dataset& dataset = *plan.fit.dataset;
  const std::vector<uint32_t> asked = NewShoppers(plan.fit);
  Cases cases{.task = Task::kDiscovery};
  for (const size_t length : kColdLengths) {
    cases.Append(CasesAfterEvents(dataset.train(),
                                  {.task = Task::kDiscovery, .target = dataset.info().target},
                                  length, asked));
  }
  if (cases.size() == 0) return std::optional<ContextFit>();
  const std::vector<Newcomer> newcomers = NewcomersOf(dataset, dataset.train(), cases, names);
  ContextFit fit{.fade = ChooseFade(gan, cases, newcomers)};
  ChooseLean(gan, cases, newcomers, plan.fit, fit);
  return std::optional(fit);
}

Status ApplyContextFit(const ContextFit& fit, const TrainingPart& part, const std::string& path) {
  VITRINE_ASSIGN_OR_RETURN(const TensorFile file, ReadTensorFile(path));
  VITRINE_ASSIGN_OR_RETURN(const std::span<const float> trained,
                           file.Values<float>("gan.item.bias"));
  std::vector<float> bias(trained.begin(), trained.end());  // with its padding
  TensorFileWriter writer;
  for (const auto& [key, value] : file.metadata()) writer.SetMetadata(key, value);
  if (fit.lean > 0) {
    const std::vector<float> lean = Lean(part, fit.lean_days);
    for (size_t i = 0; i < lean.size(); ++i) bias[i] += fit.lean * lean[i];
  }
  writer.SetMetadata("gan.context.fade", double{fit.fade});
  for (const TensorInfo& info : file.tensors()) {
    if (info.name.starts_with("pad.")) continue;
    if (info.name == "gan.item.bias") {
      writer.Add(info.name, info.shape, std::span<const float>(bias));
    } else {
      writer.Add(info.name, info.dtype, info.shape, file.Bytes(info));
    }
  }
  return writer.Write(path);
}

}  // namespace vitrine
