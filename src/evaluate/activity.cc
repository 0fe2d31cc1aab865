#include "evaluate/activity.h"

#include <algorithm>

namespace vitrine {

std::vector<ActivityGroup> GroupByActivity(const Cases& cases, size_t n_groups) {
  std::vector<size_t> n_events(cases.size());
  for (size_t i = 0; i < cases.size(); ++i) n_events[i] = cases.HistoryOf(i).events.size();
  std::vector<size_t> sorted = n_events;
  std::sort(sorted.begin(), sorted.end());

  std::vector<ActivityGroup> groups;
  size_t first = 0;  // of the next group
  for (size_t g = 1; g <= n_groups; ++g) {
    const size_t wanted = sorted.size() * g / n_groups;
    if (wanted <= first) continue;  // cases of one number went past this quantile
    const size_t most = sorted[wanted - 1];
    groups.push_back({.from = sorted[first], .to = most});
    first =
        static_cast<size_t>(std::upper_bound(sorted.begin(), sorted.end(), most) - sorted.begin());
  }
  for (size_t i = 0; i < cases.size(); ++i) {
    const auto group =
        std::ranges::find_if(groups, [&](const ActivityGroup& g) { return n_events[i] <= g.to; });
    group->cases.push_back(i);
  }
  return groups;
}

}  // namespace vitrine
