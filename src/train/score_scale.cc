#include "train/score_scale.h"

#include <algorithm>
#include <limits>

#include "core/parallel.h"
#include "evaluate/metrics.h"
#include "kernels/top_k.h"

namespace vitrine {
namespace {

constexpr size_t kMostShoppers = 500;

}  // namespace

std::vector<uint32_t> ScaleShoppers(const TrainingPart& part) {
  std::vector<uint32_t> all, chosen;
  part.ForEachShopper([&all](uint32_t shopper, std::span<const Event>) { all.push_back(shopper); });
  const size_t n = std::min(kMostShoppers, all.size());
  for (size_t i = 0; i < n; ++i) chosen.push_back(all[i * all.size() / n]);
  return chosen;
}

ScoreScale ScaleOf(const Model& model, const TrainingPart& part, Task task,
                   std::span<const uint32_t> shoppers) {
  std::vector<std::vector<Event>> histories;
  part.ForEachShopper([&](uint32_t shopper, std::span<const Event> events) {
    if (std::ranges::binary_search(shoppers, shopper)) {
      histories.emplace_back(events.begin(), events.end());
    }
  });
  const CaseOptions counts;
  const int64_t now = part.end_time();
  std::vector<std::vector<float>> listed(histories.size());
  ParallelForDynamic(histories.size(), 4, [&](size_t first, size_t last) {
    std::vector<float> scores(model.n_items());
    std::vector<uint32_t> list;
    for (size_t i = first; i < last; ++i) {
      model.Score({histories[i], now}, scores);
      for (const Event& event : histories[i]) {
        if (task == Task::kDiscovery && counts.sees[static_cast<size_t>(event.type)]) {
          scores[event.item] = -std::numeric_limits<float>::infinity();
        }
      }
      TopK(scores, kRanked, list);
      for (const uint32_t item : list) listed[i].push_back(scores[item]);
    }
  });
  std::vector<double> all;
  for (const auto& own : listed) all.insert(all.end(), own.begin(), own.end());
  std::ranges::sort(all);
  ScoreScale scale;
  for (size_t q = 0; q < kQuantiles && !all.empty(); ++q) {
    scale.push_back(all[q * (all.size() - 1) / (kQuantiles - 1)]);
  }
  return scale;
}

Calibration CarryOver(Calibration calibration, const ScoreScale& from, const ScoreScale& to) {
  if (from.empty() || to.empty()) return calibration;
  for (double& score : calibration.scores) {
    const auto above = static_cast<size_t>(std::ranges::upper_bound(from, score) - from.begin());
    if (above == 0) {
      score += to.front() - from.front();
    } else if (above == from.size()) {
      score += to.back() - from.back();
    } else {
      const double share = (score - from[above - 1]) / (from[above] - from[above - 1]);
      score = to[above - 1] + share * (to[above] - to[above - 1]);
    }
  }
  return calibration;
}

}  // namespace vitrine
