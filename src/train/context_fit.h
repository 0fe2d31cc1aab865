// What validation chooses of a trained gan that knows contexts: how long they count, and how far
// its lists lean to what is bought.
#ifndef VITRINE_TRAIN_CONTEXT_FIT_H_
#define VITRINE_TRAIN_CONTEXT_FIT_H_

#include <optional>
#include <string>
#include <vector>

#include "core/result.h"
#include "evaluate/training_part.h"

namespace vitrine {

struct ContextFit {
  float fade = 0;       // "gan.context.fade": products that weigh as much as a context
  float lean = 0;       // how much of Lean() is added to "gan.item.bias"
  float lean_days = 0;  // its window
};

// Per product the logarithm of its share of the target events of the last `days` (0: of all time)
// above its share of all that profiles hold: a generator learns what shoppers look at and have had,
// and a list should foresee what they want now. Both are shrunken by a few events.
std::vector<float> Lean(const TrainingPart& part, float days);

// What does best, by the mean NDCG@20 after 0 to 10 events, for the gan at `fit_path` on the
// shoppers that the plan sets aside for validation, or who came when its part ends. Nothing where
// it knows no context, or there are no such shoppers.
Result<std::optional<ContextFit>> ChooseContextFit(const TrainingPlan& plan,
                                                   const std::string& fit_path);

// Rewrites the gan at `path`, which was trained on `part`.
Status ApplyContextFit(const ContextFit& fit, const TrainingPart& part, const std::string& path);

}  // namespace vitrine

#endif  // VITRINE_TRAIN_CONTEXT_FIT_H_
