#include "models/score_batch.h"

#include <algorithm>

#include "backend/cpu/gemm.h"
#include "core/parallel.h"
#include "models/blend.h"
#include "models/factor_model.h"

namespace vitrine {
namespace {

// All shoppers' vectors, and one product with the table of the items.
void ScoreFactors(const FactorModel& model, const ConstMatrixView& items,
                  std::span<const History> histories, const MatrixView& scores) {
  Matrix vectors(histories.size(), items.cols);
  ParallelForDynamic(histories.size(), 1, [&](size_t first, size_t last) {
    for (size_t i = first; i < last; ++i) {
      std::copy_n(model.Encode(histories[i]).begin(), items.cols, vectors.Row(i));
    }
  });
  Gemm(Trans::kNo, Trans::kYes, 1, vectors, items, 0, scores);
  const auto bias = model.item_bias();
  if (bias.empty()) return;
  for (size_t i = 0; i < scores.rows; ++i) {
    for (size_t item = 0; item < bias.size(); ++item) scores(i, item) += bias[item];
  }
}

void ScoreBlend(const BlendModel& model, std::span<const History> histories,
                const MatrixView& scores) {
  Matrix own(histories.size(), model.n_items());
  for (size_t i = 0; i < scores.rows; ++i) std::ranges::fill(scores.RowSpan(i), 0.0f);
  for (const BlendModel::Part& part : model.parts()) {
    ScoreBatch(*part.model, histories, own);
    ParallelForDynamic(histories.size(), 1, [&](size_t first, size_t last) {
      for (size_t i = first; i < last; ++i) {
        Standardize(own.view().RowSpan(i));
        for (size_t item = 0; item < own.cols(); ++item) {
          scores(i, item) += part.weight * own(i, item);
        }
      }
    });
  }
}

}  // namespace

void ScoreBatch(const Model& model, std::span<const History> histories, const MatrixView& scores) {
  if (const auto* blend = dynamic_cast<const BlendModel*>(&model)) {
    return ScoreBlend(*blend, histories, scores);
  }
  if (const auto* factors = dynamic_cast<const FactorModel*>(&model)) {
    // A table of whole numbers is multiplied as it will be served.
    if (const ConstMatrixView* items = factors->item_table().AsMatrix()) {
      return ScoreFactors(*factors, *items, histories, scores);
    }
  }
  ParallelForDynamic(histories.size(), 1, [&](size_t first, size_t last) {
    for (size_t i = first; i < last; ++i) model.Score(histories[i], scores.RowSpan(i));
  });
}

}  // namespace vitrine
