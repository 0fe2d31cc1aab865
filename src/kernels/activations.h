// The vector that a table is multiplied by, in the forms that its kernels read.
#ifndef VITRINE_KERNELS_ACTIVATIONS_H_
#define VITRINE_KERNELS_ACTIVATIONS_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace vitrine {

// Beside the floats, whole numbers of 14 bits, made by one rule on every path, so that sums of
// their products with int8 and int4 rows are equal on every machine:
//   floats[i] ~ scale * values[i],  |values[i]| <= 8127
//   values[i] = 128 * (digits[i] - 64) + rest[i],  1 <= digits[i] <= 127,  -64 <= rest[i] <= 63.
// The digits alone, of 7 bits without a sign, are what integer dot products of relaxed SIMD take.
struct Activations {
  // `x` is padded with zeros to a multiple of kNarrowRowMultiple, and borrowed. Unless `whole`, the
  // floats are all there is.
  Activations(std::span<const float> x, bool whole);

  std::span<const float> floats;
  float scale = 0;  // 0 for a vector of zeros
  std::vector<int16_t> values;
  std::vector<uint8_t> digits;
  int64_t sum = 0;         // of values
  int64_t digits_sum = 0;  // of digits, padding included
  float rest_norm = 0;     // Euclidean
};

}  // namespace vitrine

#endif  // VITRINE_KERNELS_ACTIVATIONS_H_
