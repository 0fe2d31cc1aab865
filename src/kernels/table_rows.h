// How rows of a table lie in memory, in each precision that a file may keep them in.
#ifndef VITRINE_KERNELS_TABLE_ROWS_H_
#define VITRINE_KERNELS_TABLE_ROWS_H_

#include <cstddef>
#include <cstdint>

#include "core/aligned_buffer.h"
#include "core/matrix.h"

namespace vitrine {

// F32 rows are padded to a multiple of kRowMultiple values, all others to a multiple of this many,
// always with zeros: no kernel has a tail.
inline constexpr size_t kNarrowRowMultiple = 32;

constexpr size_t PaddedNarrowDim(size_t dim) { return RoundUp(dim, kNarrowRowMultiple); }

enum class RowType : uint8_t {
  kF32,
  kF16,
  kInt8,  // value = scale of the row * q, q of -127 .. 127
  // value = scale of the row * q, q of -7 .. 7, stored as q + 8 in half a byte. Of each 32 values,
  // byte j has value j in its lower and value j + 16 in its upper half, so that a vector of bytes
  // becomes two vectors of values by one mask and one shift.
  kInt4,
};

// Row r starts at data + r * RowBytes() and holds `stride` values, padding included.
struct TableRows {
  RowType type = RowType::kF32;
  const uint8_t* data = nullptr;
  size_t rows = 0;
  size_t stride = 0;
  const float* scales = nullptr;  // of kInt8 and kInt4, one a row

  size_t RowBytes() const {
    return type == RowType::kInt4   ? stride / 2
           : type == RowType::kInt8 ? stride
           : type == RowType::kF16  ? stride * 2
                                    : stride * 4;
  }
  const uint8_t* Row(size_t r) const { return data + r * RowBytes(); }
  TableRows First(size_t count) const { return {type, data, count, stride, scales}; }
  bool IsWhole() const { return type == RowType::kInt8 || type == RowType::kInt4; }

  static TableRows Of(ConstMatrixView m) {
    return {RowType::kF32, reinterpret_cast<const uint8_t*>(m.data), m.rows, m.stride, nullptr};
  }
};

}  // namespace vitrine

#endif  // VITRINE_KERNELS_TABLE_ROWS_H_
