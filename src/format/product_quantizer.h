// Product quantisation: the rows of a table as sums of entries of a codebook, a byte for each.
//
// The entries are as wide as the table, not a slice of it (additive quantisation: Babenko and
// Lempitsky, "Additive quantization for extreme vector compression", CVPR 2014): a list costs the
// same, and the error is lower. Learned as by Martinez et al., "LSQ++", ECCV 2018: least squares
// for the codebook, iterated conditional modes with perturbations for the codes.
#ifndef VITRINE_FORMAT_PRODUCT_QUANTIZER_H_
#define VITRINE_FORMAT_PRODUCT_QUANTIZER_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/matrix.h"

namespace vitrine {

// Row r ~ the sum over p < parts of codebook row p * kEntries + codes[r * parts + p].
struct ProductCodes {
  static constexpr size_t kEntries = 256;
  size_t parts = 0;
  std::vector<uint8_t> codes;
  Matrix codebook;  // parts * kEntries x cols
};

// A byte for each eight columns, in fours, 4 to 16 of them. Where there are not twice as many rows
// as a byte can name, some entries are all 0 and have no row. Least are made the square errors of
// products with `queries`, of the kind that the table will be multiplied with (none: of the rows),
// each row's counting by `weights`. The same table gives the same codes on any number of threads.
ProductCodes QuantizeProducts(const ConstMatrixView& table, std::span<const float> weights,
                              const ConstMatrixView& queries);

}  // namespace vitrine

#endif  // VITRINE_FORMAT_PRODUCT_QUANTIZER_H_
