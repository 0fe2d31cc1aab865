#include "models/blend.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "models/layer_reader.h"

namespace vitrine {

Standard::Standard(std::span<const float> scores) {
  double sum = 0, square = 0;
  for (const float score : scores) sum += score;
  mean = sum / static_cast<double>(scores.size());
  for (const float score : scores) square += (score - mean) * (score - mean);
  const double deviation = std::sqrt(square / static_cast<double>(scores.size()));
  scale = deviation > 0 ? 1 / deviation : 0;
}

void Standardize(std::span<float> scores) {
  const Standard standard(scores);
  for (float& score : scores) score = standard(score);
}

Result<std::unique_ptr<Model>> BlendModel::Read(const TensorFile& file, size_t n_items) {
  std::unique_ptr<BlendModel> blend(new BlendModel);
  blend->n_items_ = n_items;
  LayerReader reader(file);
  const size_t n_parts = reader.Size("blend.parts", 1, 16);
  VITRINE_RETURN_IF_ERROR(reader.status());
  for (size_t i = 0; i < n_parts; ++i) {
    const std::string prefix = "part" + std::to_string(i) + ".";
    Part& part = blend->parts_.emplace_back();
    part.weight = static_cast<float>(reader.Real((prefix + "weight").c_str()));
    part.file = std::make_unique<TensorFile>(file.Part(prefix));
    VITRINE_ASSIGN_OR_RETURN(part.model, LoadModel(*part.file));
    if (part.model->n_items() != n_items || part.model->name() == "blend") {
      reader.Fail("a part of the blend ranks other products, or is a blend itself");
    }
    VITRINE_RETURN_IF_ERROR(reader.status());
  }
  return std::unique_ptr<Model>(std::move(blend));
}

void BlendModel::Score(const History& history, std::span<float> scores) const {
  std::vector<float> own(n_items_);
  std::fill(scores.begin(), scores.end(), 0.0f);
  for (const Part& part : parts_) {
    part.model->Score(history, own);
    Standardize(own);
    for (size_t i = 0; i < scores.size(); ++i) scores[i] += part.weight * own[i];
  }
}

void BlendModel::ScoreItem(uint32_t item, std::span<const History> histories,
                           std::span<float> scores) const {
  std::vector<float> all(n_items_), own(histories.size());
  std::fill(scores.begin(), scores.end(), 0.0f);
  for (const Part& part : parts_) {
    part.model->Score(histories.front(), all);
    const Standard standard(all);
    part.model->ScoreItem(item, histories, own);
    for (size_t i = 0; i < own.size(); ++i) scores[i] += part.weight * standard(own[i]);
  }
}

}  // namespace vitrine
