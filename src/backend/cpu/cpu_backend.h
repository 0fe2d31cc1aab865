// The backend on the machine's own processors: Eigen or OpenBLAS for dense products, kernels/ for
// the rest.
#ifndef VITRINE_BACKEND_CPU_CPU_BACKEND_H_
#define VITRINE_BACKEND_CPU_CPU_BACKEND_H_

#include <algorithm>

#include "backend/backend.h"
#include "backend/cpu/gemm.h"
#include "core/parallel.h"

namespace vitrine {

class CpuBackend {
 public:
  using Scalar = float;
  using Matrix = vitrine::Matrix;

  void Gemm(Trans trans_a, Trans trans_b, float alpha, const ConstMatrixView& a,
            const ConstMatrixView& b, float beta, const MatrixView& out) {
    vitrine::Gemm(trans_a, trans_b, alpha, a, b, beta, out);
  }

  void SparseTimesDense(const CsrView& sparse, const ConstMatrixView& dense, const MatrixView& out);

  template <class F>
  void ForEach(size_t rows, size_t cols, const F& f) {
    // Blocks of whole rows, or of columns where there are few rows; about 4,096 places at least.
    if (rows >= cols || rows >= 64) {
      ParallelFor(rows, std::max<size_t>(1, 4096 / std::max<size_t>(cols, 1)),
                  [&](size_t first, size_t last, size_t) {
                    for (size_t r = first; r < last; ++r) {
                      for (size_t c = 0; c < cols; ++c) f(r, c);
                    }
                  });
    } else {
      ParallelFor(cols, 4096, [&](size_t first, size_t last, size_t) {
        for (size_t r = 0; r < rows; ++r) {
          for (size_t c = first; c < last; ++c) f(r, c);
        }
      });
    }
  }

  template <class F>
  void ForEachRow(size_t rows, size_t cost, const F& f) {
    ParallelFor(rows, std::max<size_t>(1, 8192 / std::max<size_t>(cost, 1)),
                [&](size_t first, size_t last, size_t) {
                  for (size_t r = first; r < last; ++r) f(r);
                });
  }

  void SumRows(const ConstMatrixView& in, const MatrixView& out);
  void SoftmaxCrossEntropy(const CsrView& targets, float scale, const MatrixView& logits,
                           const MatrixView& losses);
};

static_assert(Backend<CpuBackend>);

}  // namespace vitrine

#endif  // VITRINE_BACKEND_CPU_CPU_BACKEND_H_
