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

Result<std::unique_ptr<Model>> ItemKnnModel::Read(const TensorFile& file, size_t n_items) {
  auto model = std::make_unique<ItemKnnModel>();
  LayerReader reader(file);
  model->profile_ = reader.Profile();
  VITRINE_RETURN_IF_ERROR(reader.status());
  VITRINE_ASSIGN_OR_RETURN(model->neighbours_,
                           file.MatrixOf<uint32_t>("knn.neighbours", n_items, 1));
  const size_t k = model->neighbours_.stride;
  VITRINE_ASSIGN_OR_RETURN(model->similarity_, file.MatrixOf<float>("knn.similarity", n_items, k));
  if (model->similarity_.stride != k) {
    reader.Fail("'knn.similarity' and 'knn.neighbours' differ in shape");
  }
  const auto all = std::span(model->neighbours_.data, n_items * k);
  if (std::any_of(all.begin(), all.end(), [n_items](uint32_t item) { return item >= n_items; })) {
    reader.Fail("'knn.neighbours' names an item that does not exist");
  }
  VITRINE_RETURN_IF_ERROR(reader.status());
  model->neighbours_.cols = k;
  return std::unique_ptr<Model>(std::move(model));
}

void ItemKnnModel::Score(const History& history, std::span<float> scores) const {
  Profile profile;
  BuildProfile(profile_, history, n_items(), profile);
  std::fill(scores.begin(), scores.end(), 0.0f);
  for (size_t i = 0; i < profile.items.size(); ++i) {
    const auto items = neighbours_.RowSpan(profile.items[i]);
    const auto similarity = similarity_.RowSpan(profile.items[i]);
    for (size_t k = 0; k < items.size(); ++k) {
      scores[items[k]] += profile.weights[i] * similarity[k];
    }
  }
}

}  // namespace vitrine
