// The backend on the machine's own processors: Eigen or OpenBLAS for dense products, kernels/ for
// the rest.
#ifndef VITRINE_BACKEND_CPU_CPU_BACKEND_H_
#define VITRINE_BACKEND_CPU_CPU_BACKEND_H_

#include <algorithm>

#include "backend/backend.h"
#include "backend/cpu/gemm.h"
#include "core/parallel.h"

// Compiled for each level of x86-64 and chosen when the program is loaded. No rounding depends on
// the level: products and sums are not contracted.
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__CUDACC__)
#define VITRINE_EVERY_LEVEL \
  __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default"), flatten))
#else
#define VITRINE_EVERY_LEVEL
#endif

namespace vitrine {

// f(r, c) for the places of rows [first_row, last_row) and columns [first_col, last_col).
template <class F>
VITRINE_EVERY_LEVEL void ForPlaces(size_t first_row, size_t last_row, size_t first_col,
                                   size_t last_col, const F& f) {
  for (size_t r = first_row; r < last_row; ++r) {
    for (size_t c = first_col; c < last_col; ++c) f(r, c);
  }
}

template <class F>
VITRINE_EVERY_LEVEL void ForRows(size_t first, size_t last, const F& f) {
  for (size_t r = first; r < last; ++r) f(r);
}

class CpuBackend {
 public:
  using Scalar = float;
  using Matrix = vitrine::Matrix;

  CpuBackend() = default;
  // Of dense products; kBf16 only where HasBf16().
  explicit CpuBackend(Precision precision) : precision_(precision) {}

  void Gemm(Trans trans_a, Trans trans_b, float alpha, const ConstMatrixView& a,
            const ConstMatrixView& b, float beta, const MatrixView& out) {
    vitrine::Gemm(trans_a, trans_b, alpha, a, b, beta, out, precision_);
  }

  void SparseTimesDense(const CsrView& sparse, const ConstMatrixView& dense, const MatrixView& out);

  template <class F>
  void ForEach(size_t rows, size_t cols, const F& f) {
    // Blocks of whole rows, or of columns where there are few rows; about 4,096 places at least.
    if (rows >= cols || rows >= 64) {
      ParallelFor(rows, std::max<size_t>(1, 4096 / std::max<size_t>(cols, 1)),
                  [&](size_t first, size_t last, size_t) { ForPlaces(first, last, 0, cols, f); });
    } else {
      ParallelFor(cols, 4096,
                  [&](size_t first, size_t last, size_t) { ForPlaces(0, rows, first, last, f); });
    }
  }

  template <class F>
  void ForEachRow(size_t rows, size_t cost, const F& f) {
    ParallelFor(rows, std::max<size_t>(1, 8192 / std::max<size_t>(cost, 1)),
                [&](size_t first, size_t last, size_t) { ForRows(first, last, f); });
  }

  void SumRows(const ConstMatrixView& in, const MatrixView& out);
  void SoftmaxCrossEntropy(const CsrView& targets, float scale, const MatrixView& logits,
                           const MatrixView& losses);

 private:
  Precision precision_ = Precision::kF32;
};

static_assert(Backend<CpuBackend>);

}  // namespace vitrine

#endif  // VITRINE_BACKEND_CPU_CPU_BACKEND_H_
