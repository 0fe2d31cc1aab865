// Item tables times a vector: the scan over the whole catalogue behind every list.
#ifndef VITRINE_KERNELS_GEMV_H_
#define VITRINE_KERNELS_GEMV_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/aligned_buffer.h"
#include "core/matrix.h"

namespace vitrine {

// int8 rows are padded with zeros to a multiple of this many values, so no kernel has a tail.
inline constexpr size_t kInt8RowMultiple = 32;

constexpr size_t PaddedInt8Dim(size_t dim) { return RoundUp(dim, kInt8RowMultiple); }

// out[r] = <rows[r], x>. `rows` has padded rows (stride a multiple of kRowMultiple, padding 0);
// x holds rows.stride values, its padding any finite value.
void Gemv(ConstMatrixView rows, const float* x, float* out);

// Activations as 14-bit whole numbers, by one rule on every path, so that integer sums are equal on
// every machine: x[i] ~ scale * quantized[i], |quantized[i]| <= 8191. `quantized` has
// PaddedInt8Dim(x.size()) values; the padding becomes 0. Returns the scale (0 for a zero vector).
float QuantizeActivations(std::span<const float> x, int16_t* quantized);

// out[r] = row_scales[r] * x_scale * <rows[r], x>; the inner product is exact. `rows` has a stride
// of a multiple of kInt8RowMultiple; x holds rows.stride values.
void GemvInt8(BasicMatrixView<const int8_t> rows, const float* row_scales, const int16_t* x,
              float x_scale, float* out);

}  // namespace vitrine

#endif  // VITRINE_KERNELS_GEMV_H_
