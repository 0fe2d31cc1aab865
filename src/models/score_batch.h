// Scores of many shoppers at once, for evaluation and serving in bulk. Native only: a page has one
// shopper.
#ifndef VITRINE_MODELS_SCORE_BATCH_H_
#define VITRINE_MODELS_SCORE_BATCH_H_

#include <span>

#include "core/matrix.h"
#include "models/model.h"

namespace vitrine {

// Score for several shoppers: row i of `scores` (histories.size() x n_items) is history i's, but
// for the rounding of sums taken in another order.
void ScoreBatch(const Model& model, std::span<const History> histories, const MatrixView& scores);

}  // namespace vitrine

#endif  // VITRINE_MODELS_SCORE_BATCH_H_
