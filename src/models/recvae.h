// RecVAE at inference: history -> dense-skip encoder -> mean -> linear decoder.
#ifndef VITRINE_MODELS_RECVAE_H_
#define VITRINE_MODELS_RECVAE_H_

#include <memory>
#include <vector>

#include "features/profile.h"
#include "models/factor_model.h"
#include "models/layer_reader.h"

namespace vitrine {

class RecVaeModel : public FactorModel {
 public:
  // Tensors and metadata "vae.*" with "vae.kind" recvae, and "profile.*"; see FORMAT.md.
  static Result<std::unique_ptr<Model>> Read(const TensorFile& file, size_t n_items);

  std::string_view name() const override { return "vae"; }
  std::vector<float> EncodeMany(std::span<const History> histories) const override;

 private:
  RecVaeModel() = default;

  ProfileOptions profile_;
  ItemTable encoder_table_;              // n_items x hidden
  std::span<const float> encoder_bias_;  // hidden
  std::vector<DenseLayer> layers_;       // hidden x hidden, of the second layer on
  std::vector<NormLayer> norms_;         // of every layer
  DenseLayer mean_;                      // latent x hidden: the first half of vae.latent
};

}  // namespace vitrine

#endif  // VITRINE_MODELS_RECVAE_H_
