#include "models/recvae.h"

#include "kernels/vector_ops.h"
#include "math/activations.h"

namespace vitrine {
namespace {

constexpr float kNormEpsilon = 0.1f;  // as in training

}  // namespace

Result<std::unique_ptr<Model>> RecVaeModel::Read(const TensorFile& file, size_t n_items) {
  constexpr size_t kMaxWidth = 1 << 20;
  std::unique_ptr<RecVaeModel> model(new RecVaeModel);
  LayerReader reader(file);
  model->profile_ = reader.Profile();
  const size_t hidden = reader.Size("vae.hidden", 1, kMaxWidth);
  const size_t latent = reader.Size("vae.latent", 1, kMaxWidth);
  const size_t layers = reader.Size("vae.layers", 1, 64);
  const bool tied = !file.Has("vae.item.table");
  if (file.metadata().find("vae.kind")->second != "recvae") {
    reader.Fail("is a vae of a kind that this build does not know; update vitrine");
  }
  if (tied && latent != hidden) reader.Fail("its one table is of two widths");
  VITRINE_RETURN_IF_ERROR(reader.status());
  model->encoder_table_ = reader.Table("vae.encoder.table", n_items, hidden);
  model->encoder_bias_ = reader.Bias("vae.encoder.bias", hidden);
  for (size_t i = 0; i < layers; ++i) {
    const std::string name = "vae.encoder" + std::to_string(i);
    if (i > 0) model->layers_.push_back(reader.Dense(name.c_str(), hidden, hidden));
    model->norms_.push_back(reader.Norm((name + ".norm").c_str(), hidden));
  }
  const DenseLayer both = reader.Dense("vae.latent", 2 * latent, hidden);
  model->item_table_ = reader.Table(tied ? "vae.encoder.table" : "vae.item.table", n_items, latent);
  model->item_bias_ = reader.ItemBias("vae.item.bias", n_items, model->own_bias_);
  VITRINE_RETURN_IF_ERROR(reader.status());
  model->mean_ = {both.weight.First(latent), both.bias.first(latent)};
  return std::unique_ptr<Model>(std::move(model));
}

std::vector<float> RecVaeModel::EncodeMany(std::span<const History> histories) const {
  const size_t n = histories.size();
  std::vector<float> out = SumProfiles(profile_, histories, encoder_table_);
  std::vector<float> skips(out.size());  // all layers' outputs so far
  AddToRows(encoder_bias_, out, n);
  for (size_t i = 0; i < norms_.size(); ++i) {
    if (i > 0) {
      out = layers_[i - 1].Apply(out, n);
      Axpy(1, skips.data(), out.data(), out.size());
    }
    for (float& value : out) value = Swish{}(value);
    norms_[i].Apply(kNormEpsilon, out, n);
    Axpy(1, out.data(), skips.data(), out.size());
  }
  return mean_.Apply(out, n);
}

}  // namespace vitrine
