#include "models/factor_model.h"

namespace vitrine {

void FactorModel::Score(const History& history, std::span<float> scores) const {
  item_table_.Multiply(Encode(history), scores);
  for (size_t i = 0; i < item_bias_.size(); ++i) scores[i] += item_bias_[i];
}

void FactorModel::Scan(const History& history, BestItems& best) const {
  item_table_.Scan(Encode(history), item_bias_, best);
}

void FactorModel::ScoreItem(uint32_t item, std::span<const History> histories,
                            std::span<float> scores) const {
  for (size_t i = 0; i < histories.size(); ++i) {
    scores[i] = item_table_.MultiplyRow(item, Encode(histories[i]));
    if (!item_bias_.empty()) scores[i] += item_bias_[item];
  }
}

std::vector<float> FactorModel::SumProfile(const ProfileOptions& options, const History& history,
                                           const ItemTable& table) {
  Profile profile;
  BuildProfile(options, history, table.n_items(), profile);
  ScaleToUnit(profile);
  std::vector<float> sum(table.padded_dim());
  table.Accumulate(profile.items, profile.weights, sum);
  return sum;
}

}  // namespace vitrine
