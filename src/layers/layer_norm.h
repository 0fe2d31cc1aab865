// Layer normalisation: Ba, Kiros and Hinton, 2016. Forward beside backward, over any backend.
#ifndef VITRINE_LAYERS_LAYER_NORM_H_
#define VITRINE_LAYERS_LAYER_NORM_H_

#include <cmath>

#include "backend/backend.h"
#include "core/rng.h"
#include "layers/elementwise.h"

namespace vitrine {

// What the forward leaves for the backward.
template <class T>
struct LayerNormState {
  BasicMatrixView<T> normal;             // n x dim: (in - mean) / deviation
  BasicMatrixView<T> inverse_deviation;  // n x 1
};

template <class T>
struct NormalizeRow {
  BasicMatrixView<const T> in;
  const T* gain;
  const T* bias;
  T epsilon;
  LayerNormState<T> state;
  BasicMatrixView<T> out;
  VITRINE_HD void operator()(size_t r) const {
    const T* x = in.Row(r);
    const auto n = static_cast<T>(in.cols);
    T mean = 0, square = 0;
    for (size_t c = 0; c < in.cols; ++c) mean += x[c];
    mean /= n;
    for (size_t c = 0; c < in.cols; ++c) square += (x[c] - mean) * (x[c] - mean);
    const T inverse = T{1} / std::sqrt(square / n + epsilon);
    state.inverse_deviation(r, 0) = inverse;
    for (size_t c = 0; c < in.cols; ++c) {
      const T normal = (x[c] - mean) * inverse;
      state.normal(r, c) = normal;
      out(r, c) = gain[c] * normal + bias[c];
    }
  }
};

template <class T>
struct NormalizeRowGradient {
  BasicMatrixView<const T> d_out;
  const T* gain;
  LayerNormState<T> state;
  BasicMatrixView<T> d_in;
  VITRINE_HD void operator()(size_t r) const {
    const T* d = d_out.Row(r);
    const T* normal = state.normal.Row(r);
    const auto n = static_cast<T>(d_out.cols);
    T mean = 0, along = 0;
    for (size_t c = 0; c < d_out.cols; ++c) {
      mean += d[c] * gain[c];
      along += d[c] * gain[c] * normal[c];
    }
    mean /= n;
    along /= n;
    const T inverse = state.inverse_deviation(r, 0);
    for (size_t c = 0; c < d_out.cols; ++c) {
      d_in(r, c) = inverse * (d[c] * gain[c] - mean - normal[c] * along);
    }
  }
};

// out (n x dim) = gain (1 x dim) * normalised in (n x dim) + bias (1 x dim).
template <class B, class T = typename B::Scalar>
void LayerNormForward(B& backend, const BasicMatrixView<const T>& in,
                      const BasicMatrixView<const T>& gain, const BasicMatrixView<const T>& bias,
                      T epsilon, const LayerNormState<T>& state, const BasicMatrixView<T>& out) {
  backend.ForEachRow(in.rows, 6 * in.cols,
                     NormalizeRow<T>{in, gain.data, bias.data, epsilon, state, out});
}

// d_in may be d_out.
template <class B, class T = typename B::Scalar>
void LayerNormBackwardInput(B& backend, const BasicMatrixView<const T>& d_out,
                            const BasicMatrixView<const T>& gain, const LayerNormState<T>& state,
                            const BasicMatrixView<T>& d_in) {
  backend.ForEachRow(d_out.rows, 6 * d_out.cols,
                     NormalizeRowGradient<T>{d_out, gain.data, state, d_in});
}

// `scratch` (n x dim) is written over.
template <class B, class T = typename B::Scalar>
void LayerNormBackwardParams(B& backend, const BasicMatrixView<const T>& d_out,
                             const LayerNormState<T>& state, const BasicMatrixView<T>& scratch,
                             const BasicMatrixView<T>& d_gain, const BasicMatrixView<T>& d_bias) {
  Multiply<B, T>(backend, d_out, state.normal, scratch);
  backend.SumRows(scratch, d_gain);
  backend.SumRows(d_out, d_bias);
}

}  // namespace vitrine

#endif  // VITRINE_LAYERS_LAYER_NORM_H_
