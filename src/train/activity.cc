#include "train/activity.h"

#include <algorithm>

namespace vitrine {

std::vector<ActivityGroup> GroupByActivity(const Cases& cases, size_t n_groups) {
  std::vector<size_t> n_events(cases.size());
  for (size_t i = 0; i < cases.size(); ++i) n_events[i] = cases.HistoryOf(i).events.size();
  std::vector<size_t> sorted = n_events;
  std::sort(sorted.begin(), sorted.end());

  std::vector<ActivityGroup> groups;
  for (size_t first = 0, g = 1; first < sorted.size(); ++g) {
    const size_t most = sorted[std::max(first + 1, sorted.size() * g / n_groups) - 1];
    const auto last = std::upper_bound(sorted.begin(), sorted.end(), most);
    groups.push_back({.from = sorted[first], .to = most});
    first = static_cast<size_t>(last - sorted.begin());
  }
  for (size_t i = 0; i < cases.size(); ++i) {
    const auto group =
        std::ranges::find_if(groups, [&](const ActivityGroup& g) { return n_events[i] <= g.to; });
    group->cases.push_back(i);
  }
  return groups;
}

}  // namespace vitrine
