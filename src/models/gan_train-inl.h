// The body of gan_train.h; included by the one file per backend that instantiates it.
#ifndef VITRINE_MODELS_GAN_TRAIN_INL_H_
#define VITRINE_MODELS_GAN_TRAIN_INL_H_

#include <cmath>

#include "layers/dense.h"
#include "layers/elementwise.h"
#include "math/activations.h"
#include "models/gan_train.h"

namespace vitrine {

// Of the discriminator's hidden layers.
inline constexpr LeakyRectifier kVerdictActivation{.slope = 0.2f};

template <class T>
struct FillNoise {
  GaussianNoise noise;
  BasicMatrixView<T> out;
  VITRINE_HD void operator()(size_t r, size_t c) const { out(r, c) = static_cast<T>(noise(r, c)); }
};

// What the discriminator is shown of real and generated behaviour, row by row, with the derivative
// of the latter by the logits, and the gradient of zero reconstruction.
template <class T>
struct ShowBehaviour {
  const uint64_t* offsets;  // of the real behaviour's rows in `items`
  const uint32_t* items;
  const uint64_t* condition_offsets;
  BasicMatrixView<const T> logits;
  GanWeights weights;  // without an adversary nothing is shown
  T scale;
  uint64_t seed, stream;
  BasicMatrixView<T> real, generated, slope, d_zero, zero_loss;

  VITRINE_HD void operator()(size_t r) const {
    const bool whole = condition_offsets[r] == condition_offsets[r + 1];
    const T* logit = logits.Row(r);
    T* is_real = real.Row(r);
    for (size_t c = 0; c < logits.cols; ++c) is_real[c] = T{0};
    for (uint64_t i = offsets[r]; i < offsets[r + 1]; ++i) is_real[items[i]] = T{1};
    const bool is_watched = weights.adversary > 0;
    const bool is_relaxed = is_watched && weights.temperature > 0;
    const T weight = static_cast<T>(weights.zero);
    T zero_loss_sum = 0;
    for (size_t first = 0; first < logits.cols; first += 4) {
      const uint64_t position = uint64_t{r} << 32 | first;
      const auto shares = RandomBits(seed, stream, position);
      const auto draws = is_relaxed ? RandomBits(seed, stream + 1, position) : shares;
      for (size_t i = 0; i < 4 && first + i < logits.cols; ++i) {
        const size_t c = first + i;
        const float share = ToUniform(shares[i]);
        const bool is_chosen = is_real[c] != T{0};
        const T chance = Logistic{}(logit[c]);
        T shown = 0, derivative = 0;
        if (is_watched && (whole || is_chosen || share < weights.masking)) {
          shown = chance;
          derivative = chance * (T{1} - chance);
          if (is_relaxed) {
            const float u = ToUniform(draws[i]);
            const T noise = static_cast<T>(std::log(u) - std::log1p(-u));
            const T sharpness = T{1} / static_cast<T>(weights.temperature);
            shown = Logistic{}((logit[c] + noise) * sharpness);
            derivative = sharpness * shown * (T{1} - shown);
          }
        }
        generated(r, c) = shown;
        slope(r, c) = derivative;
        T gradient = 0;
        if (!whole && !is_chosen && share > 1 - weights.masking) {
          zero_loss_sum += weight * chance * chance;
          gradient = scale * weight * T{2} * chance * chance * (T{1} - chance);
        }
        d_zero(r, c) = gradient;
      }
    }
    zero_loss(r, 0) = zero_loss_sum;
  }
};

// The loss of a verdict (`sign` 1: to be called real, -1: generated) and its gradient.
template <class T>
VITRINE_HD T VerdictLoss(GanLoss loss, T verdict, T sign, bool deceives, T& gradient) {
  const T margin = sign * verdict;
  if (loss == GanLoss::kCrossEntropy) {
    gradient = -sign * Logistic{}(-margin);
    return margin > T{0} ? std::log1p(std::exp(-margin)) : std::log1p(std::exp(margin)) - margin;
  }
  if (deceives) {
    gradient = -sign;
    return -margin;
  }
  gradient = margin < T{1} ? -sign : T{0};
  return margin < T{1} ? T{1} - margin : T{0};
}

template <class T>
struct JudgeVerdicts {
  GanLoss kind;
  size_t n_real;  // the first rows are of real behaviour
  bool deceives;  // whether the loss is the generator's: all are to be called real
  T scale;
  BasicMatrixView<const T> verdict;
  BasicMatrixView<T> loss, d_verdict;
  VITRINE_HD void operator()(size_t r, size_t) const {
    const T sign = deceives || r < n_real ? T{1} : T{-1};
    T gradient;
    loss(r, 0) = VerdictLoss(kind, verdict(r, 0), sign, deceives, gradient);
    d_verdict(r, 0) = scale * gradient;
  }
};

// d_logits = anchor * d_logits + slope * d_shown + d_zero.
template <class T>
struct MixGradients {
  T anchor;
  BasicMatrixView<const T> slope, d_shown, d_zero;
  BasicMatrixView<T> d_logits;
  VITRINE_HD void operator()(size_t r, size_t c) const {
    d_logits(r, c) = anchor * d_logits(r, c) + slope(r, c) * d_shown(r, c) + d_zero(r, c);
  }
};

// The layers behind the first, forward and backward, over the first n rows.
template <class B, class Hidden>
class GanLayersStep {
 public:
  using T = typename B::Scalar;
  using View = BasicMatrixView<T>;
  using Matrices = std::vector<typename B::Matrix>;

