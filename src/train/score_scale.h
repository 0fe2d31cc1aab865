// On which scale a model's list scores lie. A model that is fitted again on more shoppers scores
// higher or lower than the one that validation judged, so that what was learnt of the one's scores
// is carried over to the other's.
#ifndef VITRINE_TRAIN_SCORE_SCALE_H_
#define VITRINE_TRAIN_SCORE_SCALE_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "evaluate/training_part.h"
#include "models/model.h"
#include "serve/calibration.h"

namespace vitrine {

// Quantiles of the scores in lists, ascending and at even distances from the least to the greatest.
using ScoreScale = std::vector<double>;
inline constexpr size_t kQuantiles = 101;

// At most 500 shoppers of `part`, at even distances, by number.
std::vector<uint32_t> ScaleShoppers(const TrainingPart& part);

// Of the first kRanked places of the lists for these shoppers, by all that `part` has of them, at
// its end. Empty where there are none.
ScoreScale ScaleOf(const Model& model, const TrainingPart& part, Task task,
                   std::span<const uint32_t> shoppers);

// `calibration` with its knots where the same quantiles lie on another scale; beyond the quantiles
// they keep their distance. As it is where a scale is empty.
Calibration CarryOver(Calibration calibration, const ScoreScale& from, const ScoreScale& to);

}  // namespace vitrine

#endif  // VITRINE_TRAIN_SCORE_SCALE_H_
