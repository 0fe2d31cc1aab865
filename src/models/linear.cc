#include "models/linear.h"

#include <algorithm>

#include "models/layer_reader.h"

namespace vitrine {

Result<std::unique_ptr<Model>> LinearModel::Read(const TensorFile& file, size_t n_items) {
  std::unique_ptr<LinearModel> model(new LinearModel);
  model->n_items_ = n_items;
  LayerReader reader(file);
  model->profile_ = reader.Profile();
  VITRINE_ASSIGN_OR_RETURN(model->name_, file.Text("vitrine.model"));
  if (file.Has("linear.table.offsets")) {
    VITRINE_ASSIGN_OR_RETURN(model->sparse_, SparseTable::Read(file, "linear.table", n_items));
  } else {
    model->dense_ = reader.Table("linear.table", n_items, n_items);
  }
  if (file.Has("linear.bias")) model->bias_ = reader.Values("linear.bias", n_items);
  VITRINE_RETURN_IF_ERROR(reader.status());
  return std::unique_ptr<Model>(std::move(model));
}

void LinearModel::Score(const History& history, std::span<float> scores) const {
  Profile profile;
  BuildProfile(profile_, history, n_items(), profile);
  if (sparse_.has_value()) {
    std::fill(scores.begin(), scores.end(), 0.0f);
    sparse_->Accumulate(profile.items, profile.weights, scores);
  } else {
    std::vector<float> sum(dense_.padded_dim());
    dense_.Accumulate(profile.items, profile.weights, sum);
    std::copy_n(sum.begin(), scores.size(), scores.begin());
  }
  for (size_t i = 0; i < bias_.size(); ++i) scores[i] += bias_[i];
}

}  // namespace vitrine
