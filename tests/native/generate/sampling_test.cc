// Draws follow their distributions.
#include "generate/sampling.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

namespace vitrine::generate {
namespace {

constexpr int kDraws = 200000;

// Of n draws with probability p, how many deviations the count lies from its mean.
double Deviations(double count, double n, double p) {
  return (count - n * p) / std::sqrt(n * p * (1 - p));
}

TEST(Sampling, AliasTableDrawsInProportionToWeights) {
  const std::array<float, 6> weights = {5, 0, 1, 0.25f, 3, 0.75f};
  const AliasTable table(weights);
  Rng rng(1, 1);
  std::array<int, 6> counts{};
  for (int i = 0; i < kDraws; ++i) ++counts[table.Sample(rng)];
  EXPECT_EQ(counts[1], 0);
  for (const size_t i : {0u, 2u, 3u, 4u, 5u}) {
    EXPECT_LT(std::abs(Deviations(counts[i], kDraws, weights[i] / 10.0)), 4.5) << i;
  }
}

TEST(Sampling, AliasTableOfOneWeightAlwaysDrawsIt) {
  const std::array<float, 1> weights = {1e-30f};
  const AliasTable table(weights);
  Rng rng(1, 2);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(table.Sample(rng), 0u);
}

TEST(Sampling, PickWeightedDrawsInProportionAndNeverAZeroWeight) {
  const std::array<double, 5> weights = {0, 2, 0, 6, 0};
  Rng rng(1, 3);
  std::array<int, 5> counts{};
  for (int i = 0; i < kDraws; ++i) ++counts[PickWeighted(std::span<const double>(weights), rng)];
  EXPECT_EQ(counts[0] + counts[2] + counts[4], 0);
  EXPECT_LT(std::abs(Deviations(counts[1], kDraws, 0.25)), 4.5);
}

// Mean and variance of Gamma(shape, 1) are both the shape.
TEST(Sampling, GammaHasItsMeanAndVariance) {
  for (const double shape : {0.2, 1.0, 4.5}) {
    Rng rng(2, static_cast<uint64_t>(shape * 10));
    double sum = 0, squares = 0;
    for (int i = 0; i < kDraws; ++i) {
      const double x = Gamma(shape, rng);
      ASSERT_GE(x, 0);
      sum += x;
      squares += x * x;
    }
    const double mean = sum / kDraws;
    EXPECT_NEAR(mean, shape, 0.03 * shape + 0.005);
    EXPECT_NEAR(squares / kDraws - mean * mean, shape, 0.05 * shape + 0.01);
  }
}

TEST(Sampling, StreamsOfDifferentPurposesDiffer) {
  Rng a = Stream(1, Purpose::kTraits, 5);
  Rng b = Stream(1, Purpose::kBehaviour, 5);
  Rng again = Stream(1, Purpose::kTraits, 5);
  const uint64_t first = a.Next64();
  EXPECT_NE(first, b.Next64());
  EXPECT_EQ(first, again.Next64());
}

}  // namespace
}  // namespace vitrine::generate
