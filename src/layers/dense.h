// A dense layer, and one whose input is sparse: forward beside backward, over any backend.
//
// The backward is in two: the gradient of the input, and the gradient of the parameters. Per-row
// weights (of samples, of ranks, of clipped gradients) go in between, by ScaleRows on d_out.
#ifndef VITRINE_LAYERS_DENSE_H_
#define VITRINE_LAYERS_DENSE_H_

#include "backend/backend.h"
#include "core/rng.h"

namespace vitrine {

template <class T, class Activation>
struct AddBiasActivate {
  BasicMatrixView<T> out;
  const T* bias;
  Activation activation;
  VITRINE_HD void operator()(size_t r, size_t c) const {
    out(r, c) = activation(out(r, c) + bias[c]);
  }
};

template <class T, class Activation>
struct MultiplyDerivative {
  BasicMatrixView<T> d_out;
  BasicMatrixView<const T> out;
  Activation activation;
  VITRINE_HD void operator()(size_t r, size_t c) const {
    d_out(r, c) *= activation.Derivative(out(r, c));
  }
};

template <class T>
struct ScaleByRow {
  BasicMatrixView<T> out;
  const T* weights;
  VITRINE_HD void operator()(size_t r, size_t c) const { out(r, c) *= weights[r]; }
};

// out (n x dim_out) = activation(in (n x dim_in) * weight (dim_out x dim_in)^T + bias (1 x
// dim_out)).
template <class B, class Activation, class T = typename B::Scalar>
void DenseForward(B& backend, const BasicMatrixView<const T>& in,
                  const BasicMatrixView<const T>& weight, const BasicMatrixView<const T>& bias,
                  Activation activation, const BasicMatrixView<T>& out) {
  backend.Gemm(Trans::kNo, Trans::kYes, T{1}, in, weight, T{0}, out);
  backend.ForEach(out.rows, out.cols, AddBiasActivate<T, Activation>{out, bias.data, activation});
}

// d_in = d_out * weight; d_out is the gradient before the activation.
template <class B, class T = typename B::Scalar>
void DenseBackwardInput(B& backend, const BasicMatrixView<const T>& d_out,
                        const BasicMatrixView<const T>& weight, const BasicMatrixView<T>& d_in) {
  backend.Gemm(Trans::kNo, Trans::kNo, T{1}, d_out, weight, T{0}, d_in);
}

// d_weight = d_out^T * in, d_bias = the sum of d_out's rows.
template <class B, class T = typename B::Scalar>
void DenseBackwardParams(B& backend, const BasicMatrixView<const T>& d_out,
                         const BasicMatrixView<const T>& in, const BasicMatrixView<T>& d_weight,
                         const BasicMatrixView<T>& d_bias) {
  backend.Gemm(Trans::kYes, Trans::kNo, T{1}, d_out, in, T{0}, d_weight);
  backend.SumRows(d_out, d_bias);
}

// out (n x dim) = activation(in (n x n_items, sparse) * table (n_items x dim) + bias (1 x dim)).
template <class B, class Activation, class T = typename B::Scalar>
void SparseDenseForward(B& backend, const CsrView& in, const BasicMatrixView<const T>& table,
                        const BasicMatrixView<const T>& bias, Activation activation,
                        const BasicMatrixView<T>& out) {
  backend.SparseTimesDense(in, table, out);
  backend.ForEach(out.rows, out.cols, AddBiasActivate<T, Activation>{out, bias.data, activation});
}

// d_table = in^T * d_out, d_bias = the sum of d_out's rows. `in_transposed` (n_items x n) is sorted
// by construction, so each row's sum has one order and every run gives the same bits.
template <class B, class T = typename B::Scalar>
void SparseDenseBackwardParams(B& backend, const CsrView& in_transposed,
                               const BasicMatrixView<const T>& d_out,
                               const BasicMatrixView<T>& d_table,
                               const BasicMatrixView<T>& d_bias) {
  backend.SparseTimesDense(in_transposed, d_out, d_table);
  backend.SumRows(d_out, d_bias);
}

// d_out becomes the gradient before the activation, given the layer's output.
template <class B, class Activation, class T = typename B::Scalar>
void ActivationBackward(B& backend, const BasicMatrixView<const T>& out, Activation activation,
                        const BasicMatrixView<T>& d_out) {
  backend.ForEach(d_out.rows, d_out.cols,
                  MultiplyDerivative<T, Activation>{d_out, out, activation});
}

// Row r of `out` times weights[r].
template <class B, class T = typename B::Scalar>
void ScaleRows(B& backend, const T* weights, const BasicMatrixView<T>& out) {
  backend.ForEach(out.rows, out.cols, ScaleByRow<T>{out, weights});
}

}  // namespace vitrine

#endif  // VITRINE_LAYERS_DENSE_H_
