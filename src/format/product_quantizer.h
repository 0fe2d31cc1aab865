// Product quantisation: the rows of a table as sums of entries of a codebook, a byte for each.
//
// The entries are as wide as the table, not a slice of it (additive quantisation: Babenko and
// Lempitsky, "Additive quantization for extreme vector compression", CVPR 2014): a list costs the
// same, and the error is lower. Learned as by Martinez et al., "LSQ++", ECCV 2018: least squares for
// the codebook, iterated conditional modes with perturbations for the codes.
#ifndef VITRINE_FORMAT_PRODUCT_QUANTIZER_H_
#define VITRINE_FORMAT_PRODUCT_QUANTIZER_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/matrix.h"

namespace vitrine {

// Row r ~ the sum over p < parts of codebook row p * entries + codes[r * parts + p].
struct ProductCodes {
  size_t parts = 0, entries = 0;
  std::vector<uint8_t> codes;
  Matrix codebook;  // parts * entries x cols
};

// A byte for each eight columns, in fours, 4 to 16 of them; 256 entries a part, and fewer where there
// are not twice as many rows. `weights`: how much the square error of each row counts. The same
// table gives the same codes on any number of threads.
ProductCodes QuantizeProducts(const ConstMatrixView& table, std::span<const float> weights);

}  // namespace vitrine

#endif  // VITRINE_FORMAT_PRODUCT_QUANTIZER_H_
