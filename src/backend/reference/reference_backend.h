// The oracle: every call of the backend concept as an obvious loop in double precision. For tests.
#ifndef VITRINE_BACKEND_REFERENCE_REFERENCE_BACKEND_H_
#define VITRINE_BACKEND_REFERENCE_REFERENCE_BACKEND_H_

#include <algorithm>
#include <cmath>

#include "backend/backend.h"

namespace vitrine {

class ReferenceBackend {
 public:
  using Scalar = double;
  using Matrix = BasicMatrix<double>;
  using View = BasicMatrixView<double>;
  using ConstView = BasicMatrixView<const double>;

  void Gemm(Trans trans_a, Trans trans_b, double alpha, const ConstView& a, const ConstView& b,
            double beta, const View& out) {
    const size_t depth = trans_a == Trans::kYes ? a.rows : a.cols;
    for (size_t r = 0; r < out.rows; ++r) {
      for (size_t c = 0; c < out.cols; ++c) {
        double sum = 0;
        for (size_t i = 0; i < depth; ++i) {
          sum += (trans_a == Trans::kYes ? a(i, r) : a(r, i)) *
                 (trans_b == Trans::kYes ? b(c, i) : b(i, c));
        }
        out(r, c) = alpha * sum + (beta == 0 ? 0 : beta * out(r, c));
      }
    }
  }

  void SparseTimesDense(const CsrView& sparse, const ConstView& dense, const View& out) {
    for (size_t r = 0; r < out.rows; ++r) {
      for (size_t c = 0; c < out.cols; ++c) {
        double sum = 0;
        for (size_t i = 0; i < sparse.Row(r).size(); ++i) {
          sum += (sparse.values.empty() ? 1.0 : sparse.Values(r)[i]) * dense(sparse.Row(r)[i], c);
        }
        out(r, c) = sum;
      }
    }
  }

  template <class F>
  void ForEach(size_t rows, size_t cols, const F& f) {
    for (size_t r = 0; r < rows; ++r) {
      for (size_t c = 0; c < cols; ++c) f(r, c);
    }
  }

  template <class F>
  void ForEachRow(size_t rows, size_t, const F& f) {
    for (size_t r = 0; r < rows; ++r) f(r);
  }

  void SumRows(const ConstView& in, const View& out) {
    for (size_t c = 0; c < in.cols; ++c) {
      out(0, c) = 0;
      for (size_t r = 0; r < in.rows; ++r) out(0, c) += in(r, c);
    }
  }

  void SoftmaxCrossEntropy(const CsrView& targets, double scale, const View& logits,
                           const View& losses) {
    for (size_t r = 0; r < logits.rows; ++r) {
      double max = logits(r, 0), sum = 0, total = 0, loss = 0;
      for (size_t c = 0; c < logits.cols; ++c) max = std::max(max, logits(r, c));
      for (size_t c = 0; c < logits.cols; ++c) sum += std::exp(logits(r, c) - max);
      const double log_sum = max + std::log(sum);
      const auto items = targets.Row(r);
      const auto value = [&](size_t i) {
        return targets.values.empty() ? 1.0 : targets.Values(r)[i];
      };
      for (size_t i = 0; i < items.size(); ++i) {
        total += value(i);
        loss += value(i) * (log_sum - logits(r, items[i]));
      }
      losses(r, 0) = loss;
      for (size_t c = 0; c < logits.cols; ++c) {
        logits(r, c) = scale * total * std::exp(logits(r, c) - log_sum);
      }
      for (size_t i = 0; i < items.size(); ++i) logits(r, items[i]) -= scale * value(i);
    }
  }
};

static_assert(Backend<ReferenceBackend>);

}  // namespace vitrine

#endif  // VITRINE_BACKEND_REFERENCE_REFERENCE_BACKEND_H_
