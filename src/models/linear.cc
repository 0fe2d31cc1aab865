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

// A dense table's columns are summed up a block at a time.
void LinearModel::Scan(const History& history, BestItems& best) const {
  if (sparse_.has_value()) return Model::Scan(history, best);
  Profile profile;
  BuildProfile(profile_, history, n_items(), profile);
  constexpr size_t kBlock = 1024;
  float sum[kBlock];
  for (size_t first = 0; first < n_items(); first += kBlock) {
    const size_t n = std::min(kBlock, n_items() - first);
    std::fill_n(sum, kBlock, 0.0f);
    dense_.Accumulate(profile.items, profile.weights, first, {sum, PaddedNarrowDim(n)});
    if (!bias_.empty()) {
      for (size_t i = 0; i < n; ++i) sum[i] += bias_[first + i];
    }
    best.Push(static_cast<uint32_t>(first), {sum, n});
  }
}

void LinearModel::ScoreItem(uint32_t item, std::span<const History> histories,
                            std::span<float> scores) const {
  const size_t first = item / kNarrowRowMultiple * kNarrowRowMultiple;
  Profile profile;
  for (size_t i = 0; i < histories.size(); ++i) {
    BuildProfile(profile_, histories[i], n_items(), profile);
    if (sparse_.has_value()) {
      scores[i] = sparse_->SumColumn(profile.items, profile.weights, item);
    } else {
      float sum[kNarrowRowMultiple] = {};
      dense_.Accumulate(profile.items, profile.weights, first, sum);
      scores[i] = sum[item - first];
    }
    if (!bias_.empty()) scores[i] += bias_[item];
  }
}

}  // namespace vitrine
