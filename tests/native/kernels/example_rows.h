// Rows of every type, whose numbers are known, and a way to run kernels on every SIMD target.
#ifndef VITRINE_TESTS_NATIVE_KERNELS_EXAMPLE_ROWS_H_
#define VITRINE_TESTS_NATIVE_KERNELS_EXAMPLE_ROWS_H_

#include <gtest/gtest.h>

#include <Eigen/Core>
#include <cstring>
#include <vector>

#include "core/rng.h"
#include "hwy/targets.h"
#include "kernels/table_rows.h"

namespace vitrine {

// Runs `body` once per SIMD target.
template <class Body>
void OnEveryTarget(const Body& body) {
  for (const int64_t target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    SCOPED_TRACE(hwy::TargetName(target));
    body();
  }
  hwy::SetSupportedTargetsForTest(0);
}

inline constexpr RowType kRowTypes[] = {RowType::kF32, RowType::kF16, RowType::kInt8,
                                        RowType::kInt4};

// Random whole numbers as rows of `type`, without a scale within [-7, 7] (kInt4) or [-127, 127].
// The first row has the largest of them alone; the last one the smallest.
class ExampleRows {
 public:
  ExampleRows(RowType type, size_t n_rows, size_t dim, uint64_t seed = 1)
      : dim_(dim), numbers_(n_rows * dim) {
    Rng rng(seed, dim);
    const int largest = type == RowType::kInt4 ? 7 : 127;
    for (size_t r = 0; r < n_rows; ++r) {
      for (size_t c = 0; c < dim; ++c) {
        const int drawn = static_cast<int>(rng.Below(static_cast<uint32_t>(2 * largest + 1)));
        numbers_[r * dim + c] = r == 0 ? largest : r + 1 == n_rows ? -largest : drawn - largest;
      }
      scales_.push_back(0.25f * static_cast<float>(r % 5 + 1));
    }
    const size_t stride = type == RowType::kF32 ? PaddedDim(dim) : PaddedNarrowDim(dim);
    rows_ = {type, nullptr, n_rows, stride, scales_.data()};
    bytes_.assign(n_rows * rows_.RowBytes(), type == RowType::kInt4 ? 0x88 : 0);
    for (size_t r = 0; r < n_rows; ++r) {
      for (size_t c = 0; c < dim; ++c) Store(r, c);
    }
    rows_.data = bytes_.data();
  }

  void Set(size_t r, size_t c, int number) {
    numbers_[r * dim_ + c] = number;
    Store(r, c);
  }

  const TableRows& rows() const { return rows_; }
  int Number(size_t r, size_t c) const { return c < dim_ ? numbers_[r * dim_ + c] : 0; }
  double Value(size_t r, size_t c) const {
    return rows_.IsWhole() ? static_cast<double>(scales_[r]) * Number(r, c) : Number(r, c);
  }

 private:
  void Store(size_t r, size_t c) {
    uint8_t* row = bytes_.data() + r * rows_.RowBytes();
    const int number = Number(r, c);
    if (rows_.type == RowType::kInt8) {
      row[c] = static_cast<uint8_t>(number);
    } else if (rows_.type == RowType::kInt4) {
      uint8_t& pair = row[c / 32 * 16 + c % 16];
      const auto half = static_cast<uint8_t>(number + 8);
      pair = static_cast<uint8_t>(c % 32 < 16 ? (pair & 0xF0) | half : (pair & 0x0F) | half << 4);
    } else if (rows_.type == RowType::kF16) {
      const Eigen::half value(static_cast<float>(number));
      std::memcpy(row + 2 * c, &value, 2);
    } else {
      const auto value = static_cast<float>(number);
      std::memcpy(row + 4 * c, &value, 4);
    }
  }

  size_t dim_;
  std::vector<int> numbers_;
  std::vector<float> scales_;
  std::vector<uint8_t> bytes_;
  TableRows rows_;
};

// Random floats, padded with zeros to a multiple of kNarrowRowMultiple.
inline std::vector<float> ExampleVector(size_t dim, uint64_t seed = 9) {
  std::vector<float> x(PaddedNarrowDim(dim));
  Rng rng(seed, dim);
  for (size_t c = 0; c < dim; ++c) x[c] = rng.Normal();
  return x;
}

}  // namespace vitrine

#endif  // VITRINE_TESTS_NATIVE_KERNELS_EXAMPLE_ROWS_H_
