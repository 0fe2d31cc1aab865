#include "models/linear.h"

#include <algorithm>

namespace vitrine {

Result<std::unique_ptr<Model>> LinearModel::Read(const TensorFile& file, size_t n_items) {
  std::unique_ptr<LinearModel> model(new LinearModel);
  VITRINE_ASSIGN_OR_RETURN(model->profile_, ProfileOptions::Read(file));
  VITRINE_ASSIGN_OR_RETURN(model->table_, ItemTable::Read(file, "linear.table", n_items, n_items));
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
