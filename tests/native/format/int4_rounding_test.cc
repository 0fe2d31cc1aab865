#include "format/int4_rounding.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "core/rng.h"

namespace vitrine {
namespace {

constexpr size_t kCols = 40, kQueries = 300, kRows = 50;

// Vectors of three independent parts, seen through a mixture: columns go together.
Matrix CorrelatedVectors(size_t n, uint64_t seed) {
  Rng mixture(7, 0), rng(seed, 0);
  Matrix parts(3, kCols), vectors(n, kCols);
  for (size_t p = 0; p < 3; ++p) {
    for (size_t c = 0; c < kCols; ++c) parts(p, c) = mixture.Normal();
  }
  for (size_t r = 0; r < n; ++r) {
    for (size_t p = 0; p < 3; ++p) {
      const float weight = rng.Normal();
      for (size_t c = 0; c < kCols; ++c) vectors(r, c) += weight * parts(p, c);
    }
    for (size_t c = 0; c < kCols; ++c) vectors(r, c) += 0.1f * rng.Normal();
  }
  return vectors;
}

// The squares of what rounding changes in the products of `rows` with `vectors`.
double Changed(const Int4Rounding& rounding, const Matrix& rows, const Matrix& vectors) {
  double sum = 0;
  std::vector<int8_t> rounded(kCols);
  for (size_t r = 0; r < rows.rows(); ++r) {
    const float scale = rounding.Round({rows.Row(r), kCols}, rounded);
    for (size_t v = 0; v < vectors.rows(); ++v) {
      double off = 0;
      for (size_t c = 0; c < kCols; ++c) {
        EXPECT_LE(std::abs(rounded[c]), 7);
        off += static_cast<double>((rows(r, c) - scale * rounded[c]) * vectors(v, c));
      }
      sum += off * off;
    }
  }
  return sum;
}

TEST(Int4Rounding, ChangesProductsWithVectorsOfTheirKindByLess) {
  Matrix rows(kRows, kCols);
  Rng rng(3, 0);
  for (size_t r = 0; r < kRows; ++r) {
    for (size_t c = 0; c < kCols; ++c) rows(r, c) = rng.Normal();
  }
  const Matrix others = CorrelatedVectors(200, 2);  // not those that it was made for
  const Int4Rounding knowing(CorrelatedVectors(kQueries, 1), kCols), nearest({}, kCols);
  EXPECT_LT(Changed(knowing, rows, others), 0.5 * Changed(nearest, rows, others));
}

TEST(Int4Rounding, WithoutVectorsTakesTheNearest) {
  const std::vector<float> row = {7, -3.2f, 0.4f, 0, 6.6f};
  std::vector<int8_t> rounded(row.size());
  const float scale = Int4Rounding({}, row.size()).Round(row, rounded);
  for (size_t c = 0; c < row.size(); ++c) {
    EXPECT_LE(std::abs(row[c] - scale * rounded[c]), scale / 2 + 1e-6f) << c;
  }
}

TEST(Int4Rounding, ZerosStayZerosAndVectorsOfNoUseCountAsNone) {
  const Matrix zeros(4, kCols);
  const std::vector<float> row(kCols);
  std::vector<int8_t> rounded(kCols, 5);
  EXPECT_EQ(Int4Rounding(zeros, kCols).Round(row, rounded), 0);
  EXPECT_EQ(rounded, std::vector<int8_t>(kCols));
  EXPECT_EQ(Int4Rounding(CorrelatedVectors(9, 1), kCols).Round(row, rounded), 0);
  EXPECT_EQ(rounded, std::vector<int8_t>(kCols));
}

}  // namespace
}  // namespace vitrine
