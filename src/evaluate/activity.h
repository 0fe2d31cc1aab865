// Cases grouped by how much the shopper did before the question.
#ifndef VITRINE_EVALUATE_ACTIVITY_H_
#define VITRINE_EVALUATE_ACTIVITY_H_

#include <cstddef>
#include <vector>

#include "evaluate/cases.h"

namespace vitrine {

struct ActivityGroup {
  size_t from = 0, to = 0;    // events in the history: least and most, of the cases in the group
  std::vector<size_t> cases;  // ascending
};

// Cut at the quantiles of the number of events, fewest first. Cases of one number stay together, so
// there may be fewer groups than asked for; none is empty.
std::vector<ActivityGroup> GroupByActivity(const Cases& cases, size_t n_groups = 4);

}  // namespace vitrine

#endif  // VITRINE_EVALUATE_ACTIVITY_H_
