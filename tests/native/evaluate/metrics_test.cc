// Every metric by hand, and the laws that hold for all of them.
#include "evaluate/metrics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <vector>

#include "core/rng.h"

namespace vitrine {
namespace {

using Items = std::vector<uint32_t>;

// 200 items whose surprise is their number / 10; nothing else is known of them.
const ItemFacts& Facts() {
  static const ItemFacts facts = [] {
    ItemFacts f{.n_items = 200, .surprise = std::vector<float>(200)};
    for (size_t i = 0; i < 200; ++i) f.surprise[i] = static_cast<float>(i) / 10;
    return f;
  }();
  return facts;
}

// A list of 100 in which places[i] (from 1) holds target i, and all else is item 100 and up.
Items ListWithTargetsAt(const std::vector<size_t>& places) {
  Items list(kRanked);
  std::iota(list.begin(), list.end(), 100);
  for (uint32_t i = 0; i < places.size(); ++i) list[places[i] - 1] = i;
  return list;
}

TEST(Metrics, AreAsComputedByHand) {
  // Targets 0, 1, 2 at places 2, 4 and 30; targets 3 and 4 nowhere among the first 100.
  const Items list = ListWithTargetsAt({2, 4, 30});
  const Items targets = {0, 1, 2, 3, 4};
  const std::vector<float> revenue = {3, 0.5f, 10, 2, 4.5f};
  const Items seen = {0};
  const CaseValues values = ScoreCase(
      {.list = list, .first_rank = 2, .targets = targets, .revenue = revenue, .seen = seen},
      Facts());
  // DCG@10 = DCG@20 = 1/log2 3 + 1/log2 5 = .6309298 + .4306766 = 1.0616064.
  // Ideal, 5 targets: 1 + .6309298 + .5 + .4306766 + .3868528 = 2.9484592.
  EXPECT_NEAR(values[kNdcg10], 1.0616064 / 2.9484592, 1e-6);
  EXPECT_NEAR(values[kNdcg20], 1.0616064 / 2.9484592, 1e-6);
  // Place 30 adds 1/log2 31 = .2018490.
  EXPECT_NEAR(values[kNdcg100], 1.2634554 / 2.9484592, 1e-6);
  EXPECT_FLOAT_EQ(values[kCappedRecall20], 2.0f / 5);
  EXPECT_FLOAT_EQ(values[kCappedRecall50], 3.0f / 5);
  EXPECT_NEAR(values[kNdcg5], 1.0616064 / 2.9484592, 1e-6);
  EXPECT_FLOAT_EQ(values[kRecall5], 2.0f / 5);
  EXPECT_FLOAT_EQ(values[kRecall20], 2.0f / 5);
  EXPECT_FLOAT_EQ(values[kPrecision5], 2.0f / 5);
  EXPECT_FLOAT_EQ(values[kPrecision20], 2.0f / 20);
  EXPECT_FLOAT_EQ(values[kMrr], 0.5f);
  EXPECT_FLOAT_EQ(values[kMrr5], 0.5f);
  EXPECT_EQ(values[kHr10], 1);
  EXPECT_EQ(values[kNewHit20], 1);  // item 1
  // Places 1 .. 20 hold 100 .. 119 but for 0 and 1 in place of 101 and 103:
  // (sum of 100 .. 119) - 204 + 1 = 2190 - 203 = 1987; / 10 / 20.
  EXPECT_NEAR(values[kNovelty20], 9.935, 1e-5);
  EXPECT_FLOAT_EQ(values[kRevenue20], 3.5f);
  EXPECT_FLOAT_EQ(values[kRevenueTotal], 20);
}

// The last place that counts and the first that does not.
TEST(Metrics, EndAtTheirPlace) {
  const auto at = [](size_t place) {
    const Items list = ListWithTargetsAt({place});
    const Items targets = {0};
    const std::vector<float> revenue = {1};
    return ScoreCase({.list = list, .first_rank = place, .targets = targets, .revenue = revenue},
                     Facts());
  };
  EXPECT_EQ(at(5)[kHr5], 1);
  EXPECT_EQ(at(6)[kHr5] + at(6)[kNdcg5] + at(6)[kMrr5] + at(6)[kPrecision5], 0);
  EXPECT_FLOAT_EQ(at(20)[kMrr20], 1 / 20.0f);
  EXPECT_EQ(at(21)[kMrr20] + at(21)[kPrecision20] + at(21)[kHr20], 0);
  EXPECT_EQ(at(10)[kHr10], 1);
  EXPECT_EQ(at(11)[kHr10], 0);
  EXPECT_NEAR(at(10)[kNdcg10], 1 / std::log2(11.0), 1e-6);
  EXPECT_EQ(at(11)[kNdcg10], 0);
  EXPECT_EQ(at(20)[kCappedRecall20], 1);
  EXPECT_EQ(at(20)[kNewHit20], 1);
  EXPECT_EQ(at(20)[kRevenue20], 1);
  EXPECT_EQ(at(21)[kCappedRecall20] + at(21)[kNewHit20] + at(21)[kRevenue20] + at(21)[kNdcg20], 0);
  EXPECT_EQ(at(50)[kCappedRecall50], 1);
  EXPECT_EQ(at(51)[kCappedRecall50], 0);
  EXPECT_NEAR(at(100)[kNdcg100], 1 / std::log2(101.0), 1e-6);
}

TEST(Metrics, PerfectRankingGivesOneWhateverTheNumberOfTargets) {
  for (const uint32_t n_targets : {1u, 9u, 10u, 15u, 20u, 35u, 50u, 100u, 150u}) {
    Items list(kRanked), targets(n_targets);
    std::iota(list.begin(), list.end(), 0);
    std::iota(targets.begin(), targets.end(), 0);
    const std::vector<float> revenue(n_targets, 1.0f);
    const CaseValues values =
        ScoreCase({.list = list, .first_rank = 1, .targets = targets, .revenue = revenue}, Facts());
    for (const Metric metric : {kNdcg5, kNdcg10, kNdcg20, kNdcg100, kCappedRecall20,
                                kCappedRecall50, kMrr, kMrr5, kHr5, kHr10, kNewHit20}) {
      EXPECT_FLOAT_EQ(values[metric], 1) << "metric " << metric << " of " << n_targets;
    }
  }
}

TEST(Metrics, NewHitNeedsATargetThatThePrefixLacks) {
  const Items list = ListWithTargetsAt({1, 2});
  const Items targets = {0, 1};
  const std::vector<float> revenue = {1, 1};
  const Items seen = {0, 1, 100};
  EXPECT_EQ(ScoreCase({list, 1, targets, revenue, seen}, Facts())[kNewHit20], 0);
}

TEST(Metrics, ShortListsAreScoredAsTheyAre) {
  const Items list = {3, 1};
  const Items targets = {1};
  const std::vector<float> revenue = {2};
  const CaseValues values = ScoreCase({list, 2, targets, revenue, {}}, Facts());
  EXPECT_NEAR(values[kNdcg100], 1 / std::log2(3.0), 1e-6);
  EXPECT_NEAR(values[kNovelty20], 0.2, 1e-6);  // (.3 + .1) / 2
}

// Of 200 products the first 40 are the head.
TEST(Metrics, TailRecallCountsTargetsOutsideTheHead) {
  const Items list = {3, 150, 60, 7, 199};
  const Items targets = {3, 7, 41, 60, 150};
  const std::vector<float> revenue(5, 1.0f);
  const CaseValues a =
      ScoreCase({.list = list, .first_rank = 1, .targets = targets, .revenue = revenue}, Facts());
  EXPECT_EQ(a[kTailRecall20], 2);
  EXPECT_EQ(a[kTailTotal], 3);
  const Items head = {3};
  const CaseValues b =
      ScoreCase({.list = list, .first_rank = 1, .targets = head, .revenue = revenue}, Facts());
  EXPECT_EQ(b[kTailTotal], 0);
  EXPECT_NEAR(MetricOf(std::vector<CaseValues>{a, b}, kTailRecall20), 2.0 / 3, 1e-12);
}

// Four products of the categories 7, 7, 8 and none, that 8, 4, 2 and 1 shoppers bought.
ItemFacts FourProducts() {
  return {.n_items = 4, .popularity = {8, 4, 2, 1}, .category = {7, 7, 8, kNoCategory}};
}

CaseValues ScoreList(const Items& list, const Items& seen, const ItemFacts& facts) {
  const Items targets = {0};
  const std::vector<float> revenue = {1};
  return ScoreCase({list, 1, targets, revenue, seen}, facts);
}

TEST(Diversity, IsTheShareOfPairsOfTwoCategories) {
  // Pairs of 0, 1 and 2: one alike, two not; product 3 has no category to judge by.
  const CaseValues a = ScoreList({0, 3, 1, 2}, {}, FourProducts());
  EXPECT_FLOAT_EQ(a[kDiversity20], 2.0f / 3);
  EXPECT_FLOAT_EQ(ScoreList({0, 1}, {}, FourProducts())[kDiversity20], 0);
  EXPECT_FLOAT_EQ(ScoreList({1, 2}, {}, FourProducts())[kDiversity20], 1);
  // A list without a pair is left out of the mean.
  const CaseValues b = ScoreList({0, 3}, {}, FourProducts());
  EXPECT_NEAR(MetricOf(std::vector<CaseValues>{a, b}, kDiversity20), 2.0 / 3, 1e-7);
}

TEST(PopularityLift, IsTheGrowthOfMeanPopularityFromHistoryToList) {
  const CaseValues a = ScoreList({0, 1}, {2}, FourProducts());     // 6 where 2 was seen
  const CaseValues b = ScoreList({2, 3}, {0, 3}, FourProducts());  // 1.5 where 4.5 was
  EXPECT_NEAR(MetricOf(std::vector<CaseValues>{a}, kPopularityLift20), 2, 1e-7);
  EXPECT_NEAR(MetricOf(std::vector<CaseValues>{b}, kPopularityLift20), -2.0 / 3, 1e-7);
  // Means first, then the ratio: (3.75 - 3.25) / 3.25.
  EXPECT_NEAR(MetricOf(std::vector<CaseValues>{a, b}, kPopularityLift20), 0.5 / 3.25, 1e-7);
  // Nothing seen, nothing to compare with.
  EXPECT_TRUE(std::isnan(
      MetricOf(std::vector<CaseValues>{ScoreList({0, 1}, {}, FourProducts())}, kPopularityLift20)));
}

TEST(Miscalibration, IsTheDivergenceOfTheListsCategoriesFromTheHistorys) {
  // Seen 2/3 and 1/3, shown 1 and 0, smoothed by .01:
  // 2/3 ln(.6666667 / (.99 + .0066667)) + 1/3 ln(.3333333 / .0033333) = -.2680841 + 1.5350567.
  EXPECT_NEAR(ScoreList({0, 1}, {0, 1, 2}, FourProducts())[kMiscalibration20], 1.2669726, 1e-6);
  // In proportion, whatever the order; product 3 counts in neither.
  EXPECT_NEAR(ScoreList({2, 1}, {0, 2, 3}, FourProducts())[kMiscalibration20], 0, 1e-7);
  const CaseValues without = ScoreList({0, 1}, {3}, FourProducts());
  EXPECT_TRUE(std::isnan(MetricOf(std::vector<CaseValues>{without}, kMiscalibration20)));
}

TEST(Metrics, WhatIsUnknownOfProductsIsNotJudged) {
  const CaseValues values = ScoreList({0, 1}, {2}, {.n_items = 4});
  for (const Metric metric : {kDiversity20, kPopularityLift20, kMiscalibration20}) {
    EXPECT_TRUE(std::isnan(MetricOf(std::vector<CaseValues>{values}, metric)));
  }
  EXPECT_EQ(values[kNdcg20], 1);
}

TEST(EstimateMean, HasTheIntervalOfTheMetricItself) {
  const std::vector<float> column = {0, 0.5f, 1, 0.25f, 0.75f, 0, 1};
  std::vector<CaseValues> values(column.size());
  for (size_t i = 0; i < column.size(); ++i) values[i][kNdcg20] = column[i];
  const Estimate mean = EstimateMean(column, {});
  const Estimate ndcg =
      Summarize(values, std::vector<uint32_t>(column.size() * kShown, kNothingShown), 1, {})
          .metrics[kNdcg20];
  EXPECT_DOUBLE_EQ(mean.value, 0.5);
  EXPECT_DOUBLE_EQ(mean.interval.low, ndcg.interval.low);
  EXPECT_DOUBLE_EQ(mean.interval.high, ndcg.interval.high);
}

TEST(GiniOf, IsZeroWhereAllAreShownAlikeAndNearOneWhereOneIsShownAlone) {
  const std::vector<uint32_t> alike = {0, 1, 2, 3, 0, 1, 2, 3, kNothingShown};
  EXPECT_NEAR(GiniOf(alike, 4), 0, 1e-12);
  EXPECT_NEAR(GiniOf(std::vector<uint32_t>{2, 2, 2}, 4), 0.75, 1e-12);  // 1 - 1 / n
  // Shown 1, 1 and 2 times: ((2 - 4) 1 + (4 - 4) 1 + (6 - 4) 2) / (3 x 4).
  EXPECT_NEAR(GiniOf(std::vector<uint32_t>{0, 1, 2, 2}, 3), 1.0 / 6, 1e-12);
  EXPECT_EQ(GiniOf({}, 4), 0);
}

// More targets than places: the two recalls part.
TEST(Metrics, RecallIsOfAllTargetsAndCappedRecallOfThoseWithinReach) {
  Items list(kRanked), targets(40);
  std::iota(list.begin(), list.end(), 0);
  std::iota(targets.begin(), targets.end(), 0);
  const std::vector<float> revenue(40, 1.0f);
  const CaseValues values =
      ScoreCase({.list = list, .first_rank = 1, .targets = targets, .revenue = revenue}, Facts());
  EXPECT_EQ(values[kCappedRecall20], 1);
  EXPECT_EQ(values[kRecall20], 0.5f);
  EXPECT_EQ(values[kRecall5], 0.125f);
  EXPECT_EQ(values[kPrecision20], 1);
}

TEST(SurpriseOf, IsTheSelfInformationOfASmoothedShare) {
  // (count + 1) / (12 + 4): 8/16, 4/16, 2/16 ... of counts 7, 3, 1 and 1.
  EXPECT_EQ(SurpriseOf(std::vector<float>{7, 3, 1, 1}), (std::vector<float>{1, 2, 3, 3}));
}

std::vector<CaseValues> RandomValues(size_t n, uint64_t seed) {
  Rng rng(seed, 0);
  std::vector<CaseValues> values(n);
  for (CaseValues& row : values) {
    for (float& x : row) x = rng.Uniform();
    row[kRevenueTotal] = row[kRevenue20] + 1;
  }
  return values;
}

TEST(Summarize, AveragesCasesAndDividesSumsOfRevenue) {
  std::vector<CaseValues> values(2);
  values[0][kNdcg20] = 1;
  values[0][kRevenue20] = 9;
  values[0][kRevenueTotal] = 90;
  values[1][kRevenue20] = 5;
  values[1][kRevenueTotal] = 10;
  std::vector<uint32_t> shown(2 * kShown, kNothingShown);
  shown[0] = 3;
  shown[1] = 0;
  shown[kShown] = 3;
  const Summary summary = Summarize(values, shown, 8, {});
  EXPECT_EQ(summary.n_cases, 2u);
  EXPECT_DOUBLE_EQ(summary.metrics[kNdcg20].value, 0.5);
  EXPECT_DOUBLE_EQ(summary.metrics[kRevenue20].value, 0.14);  // not the mean of .1 and .5
  EXPECT_DOUBLE_EQ(summary.coverage, 2.0 / 8);
}

TEST(Summarize, RevenueIsResampledAsARatio) {
  // A quarter of every shopper's money, whoever is drawn: nothing is uncertain.
  std::vector<CaseValues> values = RandomValues(50, 1);
  for (CaseValues& row : values) row[kRevenueTotal] = 4 * row[kRevenue20];
  const Summary summary =
      Summarize(values, std::vector<uint32_t>(50 * kShown, kNothingShown), 1, {});
  EXPECT_NEAR(summary.metrics[kRevenue20].interval.low, 0.25, 1e-12);
  EXPECT_NEAR(summary.metrics[kRevenue20].interval.high, 0.25, 1e-12);
  EXPECT_LT(summary.metrics[kNdcg20].interval.low, summary.metrics[kNdcg20].value);
}

TEST(Summarize, OfNoCasesOrNoPricesIsNotANumber) {
  EXPECT_TRUE(std::isnan(Summarize({}, {}, 5, {}).metrics[kNdcg20].value));
  std::vector<CaseValues> values(3);
  const std::vector<uint32_t> shown(3 * kShown, kNothingShown);
  const Summary summary = Summarize(values, shown, 5, {});
  EXPECT_TRUE(std::isnan(summary.metrics[kRevenue20].value));
  EXPECT_TRUE(std::isnan(summary.metrics[kRevenue20].interval.low));
  EXPECT_EQ(summary.metrics[kNdcg20].value, 0);
}

TEST(Compare, AModelWithItselfDiffersByExactlyNothing) {
  const auto values = RandomValues(123, 2);
  for (const Difference& difference : Compare(values, values, {})) {
    EXPECT_EQ(difference.diff, 0);
    EXPECT_EQ(difference.interval.low, 0);
    EXPECT_EQ(difference.interval.high, 0);
    EXPECT_EQ(difference.relative, 0);
    EXPECT_FALSE(difference.significant());
  }
}

TEST(Compare, PairingSeesASmallDifferenceThatSeparateIntervalsHide) {
  const auto other = RandomValues(200, 3);
  auto values = other;
  Rng rng(4, 0);
  for (CaseValues& row : values) row[kNdcg20] += 0.01f + 0.02f * (rng.Uniform() - 0.5f);
  const Difference difference = Compare(values, other, {})[kNdcg20];
  EXPECT_NEAR(difference.diff, 0.01, 0.002);
  EXPECT_TRUE(difference.significant());
  EXPECT_NEAR(difference.relative, difference.diff / MetricOf(other, kNdcg20), 1e-12);
  const std::vector<uint32_t> shown(200 * kShown, kNothingShown);
  EXPECT_LT(Summarize(values, shown, 1, {}).metrics[kNdcg20].interval.low,
            Summarize(other, shown, 1, {}).metrics[kNdcg20].interval.high);
}

TEST(Compare, CountsTheCasesAboveEvenAndBelow) {
  std::vector<CaseValues> values(5), other(5);
  for (size_t i = 0; i < 5; ++i) other[i][kNdcg20] = 0.5f;
  values[0][kNdcg20] = 0.75f;
  values[1][kNdcg20] = values[2][kNdcg20] = 0.5f;
  const Difference difference = Compare(values, other, {})[kNdcg20];
  EXPECT_EQ(difference.n_higher, 1u);
  EXPECT_EQ(difference.n_equal, 2u);
  EXPECT_EQ(difference.n_lower, 2u);
}

TEST(Compare, IsAntisymmetric) {
  const auto a = RandomValues(80, 5);
  const auto b = RandomValues(80, 6);
  const auto ab = Compare(a, b, {});
  const auto ba = Compare(b, a, {});
  for (size_t m = 0; m < kMetrics; ++m) {
    EXPECT_DOUBLE_EQ(ab[m].diff, -ba[m].diff);
    EXPECT_NEAR(ab[m].interval.low, -ba[m].interval.high, 1e-12);
  }
}

// Shoppers {0, 1}, {0, 1, 2} and {3} have products 0, 1 and 2; nobody has product 3.
TEST(Diversity, WithoutCategoriesIsHowFewShoppersChoseBoth) {
  Csr behaviour{.cols = 4};
  for (const std::vector<uint32_t>& row :
       std::vector<std::vector<uint32_t>>{{0, 1}, {0, 1}, {1}, {2}}) {
    behaviour.indices.insert(behaviour.indices.end(), row.begin(), row.end());
    behaviour.EndRow();
  }
  ItemFacts facts{.n_items = 4};
  AddShoppers(behaviour, facts);
  EXPECT_NEAR(facts.Likeness(0, 1), 2 / std::sqrt(6.0), 1e-12);
  EXPECT_EQ(facts.Likeness(0, 2), 0);
  EXPECT_EQ(facts.Likeness(2, 3), 0);

  EXPECT_NEAR(ScoreList({0, 1, 2}, {}, facts)[kDiversity20], 1 - 2 / std::sqrt(6.0) / 3, 1e-6);
}

}  // namespace
}  // namespace vitrine
