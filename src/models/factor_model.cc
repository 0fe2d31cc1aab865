#include "models/factor_model.h"

#include <algorithm>

namespace vitrine {

void FactorModel::ScoreBy(std::span<const float> vector, std::span<float> scores) const {
  item_table_.Multiply(vector, scores);
  for (size_t i = 0; i < item_bias_.size(); ++i) scores[i] += item_bias_[i];
}

float FactorModel::ScoreItemBy(std::span<const float> vector, uint32_t item) const {
  const float bias = item_bias_.empty() ? 0 : item_bias_[item];
  return bias + item_table_.MultiplyRow(item, vector);
}

void FactorModel::Score(const History& history, std::span<float> scores) const {
  ScoreBy(Encode(history), scores);
}

void FactorModel::Scan(const History& history, BestItems& best) const {
  item_table_.Scan(Encode(history), item_bias_, best);
}

void FactorModel::ScoreItem(uint32_t item, std::span<const History> histories,
                            std::span<float> scores) const {
  constexpr size_t kTogether = 512;  // which bounds the memory that it takes
  const size_t width = item_table_.padded_dim();
  std::vector<float> vectors;
  for (size_t i = 0; i < histories.size(); ++i) {
    const size_t at = i % kTogether;
    if (at == 0) {
      vectors = EncodeMany(histories.subspan(i, std::min(kTogether, histories.size() - i)));
    }
    scores[i] = ScoreItemBy({&vectors[at * width], width}, item);
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
