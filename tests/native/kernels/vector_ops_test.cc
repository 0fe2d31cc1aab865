// Whole-vector operations against obvious loops, on every SIMD target that this machine has.
#include "kernels/vector_ops.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "core/rng.h"
#include "kernels/example_rows.h"

namespace vitrine {
namespace {

TEST(Axpy, MatchesTheObviousLoop) {
  OnEveryTarget([] {
    std::vector<float> x(48), y(48), expected(48);
    for (size_t i = 0; i < x.size(); ++i) {
      x[i] = static_cast<float>(i) * 0.5f;
      y[i] = static_cast<float>(i) - 20;
      expected[i] = y[i] + 3 * x[i];
    }
    Axpy(3, x.data(), y.data(), x.size());
    for (size_t i = 0; i < x.size(); ++i) EXPECT_NEAR(y[i], expected[i], 1e-5);
  });
}

TEST(TanhInPlace, IsTheHyperbolicTangent) {
  OnEveryTarget([] {
    for (const size_t n : {1, 4, 37}) {
      std::vector<float> x(PaddedDim(n));
      for (size_t i = 0; i < n; ++i) x[i] = 0.7f * static_cast<float>(i) - 12;
      const std::vector<float> before = x;
      TanhInPlace(x.data(), n);
      for (size_t i = 0; i < n; ++i) EXPECT_NEAR(x[i], std::tanh(before[i]), 1e-6) << before[i];
      for (size_t i = n; i < x.size(); ++i) EXPECT_EQ(x[i], 0.0f);
    }
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

}  // namespace
}  // namespace vitrine
