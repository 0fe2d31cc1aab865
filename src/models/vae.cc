#include "models/vae.h"

#include "kernels/vector_ops.h"

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

std::vector<float> VaeModel::EncodeMany(std::span<const History> histories) const {
  const size_t n = histories.size();
  std::vector<float> encoded = SumProfiles(profile_, histories, encoder_table_);
  AddToRows(encoder_bias_, encoded, n);
  TanhInPlace(encoded.data(), encoded.size());
  std::vector<float> decoded = decoder_.Apply(mean_.Apply(encoded, n), n);
  TanhInPlace(decoded.data(), decoded.size());
  return decoded;
}

}  // namespace vitrine
