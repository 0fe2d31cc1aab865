#include "train/markov.h"

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

namespace vitrine {

Csr TransitionShares(const TrainingPart& part, const ProfileOptions& profile, bool to_target) {
  const EventType target = part.dataset->info().target;
  std::vector<std::pair<uint32_t, uint32_t>> steps;  // from, to
  part.ForEachShopper([&](uint32_t, std::span<const Event> events) {
    const Event* next = nullptr;
    for (size_t i = events.size(); i-- > 0;) {
      if (profile.type_weight[static_cast<size_t>(events[i].type)] <= 0) continue;
      if (next != nullptr) steps.emplace_back(events[i].item, next->item);
      if (!to_target || events[i].type == target) next = &events[i];
    }
  });
  std::ranges::sort(steps);
  Csr shares;
  shares.cols = part.n_items();
  size_t i = 0;
  for (uint32_t from = 0; from < shares.cols; ++from) {
    size_t end = i;
    while (end < steps.size() && steps[end].first == from) ++end;
    const auto n = static_cast<float>(end - i);
    while (i < end) {
      size_t same = i;
      while (same < end && steps[same].second == steps[i].second) ++same;
      shares.indices.push_back(steps[i].second);
      shares.values.push_back(static_cast<float>(same - i) / n);
      i = same;
    }
    shares.EndRow();
  }
  return shares;
}

}  // namespace vitrine
