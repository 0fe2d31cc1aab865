#include "models/factor_model.h"

namespace vitrine {

void FactorModel::Score(const History& history, std::span<float> scores) const {
  item_table_.Multiply(Encode(history), scores);
  for (size_t i = 0; i < item_bias_.size(); ++i) scores[i] += item_bias_[i];
}

}  // namespace vitrine
