// The frequency branch of BSARec: a sequence's slow part and, rescaled, its fast part. Shin, Choi,
// Wi and Park, "An attentive inductive bias for sequential recommendation beyond the
// self-attention", AAAI 2024, section 4.1. Forward beside backward, over any backend.
//
// A sequence is seen as the end of a window of fixed length that is empty before it, so that the
// same filter holds for every length: the slow part at position t is sum_j kernel[|t - j|] x_j.
#ifndef VITRINE_LAYERS_FREQUENCY_H_
#define VITRINE_LAYERS_FREQUENCY_H_

#include <cmath>
#include <vector>

#include "backend/backend.h"
#include "core/rng.h"
#include "layers/attention.h"
#include "layers/elementwise.h"

namespace vitrine {

// kernel[d], d = 0 .. window - 1: the projection of a window onto its `kept` lowest frequencies
// (the mean is the first), as a function of the distance between two positions.
template <class T>
std::vector<T> LowPassKernel(size_t window, size_t kept) {
  constexpr double kTau = 6.283185307179586;
  std::vector<T> kernel(window);
  for (size_t d = 0; d < window; ++d) {
    double sum = 0;
    for (size_t k = 0; k < kept && 2 * k <= window; ++k) {
      const double wave = std::cos(kTau * static_cast<double>(k * d) / static_cast<double>(window));
      sum += k == 0 || 2 * k == window ? wave : 2 * wave;
    }
    kernel[d] = static_cast<T>(sum / static_cast<double>(window));
  }
  return kernel;
}

template <class T>
struct FilterRow {
  SequenceLayout layout;
  const T* kernel;
  const T* rescale;  // 1 x dim; squared, the weight of the fast part
  BasicMatrixView<const T> in;
  BasicMatrixView<T> fast;  // n_queries x dim
  BasicMatrixView<T> out;
  VITRINE_HD void operator()(size_t r) const {
    const size_t first = layout.First(r), t = layout.Position(r);
    T* slow = out.Row(r);
    for (size_t c = 0; c < in.cols; ++c) slow[c] = 0;
    for (size_t j = 0; j < layout.length; ++j) {
      const T weight = kernel[j < t ? t - j : j - t];
      const T* x = in.Row(first + j);
      for (size_t c = 0; c < in.cols; ++c) slow[c] += weight * x[c];
    }
    const T* x = in.Row(first + t);
    for (size_t c = 0; c < in.cols; ++c) {
      fast(r, c) = x[c] - slow[c];
      slow[c] += rescale[c] * rescale[c] * fast(r, c);
    }
  }
};

// Adds the gradient of an input row.
template <class T>
struct FilterRowGradient {
  SequenceLayout layout;
  const T* kernel;
  const T* rescale;
  BasicMatrixView<const T> d_out;
  BasicMatrixView<T> d_in;
  VITRINE_HD void operator()(size_t row) const {
    const size_t sequence = row / layout.length, j = row % layout.length;
    T* d = d_in.Row(row);
    for (size_t q = 0; q < layout.queries; ++q) {
      const size_t r = sequence * layout.queries + q;
      const size_t t = layout.Position(r);
      const T weight = kernel[j < t ? t - j : j - t];
      const T own = j == t ? T{1} : T{0};
      const T* d_row = d_out.Row(r);
      for (size_t c = 0; c < d_in.cols; ++c) {
        const T square = rescale[c] * rescale[c];
        d[c] += d_row[c] * (weight * (T{1} - square) + own * square);
      }
    }
  }
};

template <class T>
struct RescaleGradient {
  const T* rescale;
  BasicMatrixView<const T> d_out, fast;
  BasicMatrixView<T> out;
  VITRINE_HD void operator()(size_t r, size_t c) const {
    out(r, c) = T{2} * rescale[c] * d_out(r, c) * fast(r, c);
  }
};

// out (n_queries x dim) from in (n x dim); fills `fast`.
template <class B, class T = typename B::Scalar>
void FrequencyForward(B& backend, const SequenceLayout& layout, const T* kernel,
                      const BasicMatrixView<const T>& rescale, const BasicMatrixView<const T>& in,
                      const BasicMatrixView<T>& fast, const BasicMatrixView<T>& out) {
  backend.ForEachRow(out.rows, 2 * layout.length * in.cols,
                     FilterRow<T>{layout, kernel, rescale.data, in, fast, out});
}

// Adds to d_in (n x dim).
template <class B, class T = typename B::Scalar>
void FrequencyBackwardInput(B& backend, const SequenceLayout& layout, const T* kernel,
                            const BasicMatrixView<const T>& rescale,
                            const BasicMatrixView<const T>& d_out, const BasicMatrixView<T>& d_in) {
  backend.ForEachRow(d_in.rows, 4 * layout.queries * d_in.cols,
                     FilterRowGradient<T>{layout, kernel, rescale.data, d_out, d_in});
}

// `scratch` (n_queries x dim) is written over.
template <class B, class T = typename B::Scalar>
void FrequencyBackwardParams(B& backend, const BasicMatrixView<const T>& rescale,
                             const BasicMatrixView<const T>& d_out,
                             const BasicMatrixView<const T>& fast,
                             const BasicMatrixView<T>& scratch,
                             const BasicMatrixView<T>& d_rescale) {
  backend.ForEach(d_out.rows, d_out.cols, RescaleGradient<T>{rescale.data, d_out, fast, scratch});
  backend.SumRows(scratch, d_rescale);
}

}  // namespace vitrine

#endif  // VITRINE_LAYERS_FREQUENCY_H_