  GanLayersStep(B& backend, size_t n, const GanLayers<B>& layers, Hidden activation, Matrices& out,
                Matrices& d_out)
      : b_(backend), n_(n), p_(layers), activation_(activation), out_(out), d_out_(d_out) {}

  // From the first layer's product, which lacks its bias; `last_is_linear`: the last layer has no
  // activation.
  void Forward(bool last_is_linear) {
    const View first = Rows(out_[0]);
    b_.ForEach(n_, first.cols, AddBiasActivate<T, Hidden>{first, p_.biases[0].data(), activation_});
    for (size_t i = 1; i < out_.size(); ++i) {
      if (last_is_linear && i + 1 == out_.size()) {
        DenseForward<B, Identity, T>(b_, Rows(out_[i - 1]), p_.weights[i - 1], p_.biases[i],
                                     Identity{}, Rows(out_[i]));
      } else {
        DenseForward<B, Hidden, T>(b_, Rows(out_[i - 1]), p_.weights[i - 1], p_.biases[i],
                                   activation_, Rows(out_[i]));
      }
    }
  }

  // From the gradient in the last of d_out to that of the first layer's product. `grads` may be
  // null, where only the input's gradient is wanted.
  void Backward(bool last_is_linear, GanLayers<B>* grads) {
    for (size_t i = out_.size(); i-- > 0;) {
      if (!last_is_linear || i + 1 < out_.size()) {
        ActivationBackward<B, Hidden, T>(b_, Rows(out_[i]), activation_, Rows(d_out_[i]));
      }
      if (i == 0) break;
      if (grads != nullptr) {
        DenseBackwardParams<B, T>(b_, Rows(d_out_[i]), Rows(out_[i - 1]), grads->weights[i - 1],
                                  grads->biases[i]);
      }
      DenseBackwardInput<B, T>(b_, Rows(d_out_[i]), p_.weights[i - 1], Rows(d_out_[i - 1]));
    }
    if (grads != nullptr) b_.SumRows(Rows(d_out_[0]), grads->biases[0]);
  }

 private:
  View Rows(typename B::Matrix& m) const { return View(m).Rows(0, n_); }

