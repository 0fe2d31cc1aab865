// Kernels against obvious loops, on every SIMD target that this machine has.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/rng.h"
#include "hwy/targets.h"
#include "kernels/gemv.h"
#include "kernels/top_k.h"
#include "kernels/vector_ops.h"

namespace vitrine {
namespace {

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

std::vector<int8_t> RandomInt8(size_t rows, size_t cols, size_t stride, uint64_t seed) {
  std::vector<int8_t> values(rows * stride);
  Rng rng(seed, 1);
  for (size_t r = 0; r < rows; ++r) {
    for (size_t c = 0; c < cols; ++c) {
      values[r * stride + c] = static_cast<int8_t>(static_cast<int>(rng.Below(255)) - 127);
    }
  }
  return values;
}

TEST(Gemv, MatchesTheObviousLoop) {
  OnEveryTarget([] {
    for (const size_t rows : {1, 4, 7}) {
      for (const size_t cols : {1, 16, 50}) {
        Matrix m(rows, cols), x(1, cols);
        Rng rng(rows, cols);
        for (size_t c = 0; c < cols; ++c) x(0, c) = rng.Normal();
        for (size_t r = 0; r < rows; ++r) {
          for (size_t c = 0; c < cols; ++c) m(r, c) = rng.Normal();
        }
        std::vector<float> out(rows);
        Gemv(m, x.data(), out.data());
        for (size_t r = 0; r < rows; ++r) {
          double sum = 0;
          for (size_t c = 0; c < cols; ++c) sum += static_cast<double>(m(r, c)) * x(0, c);
          EXPECT_NEAR(out[r], sum, 1e-4);
        }
      }
    }
  });
}

TEST(GemvInt8, SumsAreExactOnEveryTarget) {
  for (const size_t cols : {1, 32, 600, 5000}) {
    constexpr size_t kRows = 5;
    const size_t stride = PaddedInt8Dim(cols);
    auto rows = RandomInt8(kRows, cols, stride, cols);
    std::fill_n(rows.begin(), cols, int8_t{127});  // the largest sum there can be
    std::vector<float> x(cols);
    Rng rng(9, cols);
    for (float& value : x) value = rng.Normal();
    std::vector<int16_t> quantized(stride);
    float scale = QuantizeActivations(x, quantized.data());
    if (cols == 5000) std::fill_n(quantized.begin(), cols, int16_t{8191});
    const std::vector<float> row_scales = {1, 0.5f, 0.25f, 2, 4};
    OnEveryTarget([&] {
      std::vector<float> out(kRows);
      GemvInt8({rows.data(), kRows, cols, stride}, row_scales.data(), quantized.data(), scale,
               out.data());
      for (size_t r = 0; r < kRows; ++r) {
        int64_t sum = 0;
        for (size_t c = 0; c < cols; ++c) sum += int64_t{rows[r * stride + c]} * quantized[c];
        EXPECT_EQ(out[r], static_cast<float>(sum) * (row_scales[r] * scale));
      }
    });
  }
}

TEST(QuantizeActivations, ErrsByHalfAStepAtMost) {
  std::vector<float> x(100);
  Rng rng(1, 1);
  for (float& value : x) value = rng.Normal();
  std::vector<int16_t> quantized(PaddedInt8Dim(x.size()), 1);
  const float scale = QuantizeActivations(x, quantized.data());
  for (size_t i = 0; i < x.size(); ++i) EXPECT_NEAR(quantized[i] * scale, x[i], scale * 0.501f);
  for (size_t i = x.size(); i < quantized.size(); ++i) EXPECT_EQ(quantized[i], 0);
  EXPECT_EQ(*std::max_element(quantized.begin(), quantized.end(),
                              [](int a, int b) { return std::abs(a) < std::abs(b); }) %
                8191,
            0);
}

TEST(QuantizeActivations, OfZerosIsZero) {
  const std::vector<float> x(3);
  std::vector<int16_t> quantized(PaddedInt8Dim(3), 1);
  EXPECT_EQ(QuantizeActivations(x, quantized.data()), 0.0f);
  EXPECT_EQ(quantized, std::vector<int16_t>(PaddedInt8Dim(3)));
}

TEST(Axpy, MatchesTheObviousLoop) {
  OnEveryTarget([] {
    Matrix x(1, 48), y(1, 48), expected(1, 48);
    const auto bytes = RandomInt8(1, 64, 64, 3);
    for (size_t i = 0; i < 48; ++i) {
      x(0, i) = static_cast<float>(i) * 0.5f;
      y(0, i) = expected(0, i) = static_cast<float>(i) - 20;
      expected(0, i) += 3 * x(0, i);
    }
    Axpy(3, x.data(), y.data(), 48);
    for (size_t i = 0; i < 48; ++i) EXPECT_NEAR(y(0, i), expected(0, i), 1e-5);
    AxpyInt8(0.25f, bytes.data(), y.data(), 32);
    for (size_t i = 0; i < 32; ++i) EXPECT_NEAR(y(0, i), expected(0, i) + 0.25f * bytes[i], 1e-5);
  });
}

TEST(SoftmaxInPlace, SumsToTheScaleAndGivesTheLogSum) {
  OnEveryTarget([] {
    for (const size_t n : {1, 5, 16, 103}) {
      std::vector<float> x(n);
      Rng rng(n, 2);
      double sum = 0;
      for (float& value : x) {
        value = 5 * rng.Normal();
        sum += std::exp(static_cast<double>(value));
      }
      const std::vector<float> before = x;
      EXPECT_NEAR(SoftmaxInPlace(x.data(), n, 2.0f), std::log(sum), 1e-4);
      for (size_t i = 0; i < n; ++i) EXPECT_NEAR(x[i], 2 * std::exp(before[i]) / sum, 1e-5);
    }
  });
}

TEST(TopK, EqualsAFullSortWithTiesByIndex) {
  Rng rng(4, 4);
  for (int trial = 0; trial < 200; ++trial) {
    std::vector<float> scores(rng.Below(60));
    for (float& score : scores) score = static_cast<float>(rng.Below(8));
    std::vector<uint32_t> expected(scores.size()), items;
    for (uint32_t i = 0; i < expected.size(); ++i) expected[i] = i;
    std::stable_sort(expected.begin(), expected.end(),
                     [&](uint32_t a, uint32_t b) { return scores[a] > scores[b]; });
    const size_t k = rng.Below(70);
    expected.resize(std::min(k, expected.size()));
    TopK(scores, k, items);
    EXPECT_EQ(items, expected);
  }
}

TEST(TopK, NeverListsMaskedItemsOrNan) {
  const float inf = std::numeric_limits<float>::infinity();
  std::vector<uint32_t> items;
  TopK(std::vector<float>{-inf, 1, NAN, 2, -inf}, 5, items);
  EXPECT_EQ(items, (std::vector<uint32_t>{3, 1}));
}

}  // namespace
}  // namespace vitrine
