// Codes are near the rows that they stand for, nearer where it counts, and the same on any machine.
#include "format/product_quantizer.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/parallel.h"
#include "core/rng.h"

namespace vitrine {
namespace {

constexpr size_t kRows = 3000, kCols = 32;

// Rows around 50 centres, some directions of which are long.
Matrix ClusteredRows() {
  Matrix centres(50, kCols), rows(kRows, kCols);
  Rng rng(2, 2);
  for (size_t r = 0; r < 50; ++r) {
    for (size_t c = 0; c < kCols; ++c) centres(r, c) = rng.Normal() * (c < 8 ? 2.0f : 0.5f);
  }
  for (size_t r = 0; r < kRows; ++r) {
    for (size_t c = 0; c < kCols; ++c) rows(r, c) = centres(r % 50, c) + 0.4f * rng.Normal();
  }
  return rows;
}

float Decoded(const ProductCodes& made, size_t r, size_t c) {
  float sum = 0;
  for (size_t p = 0; p < made.parts; ++p) {
    sum += made.codebook(p * ProductCodes::kEntries + made.codes[r * made.parts + p], c);
  }
  return sum;
}

// Square error of the rows [first, last), as a share of their squares.
double ErrorOf(const Matrix& rows, const ProductCodes& made, size_t first, size_t last) {
  double error = 0, square = 0;
  for (size_t r = first; r < last; ++r) {
    for (size_t c = 0; c < kCols; ++c) {
      error += std::pow(rows(r, c) - Decoded(made, r, c), 2);
      square += std::pow(rows(r, c), 2);
    }
  }
  return error / square;
}

TEST(ProductQuantizer, IsNearOnAnyNumberOfThreads) {
  const Matrix rows = ClusteredRows();
  const std::vector<float> ones(kRows, 1.0f);
  const ProductCodes made = QuantizeProducts(rows, ones, {});
  EXPECT_EQ(made.parts, 4u);
  EXPECT_EQ(made.codes.size(), kRows * 4);
  EXPECT_EQ(made.codebook.rows(), 4 * ProductCodes::kEntries);
  // Of rows around 50 centres the centres alone, a byte each, leave about 10 %.
  const double error = ErrorOf(rows, made, 0, kRows);
  EXPECT_GT(error, 0);
  EXPECT_LT(error, 0.05);

  const size_t n_threads = NumThreads();
  SetNumThreads(n_threads == 1 ? 3 : 1);
  EXPECT_EQ(QuantizeProducts(rows, ones, {}).codes, made.codes);
  SetNumThreads(n_threads);
}

TEST(ProductQuantizer, RowsThatWeighMoreAreNearer) {
  const Matrix rows = ClusteredRows();
  std::vector<float> weights(kRows, 1.0f);
  std::fill_n(weights.begin(), kRows / 10, 100.0f);
  const ProductCodes made = QuantizeProducts(rows, weights, {});
  EXPECT_LT(ErrorOf(rows, made, 0, kRows / 10), 0.7 * ErrorOf(rows, made, kRows / 10, kRows));
}

TEST(ProductQuantizer, QueriesSayWhichErrorsCount) {
  const Matrix rows = ClusteredRows();
  const std::vector<float> ones(kRows, 1.0f);
  Matrix queries(100, kCols);  // which look at the last eight columns
  Rng rng(4, 4);
  for (size_t r = 0; r < 100; ++r) {
    for (size_t c = kCols - 8; c < kCols; ++c) queries(r, c) = rng.Normal();
  }
  const auto error = [&](const ProductCodes& made) {
    double sum = 0;
    for (size_t r = 0; r < kRows; ++r) {
      double product = 0;
      for (size_t c = 0; c < kCols; ++c) {
        product += (rows(r, c) - Decoded(made, r, c)) * queries(r % 100, c);
      }
      sum += product * product;
    }
    return sum;
  };
  EXPECT_LT(error(QuantizeProducts(rows, ones, queries)),
            0.5 * error(QuantizeProducts(rows, ones, {})));
}

TEST(ProductQuantizer, OfFewRowsLeavesEntriesUnused) {
  Matrix rows(40, kCols);
  Rng rng(6, 6);
  for (size_t r = 0; r < 40; ++r) {
    for (size_t c = 0; c < kCols; ++c) rows(r, c) = rng.Normal();
  }
  const ProductCodes made = QuantizeProducts(rows, std::vector<float>(40, 1.0f), {});
  for (const uint8_t code : made.codes) EXPECT_LT(code, 16);
  for (size_t e = 16; e < 256; ++e) EXPECT_EQ(made.codebook(e, 0), 0);
  EXPECT_LT(ErrorOf(rows, made, 0, 40), 0.1);
}

}  // namespace
}  // namespace vitrine
