// The body of vae_train.h; included by the one file per backend that instantiates it.
#ifndef VITRINE_MODELS_VAE_TRAIN_INL_H_
#define VITRINE_MODELS_VAE_TRAIN_INL_H_

#include "layers/dense.h"
#include "layers/gaussian.h"
#include "math/activations.h"
#include "models/adam_step.h"
#include "models/vae_train.h"

namespace vitrine {

namespace vae_train {

template <class T>
struct CopyPlaces {
  BasicMatrixView<const T> in;
  BasicMatrixView<T> out;
  VITRINE_HD void operator()(size_t r, size_t c) const { out(r, c) = in(r, c); }
};

// Forward and backward. Calls take(part, gradient, place) as soon as the gradient of a place of a
// part of the parameters is there and those values have had their last use; place(matrix) is that
// place in a matrix of the part's shape. The gradient's memory is used again afterwards.
template <class B, class Take>
void Run(B& backend, const VaeBatch& batch, const VaeParams<B>& params, VaeActivations<B>& act,
         const Take& take) {
  using T = typename B::Scalar;
  using View = BasicMatrixView<T>;
  using Params = VaeParams<B>;
  const size_t n = batch.input.rows, n_items = batch.input.cols;
  const auto rows = [n](auto& m) { return View(m).Rows(0, n); };
  const View encoded = rows(act.encoded), d_encoded = rows(act.d_encoded);
  const View stats = rows(act.stats), d_stats = rows(act.d_stats);
  const View z = rows(act.z), d_z = rows(act.d_z);
  const View decoded = rows(act.decoded), d_decoded = rows(act.d_decoded);
  const View logits = rows(act.logits), loss = rows(act.loss), kl = rows(act.kl);
  Params& gradient = act.gradient;
  const T scale = T{1} / static_cast<T>(n);

  const auto take_whole = [&](auto part) {
    take(part, View(gradient.*part), [](auto& m) { return View(m); });
  };
  const auto for_slices = [n_items](const auto& body) {
    for (size_t first = 0; first < n_items; first += kVaeSlice) {
      body(first, std::min(kVaeSlice, n_items - first));
    }
  };

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
  for_slices([&](size_t first, size_t count) {
    const View d_table = View(gradient.item_table).Rows(0, count);
    const View d_bias = View(gradient.item_bias).Columns(0, count);
    DenseBackwardParams<B, T>(backend, logits.Columns(first, count), decoded, d_table, d_bias);
    take(&Params::item_table, d_table, [=](auto& m) { return View(m).Rows(first, count); });
    take(&Params::item_bias, d_bias, [=](auto& m) { return View(m).Columns(first, count); });
  });
  ActivationBackward<B, Tanh, T>(backend, decoded, Tanh{}, d_decoded);
  DenseBackwardInput<B, T>(backend, d_decoded, params.decoder_weight, d_z);
  DenseBackwardParams<B, T>(backend, d_decoded, z, gradient.decoder_weight, gradient.decoder_bias);
  GaussianBackward<B, T>(backend, stats, z, d_z, static_cast<T>(batch.kl_weight) * scale, d_stats);
  DenseBackwardInput<B, T>(backend, d_stats, params.latent_weight, d_encoded);
  DenseBackwardParams<B, T>(backend, d_stats, encoded, gradient.latent_weight,
                            gradient.latent_bias);
  ActivationBackward<B, Tanh, T>(backend, encoded, Tanh{}, d_encoded);
  backend.SumRows(d_encoded, gradient.encoder_bias);
  for (const auto part : {&Params::decoder_weight, &Params::decoder_bias, &Params::latent_weight,
                          &Params::latent_bias, &Params::encoder_bias}) {
    take_whole(part);
  }
  for_slices([&](size_t first, size_t count) {
    const View d_table = View(gradient.encoder_table).Rows(0, count);
    backend.SparseTimesDense(batch.input_transposed.Rows(first, count), d_encoded, d_table);
    take(&Params::encoder_table, d_table, [=](auto& m) { return View(m).Rows(first, count); });
  });
}

}  // namespace vae_train

template <class B>
void VaeForwardBackward(B& backend, const VaeBatch& batch, const VaeParams<B>& params,
                        VaeActivations<B>& act, VaeParams<B>& grads) {
  using T = typename B::Scalar;
  vae_train::Run(backend, batch, params, act,
                 [&](auto part, const BasicMatrixView<T>& gradient, const auto& place) {
                   backend.ForEach(gradient.rows, gradient.cols,
                                   vae_train::CopyPlaces<T>{gradient, place(grads.*part)});
                 });
}

template <class B>
void VaeStep(B& backend, const VaeBatch& batch, const Adam<typename B::Scalar>& adam,
             VaeActivations<B>& act, VaeParams<B>& params, VaeParams<B>& mean,
             VaeParams<B>& square) {
  using T = typename B::Scalar;
  vae_train::Run(backend, batch, params, act,
                 [&](auto part, const BasicMatrixView<T>& gradient, const auto& place) {
                   StepAdam(backend, adam, gradient, place(params.*part), place(mean.*part),
                            place(square.*part));
                 });
}

}  // namespace vitrine

#endif  // VITRINE_MODELS_VAE_TRAIN_INL_H_
