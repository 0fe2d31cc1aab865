// The linear model that looks forward: what a shopper came to want, regressed on what went before.
#ifndef VITRINE_TRAIN_FORWARD_H_
#define VITRINE_TRAIN_FORWARD_H_

#include <vector>

#include "core/matrix.h"
#include "core/result.h"
#include "evaluate/training_part.h"
#include "features/profile.h"

namespace vitrine {

struct ForwardOptions {
  Task task = Task::kDiscovery;
  float lambda = 1000;     // weight of the ridge
  ProfileOptions profile;  // of what went before
};

// A history's scores are bias + sum over its profile of weight * table.Row(item).
struct ForwardWeights {
  Matrix table;             // n_items x n_items
  std::vector<float> bias;  // of next basket: 0
};

// Weighted ridge regression in closed form, over all shoppers of the part. With inputs x (a profile
// and a constant) and answers y of rows r:
//   next basket  x: what went before any moment since the last basket, as long ago as it was at the
//                next one; y: that next one. A basket's moments share its weight, and the baskets
//                of the last months weigh most. No constant. A product foresees itself, too: the
//                ridge pulls its own weight to half the mean rate of repeats c, all others to 0.
//   discovery    x: what went before, up to each of a shopper's first baskets; y: the new products
//                of all later ones; beside them, as in EASE (Steck, WWW 2019), a row per shopper
//                with x = y = all the shopper had, lighter for the busiest. The diagonal is 0.
// With G = sum of w x x', R = sum of w x y' and P = inverse(G + lambda I), the weights are
// P (R - c G) + c I, or P R - P diag(g) with the g that makes the diagonal 0.
// Takes four n_items x n_items tables of memory and n_items^3 time.
Result<ForwardWeights> FitForward(const TrainingPart& part, const ForwardOptions& options);

}  // namespace vitrine

#endif  // VITRINE_TRAIN_FORWARD_H_
