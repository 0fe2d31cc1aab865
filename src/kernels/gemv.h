// Rows of a table times a vector: the scan over the whole catalogue behind every list.
#ifndef VITRINE_KERNELS_GEMV_H_
#define VITRINE_KERNELS_GEMV_H_

#include <cstddef>

#include "core/matrix.h"
#include "kernels/activations.h"
#include "kernels/table_rows.h"

namespace vitrine {

// out[r] = <rows[r], x>. `rows` has padded rows (stride a multiple of kRowMultiple, padding 0);
// x holds rows.stride values, its padding any finite value.
void Gemv(ConstMatrixView rows, const float* x, float* out);

// out[i] = <row first + i, x> for i < count. Of int8 and int4 rows it is the sum of whole numbers,
// which is exact, times (the row's scale * x.scale). `x` has rows.stride values, or more.
void GemvRows(const TableRows& rows, size_t first, size_t count, const Activations& x, float* out);

}  // namespace vitrine

#endif  // VITRINE_KERNELS_GEMV_H_
