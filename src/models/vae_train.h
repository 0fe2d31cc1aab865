// Mult-VAE's parameters, activations and one training step, over any backend.
// Liang, Krishnan, Hoffman and Jebara, "Variational autoencoders for collaborative filtering",
// 2018.
#ifndef VITRINE_MODELS_VAE_TRAIN_H_
#define VITRINE_MODELS_VAE_TRAIN_H_

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "core/csr.h"
#include "layers/gaussian.h"
#include "math/optimizers.h"

namespace vitrine {

struct VaeShape {
  size_t n_items = 0;
  size_t hidden = 600;
  size_t latent = 200;
};

// All that is learned. Also the form of its gradient and of Adam's two moments.
template <class B>
struct VaeParams {
  using Matrix = typename B::Matrix;
  Matrix encoder_table;   // n_items x hidden
  Matrix encoder_bias;    // 1 x hidden
  Matrix latent_weight;   // 2 latent x hidden: means, then log variances
  Matrix latent_bias;     // 1 x 2 latent
  Matrix decoder_weight;  // hidden x latent
  Matrix decoder_bias;    // 1 x hidden
  Matrix item_table;      // n_items x hidden
  Matrix item_bias;       // 1 x n_items

  explicit VaeParams(const VaeShape& s)
      : encoder_table(s.n_items, s.hidden),
        encoder_bias(1, s.hidden),
        latent_weight(2 * s.latent, s.hidden),
        latent_bias(1, 2 * s.latent),
        decoder_weight(s.hidden, s.latent),
        decoder_bias(1, s.hidden),
        item_table(s.n_items, s.hidden),
        item_bias(1, s.n_items) {}

  // Calls visit(name, matrix) for each part; the names are those of the model file.
  template <class Self, class Visit>
  static void ForEachPart(Self& self, const Visit& visit) {
    visit("vae.encoder.table", self.encoder_table);
    visit("vae.encoder.bias", self.encoder_bias);
    visit("vae.latent.weight", self.latent_weight);
    visit("vae.latent.bias", self.latent_bias);
    visit("vae.decoder.weight", self.decoder_weight);
    visit("vae.decoder.bias", self.decoder_bias);
    visit("vae.item.table", self.item_table);
    visit("vae.item.bias", self.item_bias);
  }
};

// Products whose gradient of the two tables is in memory at once: made, used, and overwritten by
// that of the next ones while it is still in the cache.
inline constexpr size_t kVaeSlice = 1024;

// Every buffer of a step, for up to `batch` shoppers. Gradients of activations have d_ names.
template <class B>
struct VaeActivations {
  using Matrix = typename B::Matrix;
  Matrix encoded, d_encoded;  // batch x hidden
  Matrix stats, d_stats;      // batch x 2 latent
  Matrix z, d_z;              // batch x latent
  Matrix decoded, d_decoded;  // batch x hidden
  Matrix logits;              // batch x n_items; becomes its own gradient
  Matrix loss;                // batch x 1: negative log likelihood
  Matrix kl;                  // batch x 1
  VaeParams<B> gradient;      // of the parameters; of what has n_items rows or columns, one slice

  VaeActivations(const VaeShape& s, size_t batch)
      : encoded(batch, s.hidden),
        d_encoded(batch, s.hidden),
        stats(batch, 2 * s.latent),
        d_stats(batch, 2 * s.latent),
        z(batch, s.latent),
        d_z(batch, s.latent),
        decoded(batch, s.hidden),
        d_decoded(batch, s.hidden),
        logits(batch, s.n_items),
        loss(batch, 1),
        kl(batch, 1),
        gradient({std::min(s.n_items, kVaeSlice), s.hidden, s.latent}) {}
};

// One batch of n shoppers. The input is normalised and has dropout applied; the target is whole.
struct VaeBatch {
  CsrView input;             // n x n_items
  CsrView input_transposed;  // n_items x n
  CsrView target;            // n x n_items
  GaussianNoise noise;
  float kl_weight = 0;  // beta
};

// Runs the batch forward and backward: fills act.loss, act.kl, and `grads` with the gradient of
// mean(loss + kl_weight * kl).
template <class B>
void VaeForwardBackward(B& backend, const VaeBatch& batch, const VaeParams<B>& params,
                        VaeActivations<B>& act, VaeParams<B>& grads);

// The same, and one Adam step of every parameter by its gradient, which is never whole in memory.
template <class B>
void VaeStep(B& backend, const VaeBatch& batch, const Adam<typename B::Scalar>& adam,
             VaeActivations<B>& act, VaeParams<B>& params, VaeParams<B>& mean,
             VaeParams<B>& square);

}  // namespace vitrine

#endif  // VITRINE_MODELS_VAE_TRAIN_H_
