// Rows of a table times a vector: the scan over the whole catalogue behind every list.
#ifndef VITRINE_KERNELS_GEMV_H_
#define VITRINE_KERNELS_GEMV_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/matrix.h"
#include "kernels/activations.h"
#include "kernels/table_rows.h"

namespace vitrine {

// out[r] = <rows[r], x>. `rows` has padded rows (stride a multiple of kRowMultiple, padding 0);
// x holds rows.stride values, its padding any finite value.
void Gemv(ConstMatrixView rows, const float* x, float* out);

// Rows first + 0, 1, ... of a table, or first + which[0], which[1], ...
struct RowChoice {
  size_t first = 0;
  size_t count = 0;
  const uint32_t* which = nullptr;

  size_t operator[](size_t i) const { return first + (which == nullptr ? i : which[i]); }
};

// out[i] = <row choice[i], x> for i < choice.count. Of int8 and int4 rows it is the sum of whole
// numbers, which is exact, times (the row's scale * x.scale). `x` has rows.stride values, or more.
void GemvRows(const TableRows& rows, const RowChoice& choice, const Activations& x, float* out);

// out[i * stride + r] = <row r, xs[i]>, to the bit as GemvRows gives it.
void GemmRows(const TableRows& rows, std::span<const Activations> xs, float* out, size_t stride);

}  // namespace vitrine

#endif  // VITRINE_KERNELS_GEMV_H_
