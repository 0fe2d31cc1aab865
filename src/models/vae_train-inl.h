// The body of vae_train.h; included by the one file per backend that instantiates it.
#ifndef VITRINE_MODELS_VAE_TRAIN_INL_H_
#define VITRINE_MODELS_VAE_TRAIN_INL_H_

#include "layers/dense.h"
#include "layers/gaussian.h"
#include "math/activations.h"
#include "models/adam_step.h"
#include "models/vae_train.h"

namespace vitrine {

template <class B>
void VaeForwardBackward(B& backend, const VaeBatch& batch, const VaeParams<B>& params,
                        VaeActivations<B>& act, VaeParams<B>& grads) {
  using T = typename B::Scalar;
  using View = BasicMatrixView<T>;
  const size_t n = batch.input.rows;
  const auto rows = [n](auto& m) { return View(m).Rows(0, n); };
  const View encoded = rows(act.encoded), d_encoded = rows(act.d_encoded);
  const View stats = rows(act.stats), d_stats = rows(act.d_stats);
  const View z = rows(act.z), d_z = rows(act.d_z);
  const View decoded = rows(act.decoded), d_decoded = rows(act.d_decoded);
  const View logits = rows(act.logits), loss = rows(act.loss), kl = rows(act.kl);
  const T scale = T{1} / static_cast<T>(n);

  // Forward.
  SparseDenseForward<B, Tanh, T>(backend, batch.input, params.encoder_table, params.encoder_bias,
                                 Tanh{}, encoded);
  DenseForward<B, Identity, T>(backend, encoded, params.latent_weight, params.latent_bias,
                               Identity{}, stats);
  GaussianForward<B, T>(backend, stats, batch.noise, z, kl);
  DenseForward<B, Tanh, T>(backend, z, params.decoder_weight, params.decoder_bias, Tanh{}, decoded);
  DenseForward<B, Identity, T>(backend, decoded, params.item_table, params.item_bias, Identity{},
                               logits);
  backend.SoftmaxCrossEntropy(batch.target, scale, logits, loss);

  // Backward, the same layers in reverse; logits now hold their gradient.
  DenseBackwardInput<B, T>(backend, logits, params.item_table, d_decoded);
  DenseBackwardParams<B, T>(backend, logits, decoded, grads.item_table, grads.item_bias);
  ActivationBackward<B, Tanh, T>(backend, decoded, Tanh{}, d_decoded);
  DenseBackwardInput<B, T>(backend, d_decoded, params.decoder_weight, d_z);
  DenseBackwardParams<B, T>(backend, d_decoded, z, grads.decoder_weight, grads.decoder_bias);
  GaussianBackward<B, T>(backend, stats, z, d_z, static_cast<T>(batch.kl_weight) * scale, d_stats);
  DenseBackwardInput<B, T>(backend, d_stats, params.latent_weight, d_encoded);
  DenseBackwardParams<B, T>(backend, d_stats, encoded, grads.latent_weight, grads.latent_bias);
  ActivationBackward<B, Tanh, T>(backend, encoded, Tanh{}, d_encoded);
  SparseDenseBackwardParams<B, T>(backend, batch.input_transposed, d_encoded, grads.encoder_table,
                                  grads.encoder_bias);
}

template <class B>
void VaeUpdate(B& backend, const Adam<typename B::Scalar>& adam, const VaeParams<B>& grads,
               VaeParams<B>& params, VaeParams<B>& mean, VaeParams<B>& square) {
  const auto step = [&](auto part) {
    StepAdam(backend, adam, grads.*part, params.*part, mean.*part, square.*part);
  };
  step(&VaeParams<B>::encoder_table);
  step(&VaeParams<B>::encoder_bias);
  step(&VaeParams<B>::latent_weight);
  step(&VaeParams<B>::latent_bias);
  step(&VaeParams<B>::decoder_weight);
  step(&VaeParams<B>::decoder_bias);
  step(&VaeParams<B>::item_table);
  step(&VaeParams<B>::item_bias);
}

}  // namespace vitrine

#endif  // VITRINE_MODELS_VAE_TRAIN_INL_H_
