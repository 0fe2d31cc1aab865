// The body of recvae_train.h; included by the one file per backend that instantiates it.
#ifndef VITRINE_MODELS_RECVAE_TRAIN_INL_H_
#define VITRINE_MODELS_RECVAE_TRAIN_INL_H_

#include <cmath>

#include "layers/dense.h"
#include "layers/elementwise.h"
#include "math/activations.h"
#include "models/recvae_train.h"

namespace vitrine {

inline constexpr double kRecVaeNormEpsilon = 0.1;  // as the authors' code has it

// The composite prior: a standard normal, the old encoder's belief of the same shopper, and a wide
// normal, mixed for each latent dimension by itself.
template <class T>
struct CompositePrior {
  static constexpr T kWideLogVariance = T(10);

  // log p(z), and its derivative by z.
  VITRINE_HD static T LogDensity(T z, T old_mean, T old_log_variance, T* derivative) {
    const T weights[3] = {T(3.0 / 20), T(3.0 / 4), T(1.0 / 10)};
    const T means[3] = {T{0}, old_mean, T{0}};
    const T log_variances[3] = {T{0}, old_log_variance, kWideLogVariance};
    constexpr T kLogTau = T(1.8378770664093453);
    T logs[3], slopes[3];
    T max = 0;
    for (int k = 0; k < 3; ++k) {
      const T precision = std::exp(-log_variances[k]);
      const T off = z - means[k];
      logs[k] =
          std::log(weights[k]) - T(0.5) * (kLogTau + log_variances[k] + off * off * precision);
      slopes[k] = -off * precision;
      if (k == 0 || logs[k] > max) max = logs[k];
    }
    T sum = 0, slope = 0;
    for (int k = 0; k < 3; ++k) {
      const T part = std::exp(logs[k] - max);
      sum += part;
      slope += part * slopes[k];
    }
    *derivative = slope / sum;
    return max + std::log(sum);
  }
};

// One sample of the divergence of row r, and its gradient by z and by the log variance.
template <class T>
struct CompositeDivergence {
  BasicMatrixView<const T> stats, old_stats;  // n x 2 latent
  BasicMatrixView<const T> z;
  const float* weights;
  T scale;  // of the gradients
  BasicMatrixView<T> kl, d_z, d_variance;
  VITRINE_HD void operator()(size_t r) const {
    constexpr T kLogTau = T(1.8378770664093453);
    const size_t latent = z.cols;
    const T weight = static_cast<T>(weights[r]);
    T sum = 0;
    for (size_t c = 0; c < latent; ++c) {
      const T log_variance = stats(r, latent + c);
      const T off = z(r, c) - stats(r, c);
      // z is mean + noise * deviation, so this density changes with the log variance alone.
      sum -= T(0.5) * (kLogTau + log_variance + off * off * std::exp(-log_variance));
      T slope = 0;
      sum -=
          CompositePrior<T>::LogDensity(z(r, c), old_stats(r, c), old_stats(r, latent + c), &slope);
      d_z(r, c) += scale * weight * -slope;
      d_variance(r, c) = scale * weight * T(-0.5);
    }
    kl(r, 0) = weight * sum;
  }
};

template <class T>
struct ReparametrisedGradient {
  BasicMatrixView<const T> stats, z, d_z, d_variance;
  BasicMatrixView<T> d_stats;
  VITRINE_HD void operator()(size_t r, size_t c) const {
    d_stats(r, c) = d_z(r, c);
    d_stats(r, z.cols + c) = T(0.5) * d_z(r, c) * (z(r, c) - stats(r, c)) + d_variance(r, c);
  }
};

template <class B>
void RecVaeEncode(B& backend, const RecVaeShape& shape, const CsrView& input,
                  const RecVaeEncoder<B>& p, RecVaeEncoderActivations<B>& a) {
  using T = typename B::Scalar;
  using View = BasicMatrixView<T>;
  const auto rows = [&](auto& m) { return View(m).Rows(0, input.rows); };
  for (size_t i = 0; i < shape.layers; ++i) {
    const View sum = rows(a.sums[i]);
    if (i == 0) {
      SparseDenseForward<B, Identity, T>(backend, input, p.table, p.bias, Identity{}, sum);
    } else {
      DenseForward<B, Identity, T>(backend, rows(a.outs[i - 1]), p.weights[i - 1], p.biases[i - 1],
                                   Identity{}, sum);
    }
    for (size_t j = 0; j < i; ++j) {
      AddScaled<B, T>(backend, T{1}, sum, T{1}, rows(a.outs[j]), sum);
    }
    const View activated = rows(a.activated);
    ActivationForward<B, Swish, T>(backend, sum, Swish{}, activated);
    LayerNormForward<B, T>(backend, activated, p.gains[i], p.shifts[i],
                           static_cast<T>(kRecVaeNormEpsilon),
                           {rows(a.normals[i]), rows(a.inverses[i])}, rows(a.outs[i]));
  }
  DenseForward<B, Identity, T>(backend, rows(a.outs.back()), p.latent_weight, p.latent_bias,
                               Identity{}, rows(a.stats));
}

// Fills `g` from a.d_stats.
template <class B>
void RecVaeEncoderBackward(B& backend, const RecVaeShape& shape, const RecVaeBatch& batch,
                           const RecVaeEncoder<B>& p, RecVaeEncoderActivations<B>& a,
                           RecVaeEncoder<B>& g) {
  using T = typename B::Scalar;
  using View = BasicMatrixView<T>;
  const size_t n = batch.input.rows;
  const auto rows = [&](auto& m) { return View(m).Rows(0, n); };
  for (size_t i = 0; i + 1 < shape.layers; ++i) {
    AddScaled<B, T>(backend, T{0}, rows(a.outs[i]), T{0}, rows(a.outs[i]), rows(a.d_outs[i]));
  }
  DenseBackwardParams<B, T>(backend, rows(a.d_stats), rows(a.outs.back()), g.latent_weight,
                            g.latent_bias);
  DenseBackwardInput<B, T>(backend, rows(a.d_stats), p.latent_weight, rows(a.d_outs.back()));
  for (size_t i = shape.layers; i-- > 0;) {
    const View d = rows(a.d_outs[i]);
    const LayerNormState<T> norm = {rows(a.normals[i]), rows(a.inverses[i])};
    LayerNormBackwardParams<B, T>(backend, d, norm, rows(a.scratch), g.gains[i], g.shifts[i]);
    LayerNormBackwardInput<B, T>(backend, d, p.gains[i], norm, d);
    ActivationBackwardAt<B, Swish, T>(backend, rows(a.sums[i]), Swish{}, d);
    for (size_t j = 0; j < i; ++j) {
      AddScaled<B, T>(backend, T{1}, rows(a.d_outs[j]), T{1}, d, rows(a.d_outs[j]));
    }
    if (i == 0) {
      SparseDenseBackwardParams<B, T>(backend, batch.input_transposed, d, g.table, g.bias);
    } else {
      DenseBackwardParams<B, T>(backend, d, rows(a.outs[i - 1]), g.weights[i - 1], g.biases[i - 1]);
      backend.Gemm(Trans::kNo, Trans::kNo, T{1}, d, p.weights[i - 1], T{1}, rows(a.d_outs[i - 1]));
    }
  }
}

// z, the logits and the loss; the logits become their gradient.
template <class B>
void RecVaeDecode(B& backend, const RecVaeShape& shape, const RecVaeBatch& batch,
                  const RecVaeParams<B>& params, RecVaeActivations<B>& act) {
  using T = typename B::Scalar;
  using View = BasicMatrixView<T>;
  const size_t n = batch.input.rows;
  const auto rows = [&](auto& m) { return View(m).Rows(0, n); };
  backend.ForEach(n, shape.latent,
                  SampleGaussian<T>{rows(act.encoder.stats), rows(act.z), batch.noise});
  const auto& table = shape.tied ? params.encoder.table : params.item_table;
  DenseForward<B, Identity, T>(backend, rows(act.z), table, params.item_bias, Identity{},
                               rows(act.logits));
  backend.SoftmaxCrossEntropy(batch.target, T{1} / static_cast<T>(n), rows(act.logits),
                              rows(act.loss));
}

template <class B>
void RecVaeEncoderStep(B& backend, const RecVaeShape& shape, const RecVaeBatch& batch,
                       const RecVaeParams<B>& params, const RecVaeEncoder<B>& old,
                       RecVaeActivations<B>& act, RecVaeParams<B>& grads) {
  using T = typename B::Scalar;
  using View = BasicMatrixView<T>;
  const size_t n = batch.input.rows;
  const auto rows = [&](auto& m) { return View(m).Rows(0, n); };
  RecVaeEncode<B>(backend, shape, batch.whole, old, act.old_encoder);
  RecVaeEncode<B>(backend, shape, batch.input, params.encoder, act.encoder);
  RecVaeDecode<B>(backend, shape, batch, params, act);

  const auto& table = shape.tied ? params.encoder.table : params.item_table;
  const View stats = rows(act.encoder.stats), z = rows(act.z), d_z = rows(act.d_z);
  DenseBackwardInput<B, T>(backend, rows(act.logits), table, d_z);
  backend.ForEachRow(
      n, 64 * shape.latent,
      CompositeDivergence<T>{stats, rows(act.old_encoder.stats), z, batch.kl_weights,
                             T{1} / static_cast<T>(n), rows(act.kl), d_z, rows(act.d_variance)});
  backend.ForEach(
      n, shape.latent,
      ReparametrisedGradient<T>{stats, z, d_z, rows(act.d_variance), rows(act.encoder.d_stats)});
  RecVaeEncoderBackward<B>(backend, shape, batch, params.encoder, act.encoder, grads.encoder);
  if (shape.tied) {
    backend.Gemm(Trans::kYes, Trans::kNo, T{1}, rows(act.logits), z, T{1}, grads.encoder.table);
  }
}

template <class B>
void RecVaeDecoderStep(B& backend, const RecVaeShape& shape, const RecVaeBatch& batch,
                       const RecVaeParams<B>& params, RecVaeActivations<B>& act,
                       RecVaeParams<B>& grads) {
  using T = typename B::Scalar;
  using View = BasicMatrixView<T>;
  const auto rows = [&](auto& m) { return View(m).Rows(0, batch.input.rows); };
  RecVaeEncode<B>(backend, shape, batch.input, params.encoder, act.encoder);
  RecVaeDecode<B>(backend, shape, batch, params, act);
  DenseBackwardParams<B, T>(backend, rows(act.logits), rows(act.z),
                            shape.tied ? grads.encoder.table : grads.item_table, grads.item_bias);
}

}  // namespace vitrine

#endif  // VITRINE_MODELS_RECVAE_TRAIN_INL_H_
