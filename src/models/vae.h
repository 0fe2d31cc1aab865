// Mult-VAE at inference: history -> encoder mean -> decoder -> a score per item.
#ifndef VITRINE_MODELS_VAE_H_
#define VITRINE_MODELS_VAE_H_

#include <memory>

#include "features/profile.h"
#include "models/factor_model.h"
#include "models/layer_reader.h"

namespace vitrine {

class VaeModel : public FactorModel {
 public:
  // Tensors "vae.*" and metadata "vae.hidden", "vae.latent", "profile.*"; see FORMAT.md.
  static Result<std::unique_ptr<Model>> Read(const TensorFile& file, size_t n_items);

  std::string_view name() const override { return "vae"; }
  std::vector<float> EncodeMany(std::span<const History> histories) const override;

 private:
  VaeModel() = default;

  ProfileOptions profile_;
  ItemTable encoder_table_;              // n_items x hidden
  std::span<const float> encoder_bias_;  // hidden
  DenseLayer mean_;                      // latent x hidden: the first half of vae.latent
  DenseLayer decoder_;                   // hidden x latent
};

}  // namespace vitrine

#endif  // VITRINE_MODELS_VAE_H_
