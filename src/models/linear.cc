#include "models/linear.h"

#include <algorithm>

#include "models/layer_reader.h"

namespace vitrine {

Result<std::unique_ptr<Model>> LinearModel::Read(const TensorFile& file, size_t n_items) {
  std::unique_ptr<LinearModel> model(new LinearModel);
  LayerReader reader(file);
  model->profile_ = reader.Profile();
  model->table_ = reader.Table("linear.table", n_items, n_items);
  VITRINE_RETURN_IF_ERROR(reader.status());
  return std::unique_ptr<Model>(std::move(model));
}

void LinearModel::Score(const History& history, std::span<float> scores) const {
  Profile profile;
  BuildProfile(profile_, history, n_items(), profile);
  std::vector<float> sum(table_.padded_dim());
  table_.Accumulate(profile.items, profile.weights, sum);
  std::copy_n(sum.begin(), scores.size(), scores.begin());
}

}  // namespace vitrine
