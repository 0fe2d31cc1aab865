#include "backend/cpu/cpu_backend.h"

#include <vector>

#include "kernels/vector_ops.h"

namespace vitrine {

void CpuBackend::SparseTimesDense(const CsrView& sparse, const ConstMatrixView& dense,
                                  const MatrixView& out) {
  ParallelForDynamic(out.rows, 16, [&](size_t first, size_t last) {
    for (size_t r = first; r < last; ++r) {
      std::fill_n(out.Row(r), out.stride, 0.0f);
      const auto items = sparse.Row(r);
      const auto values = sparse.Values(r);
      for (size_t i = 0; i < items.size(); ++i) {
        Axpy(values.empty() ? 1.0f : values[i], dense.Row(items[i]), out.Row(r), dense.stride);
      }
    }
  });
}

void CpuBackend::SumRows(const ConstMatrixView& in, const MatrixView& out) {
  constexpr size_t kGrain = 16 * kRowMultiple;
  ParallelFor(in.cols, kGrain, [&](size_t first, size_t last, size_t) {
    std::fill(out.data + first, out.data + last, 0.0f);
    for (size_t r = 0; r < in.rows; ++r) {
      const float* row = in.Row(r);
      for (size_t c = first; c < last; ++c) out.data[c] += row[c];
    }
  });
}

void CpuBackend::SoftmaxCrossEntropy(const CsrView& targets, float scale, const MatrixView& logits,
                                     const MatrixView& losses) {
  ParallelFor(logits.rows, 4, [&](size_t first, size_t last, size_t) {
    std::vector<float> target_logits;
    for (size_t r = first; r < last; ++r) {
      float* row = logits.Row(r);
      const auto items = targets.Row(r);
      const auto values = targets.Values(r);
      const auto value = [&](size_t i) { return values.empty() ? 1.0f : values[i]; };
      float total = 0;
      target_logits.resize(items.size());
      for (size_t i = 0; i < items.size(); ++i) {
        total += value(i);
        target_logits[i] = row[items[i]];
      }
      const float log_sum = SoftmaxInPlace(row, logits.cols, scale * total);
      double loss = 0;
      for (size_t i = 0; i < items.size(); ++i) {
        loss += static_cast<double>(value(i)) * (log_sum - target_logits[i]);
        row[items[i]] -= scale * value(i);
      }
      losses(r, 0) = static_cast<float>(loss);
    }
  });
}

}  // namespace vitrine
