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
  const std::vector<float> vectors = EncodeMany(histories);
  const size_t width = item_table_.padded_dim();
  for (size_t i = 0; i < histories.size(); ++i) {
    scores[i] = item_table_.MultiplyRow(item, {&vectors[i * width], width});
    if (!item_bias_.empty()) scores[i] += item_bias_[item];
  }
}

std::vector<float> FactorModel::SumProfiles(const ProfileOptions& options,
                                            std::span<const History> histories,
                                            const ItemTable& table) {
  const size_t width = table.padded_dim();
  std::vector<float> sums(histories.size() * width);
  Profile profile;
  for (size_t i = 0; i < histories.size(); ++i) {
    BuildProfile(options, histories[i], table.n_items(), profile);
    ScaleToUnit(profile);
    table.Accumulate(profile.items, profile.weights, {&sums[i * width], width});
  }
  return sums;
}

}  // namespace vitrine
