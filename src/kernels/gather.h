// Weighted sums of a table's rows: the transposed product, with a vector that is 0 almost
// everywhere, such as a history over the catalogue.
#ifndef VITRINE_KERNELS_GATHER_H_
#define VITRINE_KERNELS_GATHER_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/table_rows.h"

namespace vitrine {

// sum[i] += weights[k] * (value first + i of row items[k]), over all k in their order, for
// i < sum.size(). `first` and sum.size() are multiples of kNarrowRowMultiple, of F32 rows of
// kRowMultiple.
void GatherRows(const TableRows& rows, std::span<const uint32_t> items,
                std::span<const float> weights, size_t first, std::span<float> sum);

}  // namespace vitrine

#endif  // VITRINE_KERNELS_GATHER_H_
