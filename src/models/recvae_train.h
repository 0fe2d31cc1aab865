// RecVAE's parameters, activations and its two training steps, over any backend: a deep encoder
// with dense skips, a linear decoder, and a prior that remembers the encoder of the epoch before.
// Shenbin, Alekseev, Tutubalina, Malykh and Nikolenko, "RecVAE: a new variational autoencoder for
// top-N recommendations with implicit feedback", WSDM 2020.
#ifndef VITRINE_MODELS_RECVAE_TRAIN_H_
#define VITRINE_MODELS_RECVAE_TRAIN_H_

#include <cstdint>
#include <string>
#include <vector>

#include "core/csr.h"
#include "layers/gaussian.h"
#include "layers/layer_norm.h"
#include "math/optimizers.h"

namespace vitrine {

struct RecVaeShape {
  size_t n_items = 0;
  size_t hidden = 600;
  size_t latent = 200;
  size_t layers = 5;  // of the encoder, the first of them sparse
  // Whether one table is the encoder's first layer and the decoder; latent == hidden then.
  bool tied = false;
};

template <class B>
struct RecVaeEncoder {
  using Matrix = typename B::Matrix;
  Matrix table, bias;                 // n_items x hidden, 1 x hidden
  std::vector<Matrix> weights;        // hidden x hidden, of the second layer on
  std::vector<Matrix> biases;         // 1 x hidden, likewise
  std::vector<Matrix> gains, shifts;  // 1 x hidden: of every layer's norm
  Matrix latent_weight;               // 2 latent x hidden: means, then log variances
  Matrix latent_bias;                 // 1 x 2 latent

  explicit RecVaeEncoder(const RecVaeShape& s)
      : table(s.n_items, s.hidden),
        bias(1, s.hidden),
        latent_weight(2 * s.latent, s.hidden),
        latent_bias(1, 2 * s.latent) {
    for (size_t i = 0; i < s.layers; ++i) {
      gains.emplace_back(1, s.hidden);
      shifts.emplace_back(1, s.hidden);
      if (i == 0) continue;
      weights.emplace_back(s.hidden, s.hidden);
      biases.emplace_back(1, s.hidden);
    }
  }

  // Calls visit(name, matrix) for each part; the names are those of the model file.
  template <class Self, class Visit>
  static void ForEachPart(Self& self, const Visit& visit) {
    visit(std::string("vae.encoder.table"), self.table);
    visit(std::string("vae.encoder.bias"), self.bias);
    for (size_t i = 0; i < self.gains.size(); ++i) {
      const std::string prefix = "vae.encoder" + std::to_string(i);
      if (i > 0) {
        visit(prefix + ".weight", self.weights[i - 1]);
        visit(prefix + ".bias", self.biases[i - 1]);
      }
      visit(prefix + ".norm.gain", self.gains[i]);
      visit(prefix + ".norm.bias", self.shifts[i]);
    }
    visit(std::string("vae.latent.weight"), self.latent_weight);
    visit(std::string("vae.latent.bias"), self.latent_bias);
  }
};

template <class B>
struct RecVaeParams {
  using Matrix = typename B::Matrix;
  RecVaeEncoder<B> encoder;
  Matrix item_table;  // n_items x latent; empty where tied
  Matrix item_bias;   // 1 x n_items

  explicit RecVaeParams(const RecVaeShape& s)
      : encoder(s), item_table(s.tied ? 0 : s.n_items, s.latent), item_bias(1, s.n_items) {}

  template <class Self, class Visit>
  static void ForEachPart(Self& self, const Visit& visit) {
    RecVaeEncoder<B>::ForEachPart(self.encoder, visit);
    if (self.item_table.rows() > 0) visit(std::string("vae.item.table"), self.item_table);
    visit(std::string("vae.item.bias"), self.item_bias);
  }
};

// Every buffer of a pass through the encoder, for up to `batch` shoppers. Gradients have d_ names.
template <class B>
struct RecVaeEncoderActivations {
  using Matrix = typename B::Matrix;
  std::vector<Matrix> sums, outs, d_outs;  // batch x hidden: before swish, behind the norm
  std::vector<Matrix> normals, inverses;   // of the norms
  Matrix activated, scratch;               // batch x hidden
  Matrix stats, d_stats;                   // batch x 2 latent

  RecVaeEncoderActivations(const RecVaeShape& s, size_t batch)
      : activated(batch, s.hidden),
        scratch(batch, s.hidden),
        stats(batch, 2 * s.latent),
        d_stats(batch, 2 * s.latent) {
    for (size_t i = 0; i < s.layers; ++i) {
      for (auto* list : {&sums, &outs, &d_outs, &normals}) list->emplace_back(batch, s.hidden);
      inverses.emplace_back(batch, 1);
    }
  }
};

template <class B>
struct RecVaeActivations {
  using Matrix = typename B::Matrix;
  RecVaeEncoderActivations<B> encoder, old_encoder;
  Matrix z, d_z;      // batch x latent
  Matrix d_variance;  // batch x latent: of the divergence by the log variance alone
  Matrix logits;      // batch x n_items; becomes its own gradient
  Matrix loss;        // batch x 1: negative log likelihood
  Matrix kl;          // batch x 1, one sample of it, weighted

  RecVaeActivations(const RecVaeShape& s, size_t batch)
      : encoder(s, batch),
        old_encoder(s, batch),
        z(batch, s.latent),
        d_z(batch, s.latent),
        d_variance(batch, s.latent),
        logits(batch, s.n_items),
        loss(batch, 1),
        kl(batch, 1) {}
};

// One batch of n shoppers. Inputs are normalised; `input` has dropout applied, `whole` has not.
struct RecVaeBatch {
  CsrView input, input_transposed;  // n x n_items, n_items x n
  CsrView whole;                    // n x n_items
  CsrView target;                   // n x n_items
  GaussianNoise noise;
  const float* kl_weights = nullptr;  // n: of every shopper
};

// Fills act.loss, act.kl and `grads` with the gradient of mean(loss + kl) by the encoder's
// parameters; the decoder is left as it is, but for a tied table. `old` is the encoder of the epoch
// before.
template <class B>
void RecVaeEncoderStep(B& backend, const RecVaeShape& shape, const RecVaeBatch& batch,
                       const RecVaeParams<B>& params, const RecVaeEncoder<B>& old,
                       RecVaeActivations<B>& act, RecVaeParams<B>& grads);

// Fills act.loss and the decoder's part of `grads` with the gradient of mean(loss).
template <class B>
void RecVaeDecoderStep(B& backend, const RecVaeShape& shape, const RecVaeBatch& batch,
                       const RecVaeParams<B>& params, RecVaeActivations<B>& act,
                       RecVaeParams<B>& grads);

}  // namespace vitrine

#endif  // VITRINE_MODELS_RECVAE_TRAIN_H_
