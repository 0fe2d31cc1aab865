// Probabilities of listed products: the curve, its fit, and its place in the file.
#include "train/calibrate.h"

#include <gtest/gtest.h>

#include <cmath>

#include "support/drawn_lists.h"

namespace vitrine {
namespace {

TEST(PoolViolators, PoolsWhatFallsAndNothingElse) {
  // Rates 0, 1, 1/2, 1/2, 1: the second to fourth become 2/3, as weighted by their counts.
  const std::vector<Pool> pools =
      PoolViolators({{2, 0, 2}, {1, 1, 3}, {2, 1, 8}, {2, 1, 10}, {1, 1, 6}});
  ASSERT_EQ(pools.size(), 3u);
  EXPECT_DOUBLE_EQ(pools[0].rate(), 0);
  EXPECT_DOUBLE_EQ(pools[1].rate(), 3.0 / 5);
  EXPECT_DOUBLE_EQ(pools[1].n, 5);
  EXPECT_DOUBLE_EQ(pools[1].scores, 21);
  EXPECT_DOUBLE_EQ(pools[2].rate(), 1);
}

TEST(PoolViolators, AFallAtTheEndReachesBackAsFarAsItMust) {
  // 1/4, 2/4, 3/4, then 0 of 8: all but the first fall below the one before; 6/20 is above 1/4.
  std::vector<Pool> pools = PoolViolators({{4, 1, 0}, {4, 2, 4}, {4, 3, 8}, {8, 0, 24}});
  ASSERT_EQ(pools.size(), 2u);
  EXPECT_DOUBLE_EQ(pools[0].rate(), 0.25);
  EXPECT_DOUBLE_EQ(pools[1].rate(), 5.0 / 16);
}

TEST(ReducePools, MergesTheNeighboursThatAreAlike) {
  std::vector<Pool> pools = {{10, 1, 0}, {10, 2, 10}, {10, 8, 20}, {10, 9, 30}, {10, 10, 40}};
  ReducePools(3, pools);
  ASSERT_EQ(pools.size(), 3u);
  EXPECT_DOUBLE_EQ(pools[0].rate(), 0.15);
  EXPECT_DOUBLE_EQ(pools[1].n + pools[2].n, 30);
  EXPECT_GE(pools[1].rate(), 0.8);
}

TEST(Calibration, IsLinearInTheLogOddsBetweenKnotsAndFlatBeyond) {
  const Calibration calibration{{0, 2, 2, 4}, {-4, -2, -1, 0}, -0.5};
  EXPECT_DOUBLE_EQ(calibration.Probability(-10, 1), Sigmoid(-4));
  EXPECT_DOUBLE_EQ(calibration.Probability(1, 1), Sigmoid(-3));
  EXPECT_DOUBLE_EQ(calibration.Probability(2, 1), Sigmoid(-1));  // the later of two
  EXPECT_DOUBLE_EQ(calibration.Probability(3, 1), Sigmoid(-0.5));
  EXPECT_DOUBLE_EQ(calibration.Probability(100, 1), 0.5);
  EXPECT_DOUBLE_EQ(calibration.Probability(100, 8), Sigmoid(-0.5 * std::log(8)));
}

TEST(Calibration, OfTheModelsOwnListsAlone) {
  const Calibration calibration{{0}, {0}, -1};
  Ranking ranking{.items = {3, 4}, .scores = {2, 1}, .calibrated = true};
  EXPECT_EQ(calibration.Probabilities(ranking), (std::vector<double>{0.5, 1.0 / 3}));
  ranking.propensities = {0.25f};  // the last is explored
  EXPECT_EQ(calibration.Probabilities(ranking), (std::vector<double>{0.5}));
  ranking.propensities.clear();
  EXPECT_TRUE(Calibration{}.Probabilities(ranking).empty());
  ranking.calibrated = false;
  EXPECT_TRUE(calibration.Probabilities(ranking).empty());
}

TEST(FitCalibration, FindsTheChancesThatListsWereDrawnWith) {
  const Calibration fitted = FitCalibration(DrawLists(4000, 1));
  ASSERT_FALSE(fitted.empty());
  EXPECT_LE(fitted.scores.size(), kMostKnots);
  EXPECT_NEAR(fitted.place, -0.5, 0.1);
  for (const double score : {-1.5, -0.5, 0.0, 0.5}) {
    for (const size_t rank : {1, 5, 25}) {
      const double chance = Sigmoid(-1 + 2 * score - 0.5 * std::log(static_cast<double>(rank)));
      EXPECT_NEAR(fitted.Probability(score, rank), chance, 0.04) << score << " at " << rank;
    }
  }
}

TEST(FitCalibration, NeverRisesDownAListWhateverHappened) {
  for (const bool upside_down : {false, true}) {
    std::vector<Listed> lists = DrawLists(300, 2);
    // Hits where scores are low and places far down: the opposite of what lists should be.
    for (size_t i = 0; i < lists.size() && upside_down; ++i) {
      if (!std::isnan(lists[i].score)) lists[i].hit = i % kRanked > 20 && i % 3 > 0;
    }
    const Calibration fitted = FitCalibration(lists);
    ASSERT_FALSE(fitted.empty());
    // As many come true as were said to, over all lists.
    double n = 0, hits = 0, said = 0;
    for (size_t i = 0; i < lists.size(); ++i) {
      if (std::isnan(lists[i].score)) continue;
      ++n;
      hits += lists[i].hit ? 1 : 0;
      said += fitted.Probability(lists[i].score, i % kRanked + 1);
    }
    EXPECT_NEAR(said / n, hits / n, 1e-3) << upside_down;
    double last = 1;
    for (size_t rank = 1; rank <= 100; ++rank) {
      const double p = fitted.Probability(1 - 0.03 * static_cast<double>(rank), rank);
      EXPECT_LE(p, last);
      EXPECT_GT(p, 0);
      last = p;
    }
  }
}

// Every other list of 15,000 is among the 10,000 at most; those between are of another kind.
TEST(FitCalibration, LearnsFromNoMoreListsThanItSays) {
  const std::vector<Listed> half = DrawLists(7500, 6);
  std::vector<Listed> all(2 * half.size(), {.score = 1, .hit = true});
  for (size_t i = 0; i < half.size(); ++i) {
    all[i / kRanked * 2 * kRanked + i % kRanked] = half[i];
  }
  const Calibration few = FitCalibration(half), many = FitCalibration(all);
  EXPECT_EQ(many.scores, few.scores);
  EXPECT_EQ(many.log_odds, few.log_odds);
  EXPECT_EQ(many.place, few.place);
}

TEST(FitCalibration, SaysNothingWhereThereIsTooLittleToGoBy) {
  std::vector<Listed> lists(kRanked * 10, {.score = 1});
  for (size_t i = 0; i < 19; ++i) lists[i * 40].hit = true;
  EXPECT_TRUE(FitCalibration(lists).empty());
  lists[1].hit = true;
  EXPECT_FALSE(FitCalibration(lists).empty());
  for (Listed& listed : lists) listed.hit = true;
  EXPECT_TRUE(FitCalibration(lists).empty());
  EXPECT_TRUE(FitCalibration({}).empty());
}

TensorFile FileOf(const Calibration& calibration) {
  TensorFileWriter writer;
  AddCalibration(calibration, writer);
  return *writer.ToMemory("a model");
}

TEST(CalibrationFile, ReadsBackWhatWasFitted) {
  const Calibration fitted = FitCalibration(DrawLists(500, 3));
  const auto read = Calibration::Read(FileOf(fitted));
  ASSERT_TRUE(read.ok()) << read.error().message;
  ASSERT_EQ(read->scores.size(), fitted.scores.size());
  for (const double score : {-2.0, -1.0, 0.0, 0.3, 0.9}) {
    for (const size_t rank : {1, 50}) {
      EXPECT_NEAR(read->Probability(score, rank), fitted.Probability(score, rank), 1e-5);
    }
  }
  EXPECT_TRUE(Calibration::Read(FileOf({}))->empty());
  const Calibration parsed = CalibrationOf(nlohmann::ordered_json::parse(ToJson(fitted).dump()));
  EXPECT_EQ(parsed.log_odds, fitted.log_odds);
}

TEST(CalibrationFile, WhatCannotBeMeantIsOneClearError) {
  const auto refuses = [](const char* scores, const char* log_odds, const char* place) {
    TensorFileWriter writer;
    writer.SetMetadata("calibration.scores", std::string(scores));
    if (log_odds != nullptr) writer.SetMetadata("calibration.log_odds", std::string(log_odds));
    writer.SetMetadata("calibration.place", std::string(place));
    const auto read = Calibration::Read(*writer.ToMemory("a model"));
    return !read.ok() && read.error().message.starts_with("a model");
  };
  EXPECT_FALSE(refuses("0 1", "-3 -2", "-0.5"));
  EXPECT_TRUE(refuses("0 1", nullptr, "-0.5"));
  EXPECT_TRUE(refuses("0 1", "-3 -2 -1", "-0.5"));
  EXPECT_TRUE(refuses("1 0", "-3 -2", "-0.5"));
  EXPECT_TRUE(refuses("0 1", "-2 -3", "-0.5"));
  EXPECT_TRUE(refuses("0 nan", "-3 -2", "-0.5"));
  EXPECT_TRUE(refuses("0 x", "-3 -2", "-0.5"));
  EXPECT_TRUE(refuses("0 1", "-3 inf", "-0.5"));
  EXPECT_TRUE(refuses("0 1", "-3 -2", "0.5"));
  EXPECT_TRUE(refuses("0 1", "-3 -2", "steep"));
  EXPECT_TRUE(refuses("", "", "-0.5"));
  EXPECT_TRUE(refuses("0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16",
                      "0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0", "-0.5"));
}

}  // namespace
}  // namespace vitrine