  B& b_;
  const size_t n_;
  const GanLayers<B>& p_;
  const Hidden activation_;
  Matrices& out_;
  Matrices& d_out_;
};

template <class B>
void GanGenerate(B& backend, const GanShape& shape, const GanBatch& batch,
                 const GanGenerator<B>& generator, GanActivations<B>& act) {
  using T = typename B::Scalar;
  using View = BasicMatrixView<T>;
  const size_t n = batch.behaviour.rows;
  const View noise = View(act.noise).Rows(0, n), first = View(act.hidden[0]).Rows(0, n);
  backend.ForEach(n, noise.cols, FillNoise<T>{batch.noise, noise});
  if (shape.conditional) {
    backend.SparseTimesDense(batch.condition, generator.condition_table, first);
  }
  backend.Gemm(Trans::kNo, Trans::kYes, T{1}, noise, generator.noise_weight,
               T{shape.conditional ? 1.0f : 0.0f}, first);
  const GanActivation activation{shape.rectified};
  GanLayersStep<B, GanActivation>(backend, n, generator.layers, activation, act.hidden,
                                  act.d_hidden)
      .Forward(/*last_is_linear=*/false);
  DenseForward<B, Identity, T>(backend, View(act.hidden.back()).Rows(0, n), generator.item_table,
                               generator.item_bias, Identity{}, View(act.logits).Rows(0, n));
}

template <class B>
void GanShow(B& backend, const GanBatch& batch, const GanWeights& weights, GanActivations<B>& act) {
  using T = typename B::Scalar;
  using View = BasicMatrixView<T>;
  const size_t n = batch.behaviour.rows;
  const auto rows = [n](auto& m) { return View(m).Rows(0, n); };
  backend.ForEachRow(
      n, 64 * act.logits.cols(),
      ShowBehaviour<T>{batch.behaviour.offsets.data(), batch.behaviour.indices.data(),
                       batch.condition.offsets.data(), rows(act.logits), weights,
                       T{1} / static_cast<T>(n), batch.seed, batch.stream, rows(act.shown),
                       View(act.shown).Rows(n, n), rows(act.slope), rows(act.d_zero),
                       rows(act.zero_loss)});
}

// The verdicts on `shown`, into the last of act.verdicts.
template <class B>
void GanVerdicts(B& backend, const GanShape& shape, const CsrView& condition,
                 const BasicMatrixView<typename B::Scalar>& shown,
                 const GanDiscriminator<B>& discriminator, GanActivations<B>& act) {
  using T = typename B::Scalar;
  using View = BasicMatrixView<T>;
  const View first = View(act.verdicts[0]).Rows(0, shown.rows);
  if (shape.conditional) backend.SparseTimesDense(condition, discriminator.condition_table, first);
  backend.Gemm(Trans::kNo, Trans::kNo, T{1}, shown, discriminator.behaviour_table,
               T{shape.conditional ? 1.0f : 0.0f}, first);
  GanLayersStep<B, LeakyRectifier>(backend, shown.rows, discriminator.layers, kVerdictActivation,
                                   act.verdicts, act.d_verdicts)
      .Forward(/*last_is_linear=*/true);
}

template <class B>
void GanDiscriminatorStep(B& backend, const GanShape& shape, const GanBatch& batch,
                          const GanWeights& weights, const GanGenerator<B>& generator,
                          const GanDiscriminator<B>& discriminator, GanActivations<B>& act,
                          GanDiscriminator<B>& grads) {
  using T = typename B::Scalar;
  using View = BasicMatrixView<T>;
  const size_t n = batch.behaviour.rows;
  const auto both = [n](auto& m) { return View(m).Rows(0, 2 * n); };
  GanGenerate(backend, shape, batch, generator, act);
  GanShow(backend, batch, weights, act);
  GanVerdicts(backend, shape, batch.conditions_twice, both(act.shown), discriminator, act);
  backend.ForEach(
      2 * n, 1,
      JudgeVerdicts<T>{weights.loss, n, /*deceives=*/false, T{1} / static_cast<T>(n),
                       both(act.verdicts.back()), both(act.doubt), both(act.d_verdicts.back())});
  GanLayersStep<B, LeakyRectifier>(backend, 2 * n, discriminator.layers, kVerdictActivation,
                                   act.verdicts, act.d_verdicts)
      .Backward(/*last_is_linear=*/true, &grads.layers);
  const View d_first = both(act.d_verdicts[0]);
  backend.Gemm(Trans::kYes, Trans::kNo, T{1}, both(act.shown), d_first, T{0},
               grads.behaviour_table);
  if (shape.conditional) {
    backend.SparseTimesDense(batch.conditions_twice_transposed, d_first, grads.condition_table);
  }
}

template <class B>
void GanGeneratorStep(B& backend, const GanShape& shape, const GanBatch& batch,
                      const GanWeights& weights, const GanGenerator<B>& generator,
                      const GanDiscriminator<B>& discriminator, GanActivations<B>& act,
                      GanGenerator<B>& grads) {
  using T = typename B::Scalar;
  using View = BasicMatrixView<T>;
  const size_t n = batch.behaviour.rows;
  const auto rows = [n](auto& m) { return View(m).Rows(0, n); };
  const T scale = T{1} / static_cast<T>(n);
  const View logits = rows(act.logits), d_shown = rows(act.d_shown);
  GanGenerate(backend, shape, batch, generator, act);
  GanShow(backend, batch, weights, act);
  if (weights.adversary > 0) {
    GanVerdicts(backend, shape, batch.condition, View(act.shown).Rows(n, n), discriminator, act);
    const T weight = static_cast<T>(weights.adversary);
    backend.ForEach(
        n, 1,
        JudgeVerdicts<T>{weights.loss, 0, /*deceives=*/true, weight * scale,
                         rows(act.verdicts.back()), rows(act.deceit), rows(act.d_verdicts.back())});
    AddScaled<B, T>(backend, weight, rows(act.deceit), T{0}, rows(act.deceit), rows(act.deceit));
    GanLayersStep<B, LeakyRectifier>(backend, n, discriminator.layers, kVerdictActivation,
                                     act.verdicts, act.d_verdicts)
        .Backward(/*last_is_linear=*/true, nullptr);
    backend.Gemm(Trans::kNo, Trans::kYes, T{1}, rows(act.d_verdicts[0]),
                 discriminator.behaviour_table, T{0}, d_shown);
  }
  backend.SoftmaxCrossEntropy(batch.target, scale, logits, rows(act.loss));
  const T anchor = static_cast<T>(weights.anchor);
  AddScaled<B, T>(backend, anchor, rows(act.loss), T{0}, rows(act.loss), rows(act.loss));
  backend.ForEach(n, logits.cols,
                  MixGradients<T>{anchor, rows(act.slope), d_shown, rows(act.d_zero), logits});

  // Backward through the generator; logits hold their gradient.
  DenseBackwardParams<B, T>(backend, logits, rows(act.hidden.back()), grads.item_table,
                            grads.item_bias);
  DenseBackwardInput<B, T>(backend, logits, generator.item_table, rows(act.d_hidden.back()));
  GanLayersStep<B, GanActivation>(backend, n, generator.layers, GanActivation{shape.rectified},
                                  act.hidden, act.d_hidden)
      .Backward(/*last_is_linear=*/false, &grads.layers);
  const View d_first = rows(act.d_hidden[0]);
  backend.Gemm(Trans::kYes, Trans::kNo, T{1}, d_first, rows(act.noise), T{0}, grads.noise_weight);
  if (shape.conditional) {
    backend.SparseTimesDense(batch.condition_transposed, d_first, grads.condition_table);
  }
}

}  // namespace vitrine

#endif  // VITRINE_MODELS_GAN_TRAIN_INL_H_
