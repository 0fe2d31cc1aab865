#include "train/context_fit.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>

#include "core/parallel.h"
#include "format/safetensors.h"
#include "models/gan.h"
#include "train/cases.h"
#include "train/cold_popularity.h"
#include "train/cold_start.h"
#include "train/contexts.h"
#include "train/evaluate.h"

namespace vitrine {
namespace {

constexpr float kFades[] = {0, 1, 2, 5, 10, 20, 50, 100, 200};
constexpr float kLeans[] = {0.25, 0.5, 0.75, 1};
constexpr float kLeanDays[] = {0, 90, 30};
constexpr double kLeanShrink = 5;  // events

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
  const ItemFacts facts{.n_items = gan.n_items()};

  // NDCG@20 with each candidate, and with the bias that it adds.
  std::vector<ContextFit> candidates;
  std::vector<std::vector<float>> biases;
  const auto best = [&] {
    std::vector<std::vector<float>> values(candidates.size(), std::vector<float>(cases.size()));
    ParallelForDynamic(cases.size(), 1, [&](size_t first, size_t last) {
      std::vector<float> scores(facts.n_items);
      std::vector<uint32_t> list;
      for (size_t i = first; i < last; ++i) {
        const History history = cases.HistoryOf(i);
        const std::vector<uint32_t>& context = newcomers[i].columns;
        const std::vector<float> own = gan.Encode(history, context);
        const std::vector<float> seed = gan.Encode({{}, history.now}, context);
        const auto n = static_cast<float>(cases.Seen(i).size());
        for (size_t k = 0; k < candidates.size(); ++k) {
          const float fade = candidates[k].fade;
          const float share = context.empty() || fade == 0 ? 0 : fade / (fade + n);
          std::vector<float> mixed = own;
          for (size_t c = 0; c < mixed.size(); ++c) mixed[c] += share * (seed[c] - own[c]);
          gan.item_table().Multiply(mixed, scores);
          for (size_t item = 0; item < scores.size(); ++item) {
            scores[item] += gan.item_bias()[item] + (biases.empty() ? 0 : biases[k][item]);
          }
          values[k][i] = RankCase(cases, i, scores, facts, list)[kNdcg20];
        }
      }
    });
    size_t chosen = 0;
    double most = -1;
    for (size_t k = 0; k < candidates.size(); ++k) {
      const double sum = std::accumulate(values[k].begin(), values[k].end(), 0.0);
      if (sum <= most) continue;
      chosen = k;
      most = sum;
    }
    return candidates[chosen];
  };
  for (const float fade : kFades) candidates.push_back({.fade = fade});
  const float fade = best().fade;

  candidates = {{.fade = fade}};
  biases = {std::vector<float>(facts.n_items)};
  for (const float days : kLeanDays) {
    const std::vector<float> whole = Lean(plan.fit, days);
    for (const float lean : kLeans) {
      candidates.push_back({.fade = fade, .lean = lean, .lean_days = days});
      std::vector<float>& bias = biases.emplace_back(whole);
      for (float& value : bias) value *= lean;
    }
  }
  return std::optional(best());
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
