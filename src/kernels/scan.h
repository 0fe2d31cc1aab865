// A list from a table and a vector in one pass: products, bias, rules and the best k of them, block
// by block, so that nothing as long as the catalogue is written.
#ifndef VITRINE_KERNELS_SCAN_H_
#define VITRINE_KERNELS_SCAN_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/activations.h"
#include "kernels/table_rows.h"
#include "kernels/top_k.h"

namespace vitrine {

// Integer kernels that a page may have beside those of the engine; none at first. They multiply
// with the digits of the activations alone, at twice the speed or more, and thereby tell which few
// rows are worth an exact product.
struct CoarseKernels {
  // sums[i] = the sum over c of (row i)[c] * digits[c], i < n_rows, a multiple of 4. Rows lie
  // row_bytes apart, a multiple of 32 (int8) or 16 (int4); int4 values count as stored, 0 .. 15.
  using Sums = void (*)(const uint8_t* rows, size_t row_bytes, size_t n_rows, const uint8_t* digits,
                        int32_t* sums);
  Sums int8 = nullptr;
  Sums int4 = nullptr;
};

// Puts `kernels` in the place of what was there, for tables that are read from then on; an empty
// one takes them out. Not while another thread scans.
void SetCoarseKernels(const CoarseKernels& kernels);

// What the bound of a coarse product has to know of each row. Empty where there is no kernel.
struct RowFacts {
  explicit RowFacts(const TableRows& rows);

  std::vector<int32_t> sums;  // of the row's whole numbers
  std::vector<float> norms;   // Euclidean, of the same
};

// Hands `best` the products of all rows with x, row i as item first_item + i, plus bias[i] where
// there is one. `x` is as GemvRows wants it, `facts` those of `rows`. The list is that of the exact
// products, to the bit, whether or not a coarse kernel took part.
void ScanRows(const TableRows& rows, const RowFacts& facts, const Activations& x, const float* bias,
              uint32_t first_item, BestItems& best);

// Rows of a block: their scores stay in the first cache, and the worst of the best so far rises
// soon enough.
inline constexpr size_t kScanBlock = 256;

// The same of the block that starts at row `first` alone, for many vectors to take turns: a block
// is then read from memory once for all of them.
void ScanBlock(const TableRows& rows, const RowFacts& facts, const Activations& x,
               const float* bias, size_t first, uint32_t first_item, BestItems& best);

}  // namespace vitrine

#endif  // VITRINE_KERNELS_SCAN_H_
