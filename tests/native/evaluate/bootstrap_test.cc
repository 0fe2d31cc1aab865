// The laws of evaluate/bootstrap: honest coverage, known width, and draws that threads cannot
// change.
#include "evaluate/bootstrap.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "core/parallel.h"
#include "core/rng.h"

namespace vitrine {
namespace {

std::vector<double> Means(const std::vector<float>& values, const BootstrapOptions& options) {
  std::vector<double> means = ResampleSums(values, 1, options);
  for (double& mean : means) mean /= static_cast<double>(values.size());
  return means;
}

TEST(Bootstrap, CoversTheKnownMeanAboutNineteenTimesInTwenty) {
  constexpr int kExperiments = 600;
  int covered = 0;
  for (int experiment = 0; experiment < kExperiments; ++experiment) {
    Rng rng(11, static_cast<uint64_t>(experiment));
    std::vector<float> values(120);
    for (float& x : values) x = rng.Uniform() < 0.3f ? 1.0f : 0.0f;  // a hit rate of 0.3
    const Interval interval = PercentileInterval(
        Means(values, {.resamples = 300, .seed = static_cast<uint64_t>(experiment)}));
    covered += interval.low <= 0.3 && 0.3 <= interval.high;
  }
  // 95 % within four standard errors of a binomial: 4 sqrt(.95 * .05 / 600) = 3.6 points.
  EXPECT_NEAR(covered / double{kExperiments}, 0.95, 0.036);
}

TEST(Bootstrap, WidthOfAMeanIsTheNormalOne) {
  Rng rng(5, 0);
  std::vector<float> values(2000);
  for (float& x : values) x = rng.Normal();
  const double n = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  double variance = 0;
  for (const float x : values) variance += (x - mean) * (x - mean) / n;
  const Interval interval = PercentileInterval(Means(values, {.resamples = 10000}));
  const double half = 1.96 * std::sqrt(variance / n);
  EXPECT_NEAR(interval.low, mean - half, 0.03 * half);
  EXPECT_NEAR(interval.high, mean + half, 0.03 * half);
}

TEST(Bootstrap, IsTheSameForAnyNumberOfThreads) {
  std::vector<float> values(99 * 3);
  std::iota(values.begin(), values.end(), 0.0f);
  const size_t before = NumThreads();
  SetNumThreads(1);
  const auto one = ResampleSums(values, 3, {.resamples = 101, .seed = 9});
  for (const size_t threads : {2, 5}) {
    SetNumThreads(threads);
    EXPECT_EQ(ResampleSums(values, 3, {.resamples = 101, .seed = 9}), one);
  }
  SetNumThreads(before);
  EXPECT_NE(ResampleSums(values, 3, {.resamples = 101, .seed = 10}), one);
}

TEST(Bootstrap, ColumnsOfATableAreDrawnTogether) {
  // Column 1 is twice column 0, so it must be twice in every resample.
  std::vector<float> values;
  for (int i = 0; i < 50; ++i) values.insert(values.end(), {float(i), float(2 * i)});
  const auto sums = ResampleSums(values, 2, {.resamples = 200});
  for (size_t r = 0; r < 200; ++r) EXPECT_EQ(sums[2 * r + 1], 2 * sums[2 * r]);
}

TEST(PercentileInterval, InterpolatesAndPassesOverWhatIsNotFinite) {
  std::vector<double> values(41);  // 0 .. 40: the 2.5 % quantile lies at 1, the 97.5 % one at 39
  std::iota(values.begin(), values.end(), 0.0);
  values.push_back(NAN);
  values.push_back(INFINITY);
  std::reverse(values.begin(), values.end());
  const Interval interval = PercentileInterval(values);
  EXPECT_DOUBLE_EQ(interval.low, 1);
  EXPECT_DOUBLE_EQ(interval.high, 39);
  EXPECT_DOUBLE_EQ(PercentileInterval({0, 10}).low, 0.25);
  EXPECT_TRUE(std::isnan(PercentileInterval({NAN}).low));
  EXPECT_TRUE(std::isnan(PercentileInterval({}).high));
}

TEST(Bootstrap, NoRowsGiveNoInterval) {
  EXPECT_EQ(ResampleSums({}, 2, {.resamples = 3}), std::vector<double>(6, 0.0));
}

}  // namespace
}  // namespace vitrine
