// What a machine must be able to do for a model to train on it.
//
// A model is a function template over a backend; a backend is a class with the calls below; the
// math inside ForEach is a functor from math/ or one made of them. Each backend instantiates each
// model in one file of its own, so a missing one is a link error and never a silent detour.
//
// Views point into the backend's own memory. Nothing allocates and nothing fails during a step:
// shapes are checked when a batch is made.
#ifndef VITRINE_BACKEND_BACKEND_H_
#define VITRINE_BACKEND_BACKEND_H_

#include <concepts>
#include <cstddef>

#include "core/csr.h"
#include "core/matrix.h"

namespace vitrine {

enum class Trans : bool { kNo, kYes };

// Does nothing; stands for any functor in the concept below.
struct NoOp {
  void operator()(size_t, size_t) const {}
  void operator()(size_t) const {}
};

template <class B>
concept Backend = requires(B& backend, const BasicMatrixView<typename B::Scalar>& out,
                           const BasicMatrixView<const typename B::Scalar>& in,
                           const CsrView& sparse, typename B::Scalar scalar) {
  requires std::floating_point<typename B::Scalar>;
  // An owned matrix in the backend's memory: (rows, cols) makes zeros.
  requires std::constructible_from<typename B::Matrix, size_t, size_t>;

  // out = alpha * op(a) * op(b) + beta * out.
  backend.Gemm(Trans::kNo, Trans::kYes, scalar, in, in, scalar, out);
  // out (sparse.rows x dim) = sparse * in (sparse.cols x dim).
  backend.SparseTimesDense(sparse, in, out);
  // Calls f(r, c) for every place of a rows x cols matrix, in any order.
  backend.ForEach(size_t{}, size_t{}, NoOp{});
  // Calls f(r) for every row, in any order; each takes about `cost` operations.
  backend.ForEachRow(size_t{}, size_t{}, NoOp{});
  // out (1 x cols) = the sum of the rows of `in`.
  backend.SumRows(in, out);
  // Per row r of `out` (logits) against targets t = sparse.Row(r) with values v:
  // losses(r, 0) = -sum_t v_t log softmax(logits)_t, and the row becomes
  // scale * d loss / d logits = scale * (softmax(logits) * sum_t v_t - v).
  backend.SoftmaxCrossEntropy(sparse, scalar, out, out);
};

}  // namespace vitrine

#endif  // VITRINE_BACKEND_BACKEND_H_
