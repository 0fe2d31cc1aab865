#include "models/baselines.h"

#include <algorithm>

#include "models/layer_reader.h"

namespace vitrine {

Result<std::unique_ptr<Model>> PopularityModel::Read(const TensorFile& file, size_t n_items) {
  auto model = std::make_unique<PopularityModel>();
  LayerReader reader(file);
  model->scores_ = reader.Values("popularity.table", n_items);
  VITRINE_RETURN_IF_ERROR(reader.status());
  return std::unique_ptr<Model>(std::move(model));
}

void PopularityModel::Score(const History&, std::span<float> scores) const {
  std::copy(scores_.begin(), scores_.end(), scores.begin());
}

Result<std::unique_ptr<Model>> PersonalFrequencyModel::Read(const TensorFile& file,
                                                            size_t n_items) {
  auto model = std::make_unique<PersonalFrequencyModel>();
  LayerReader reader(file);
  model->profile_ = reader.Profile();
  model->popularity_ = reader.Values("popularity", n_items);
  VITRINE_RETURN_IF_ERROR(reader.status());
  const float largest = *std::max_element(model->popularity_.begin(), model->popularity_.end());
  model->tie_break_ = largest > 0 ? 1e-3f / largest : 0.0f;
  return std::unique_ptr<Model>(std::move(model));
}

void PersonalFrequencyModel::Score(const History& history, std::span<float> scores) const {
  Profile profile;
  BuildProfile(profile_, history, n_items(), profile);
  for (size_t i = 0; i < scores.size(); ++i) scores[i] = tie_break_ * popularity_[i];
  for (size_t i = 0; i < profile.items.size(); ++i) scores[profile.items[i]] += profile.weights[i];
}

}  // namespace vitrine
