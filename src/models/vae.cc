#include "models/vae.h"

#include "kernels/vector_ops.h"
#include "math/activations.h"

namespace vitrine {

Result<std::unique_ptr<Model>> VaeModel::Read(const TensorFile& file, size_t n_items) {
  constexpr size_t kMaxWidth = 1 << 20;
  std::unique_ptr<VaeModel> model(new VaeModel);
  LayerReader reader(file);
  model->profile_ = reader.Profile();
  const size_t hidden = reader.Size("vae.hidden", 1, kMaxWidth);
  const size_t latent = reader.Size("vae.latent", 1, kMaxWidth);
  VITRINE_RETURN_IF_ERROR(reader.status());
  model->encoder_table_ = reader.Table("vae.encoder.table", n_items, hidden);
  model->encoder_bias_ = reader.Bias("vae.encoder.bias", hidden);
  const DenseLayer both = reader.Dense("vae.latent", 2 * latent, hidden);
  model->decoder_ = reader.Dense("vae.decoder", hidden, latent);
  model->item_table_ = reader.Table("vae.item.table", n_items, hidden);
  model->item_bias_ = reader.ItemBias("vae.item.bias", n_items, model->own_bias_);
  VITRINE_RETURN_IF_ERROR(reader.status());
  model->mean_ = {both.weight.First(latent), both.bias.first(latent)};
  return std::unique_ptr<Model>(std::move(model));
}

std::vector<float> VaeModel::Encode(const History& history) const {
  std::vector<float> encoded = SumProfile(profile_, history, encoder_table_);
  std::vector<float> mean(PaddedNarrowDim(mean_.bias.size())), decoded(item_table_.padded_dim());
  for (size_t i = 0; i < encoder_bias_.size(); ++i) encoded[i] += encoder_bias_[i];
  TanhInPlace(encoded.data(), encoder_bias_.size());
  mean_.Apply(encoded.data(), Identity{}, mean.data());
  decoder_.Apply(mean.data(), Tanh{}, decoded.data());
  return decoded;
}

}  // namespace vitrine
