#include "models/vae.h"

#include <cmath>

#include "kernels/gemv.h"
#include "math/activations.h"

namespace vitrine {
namespace {

// A bias is stored as a matrix of one padded row.
Result<std::span<const float>> ReadBias(const TensorFile& file, const char* name, size_t n) {
  VITRINE_ASSIGN_OR_RETURN(const ConstMatrixView bias, file.MatrixOf<float>(name, 1, n));
  return std::span<const float>(bias.data, n);
}

// Weights that Gemv may read by whole rows.
Result<ConstMatrixView> ReadWeight(const TensorFile& file, const char* name, size_t rows,
                                   size_t cols) {
  VITRINE_ASSIGN_OR_RETURN(const ConstMatrixView weight, file.MatrixOf<float>(name, rows, cols));
  if (weight.stride != PaddedDim(cols)) {
    return Error{ErrorCode::kBadFormat, file.name() + ": rows of '" + name +
                                            "' are not padded to " +
                                            std::to_string(PaddedDim(cols)) + " values"};
  }
  return weight;
}

// out = activation(weight * in + bias); `in` and `out` carry zero padding.
template <class Activation>
void Dense(ConstMatrixView weight, std::span<const float> bias, const float* in, Activation f,
           float* out) {
  Gemv(weight, in, out);
  for (size_t i = 0; i < bias.size(); ++i) out[i] = f(out[i] + bias[i]);
}

}  // namespace

Result<std::unique_ptr<Model>> VaeModel::Read(const TensorFile& file, size_t n_items) {
  std::unique_ptr<VaeModel> model(new VaeModel);
  VITRINE_ASSIGN_OR_RETURN(model->profile_, ProfileOptions::Read(file));
  VITRINE_ASSIGN_OR_RETURN(const int64_t hidden_value, file.Integer("vae.hidden"));
  VITRINE_ASSIGN_OR_RETURN(const int64_t latent_value, file.Integer("vae.latent"));
  constexpr int64_t kMaxWidth = 1 << 20;
  if (hidden_value < 1 || latent_value < 1 || hidden_value > kMaxWidth ||
      latent_value > kMaxWidth) {
    return Error{ErrorCode::kBadFormat, file.name() + ": impossible width of a layer"};
  }
  const auto hidden = static_cast<size_t>(hidden_value);
  const auto latent = static_cast<size_t>(latent_value);
  VITRINE_ASSIGN_OR_RETURN(model->encoder_table_,
                           ItemTable::Read(file, "vae.encoder.table", n_items, hidden));
  VITRINE_ASSIGN_OR_RETURN(model->encoder_bias_, ReadBias(file, "vae.encoder.bias", hidden));
  VITRINE_ASSIGN_OR_RETURN(const ConstMatrixView latent_weight,
                           ReadWeight(file, "vae.latent.weight", 2 * latent, hidden));
  model->mean_weight_ = latent_weight.Rows(0, latent);
  VITRINE_ASSIGN_OR_RETURN(const std::span<const float> latent_bias,
                           ReadBias(file, "vae.latent.bias", 2 * latent));
  model->mean_bias_ = latent_bias.first(latent);
  VITRINE_ASSIGN_OR_RETURN(model->decoder_weight_,
                           ReadWeight(file, "vae.decoder.weight", hidden, latent));
  VITRINE_ASSIGN_OR_RETURN(model->decoder_bias_, ReadBias(file, "vae.decoder.bias", hidden));
  VITRINE_ASSIGN_OR_RETURN(model->item_table_,
                           ItemTable::Read(file, "vae.item.table", n_items, hidden));
  VITRINE_ASSIGN_OR_RETURN(model->item_bias_, ReadBias(file, "vae.item.bias", n_items));
  return std::unique_ptr<Model>(std::move(model));
}

void VaeModel::Score(const History& history, std::span<float> scores) const {
  Profile profile;
  BuildProfile(profile_, history, n_items(), profile);
  double square = 0;
  for (const float weight : profile.weights) square += static_cast<double>(weight) * weight;
  if (square > 0) {
    const auto inverse_norm = static_cast<float>(1.0 / std::sqrt(square));
    for (float& weight : profile.weights) weight *= inverse_norm;
  }

  const size_t hidden = item_table_.padded_dim();
  std::vector<float> encoded(hidden), mean(PaddedDim(mean_bias_.size())), decoded(hidden);
  encoder_table_.Accumulate(profile.items, profile.weights, encoded);
  for (size_t i = 0; i < encoder_bias_.size(); ++i) {
    encoded[i] = Tanh{}(encoded[i] + encoder_bias_[i]);
  }
  Dense(mean_weight_, mean_bias_, encoded.data(), Identity{}, mean.data());
  Dense(decoder_weight_, decoder_bias_, mean.data(), Tanh{}, decoded.data());
  item_table_.Multiply(decoded, scores);
  for (size_t i = 0; i < scores.size(); ++i) scores[i] += item_bias_[i];
}

}  // namespace vitrine
