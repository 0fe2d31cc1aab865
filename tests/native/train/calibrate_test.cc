// Probabilities of listed products: the curve, its fit, its place in the file, and how it is
// judged.
#include "train/calibrate.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/rng.h"
#include "format/quantize.h"
#include "support/small_shop.h"
#include "train/calibration_report.h"
#include "train/protocol.h"
#include "train/score_scale.h"
#include "train/train.h"

namespace vitrine {
namespace {

constexpr float kNothing = std::numeric_limits<float>::quiet_NaN();

double Sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

// Lists of 30 products whose chance is Sigmoid(-1 + 2 score - .5 log rank); scores fall from a top
// that varies by shopper.
std::vector<Listed> DrawLists(size_t n, uint64_t seed) {
  std::vector<Listed> lists(n * kRanked, {.score = kNothing});
  for (size_t i = 0; i < n; ++i) {
    Rng rng(seed, i);
    const double top = 2 * rng.Uniform() - 1;
    for (size_t place = 0; place < 30; ++place) {
      const double score = top - 0.05 * static_cast<double>(place);
      const double chance =
          Sigmoid(-1 + 2 * score - 0.5 * std::log(static_cast<double>(place + 1)));
      lists[i * kRanked + place] = {static_cast<float>(score), rng.Uniform() < chance};
    }
  }
  return lists;
}

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
  Ranking ranking{.items = {3, 4}, .scores = {2, 1}, .source = Source::kModel};
  EXPECT_EQ(calibration.Probabilities(ranking), (std::vector<double>{0.5, 1.0 / 3}));
  ranking.propensities = {0.25f};  // the last is explored
  EXPECT_EQ(calibration.Probabilities(ranking), (std::vector<double>{0.5}));
  ranking.propensities.clear();
  for (const Source source : {Source::kPopular, Source::kGenerated}) {
    ranking.source = source;
    EXPECT_TRUE(calibration.Probabilities(ranking).empty());
  }
  ranking.source = Source::kModel;
  EXPECT_TRUE(Calibration{}.Probabilities(ranking).empty());
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
    double last = 1;
    for (size_t rank = 1; rank <= 100; ++rank) {
      const double p = fitted.Probability(1 - 0.03 * static_cast<double>(rank), rank);
      EXPECT_LE(p, last);
      EXPECT_GT(p, 0);
      last = p;
    }
  }
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

TEST(CarryOver, PutsKnotsWhereTheSameQuantilesLie) {
  const ScoreScale from = {0, 1, 1, 3}, to = {10, 20, 24, 30};
  const Calibration moved =
      CarryOver({{-1, 0, 0.5, 1, 2, 3, 5}, {0, 1, 2, 3, 4, 5, 6}, -1}, from, to);
  EXPECT_EQ(moved.scores, (std::vector<double>{9, 10, 15, 24, 27, 30, 32}));
  EXPECT_EQ(moved.log_odds, (std::vector<double>{0, 1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(moved.place, -1);
  EXPECT_EQ(CarryOver({{1, 2}, {0, 1}, 0}, from, {}).scores, (std::vector<double>{1, 2}));
}

// Popular products score as many shoppers as bought them, however often the log is repeated.
TEST(CarryOver, FollowsAModelThatIsFittedToMore) {
  SmallShop once(10), thrice(10);
  for (int times = 0; times < 3; ++times) {
    for (uint32_t item = 0; item < 10; ++item) {
      for (uint32_t n = 0; n <= item; ++n) {
        if (times == 0) once.AddTrain(SmallShop::Purchases({item}));
        thrice.AddTrain(SmallShop::Purchases({item}));
      }
    }
  }
  const auto scale_of = [](const SmallShop& shop) {
    const Dataset dataset = shop.Open(Split::kStrong);
    const TrainingPart part{.dataset = &dataset};
    const auto add = ClosedFormCandidates("popularity", Task::kNextBasket, 10, {.window_days = {0}})
                         .front()
                         .fit(part);
    TensorFileWriter writer;
    const ModelFrame frame("popularity", part, Task::kNextBasket);
    frame.AddCore(writer);
    (*add)(writer);
    const auto file = writer.ToMemory("a model");
    const auto model = LoadModel(*file);
    const auto shoppers = ScaleShoppers(part);
    EXPECT_EQ(shoppers.size(), dataset.train().size());
    return ScaleOf(**model, part, Task::kNextBasket, shoppers);
  };
  const ScoreScale one = scale_of(once), three = scale_of(thrice);
  ASSERT_EQ(one.size(), kQuantiles);
  for (size_t q = 0; q < kQuantiles; ++q) EXPECT_NEAR(three[q], 3 * one[q], 1e-4) << q;
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

// Two lists of two products; every number by hand.
TEST(CalibrationReport, AddsUpWhatWasSaidAndWhatCame) {
  std::vector<Listed> lists(2 * kRanked, {.score = kNothing});
  lists[0] = {2, true};
  lists[1] = {1, false};
  lists[kRanked] = {2, false};
  lists[kRanked + 1] = {1, false};
  const double p2 = Sigmoid(1), p1 = Sigmoid(-1);
  CalibrationReport report;
  report.Add({{1, 2}, {-1, 1}, 0}, lists);
  const auto json = report.ToJson({.resamples = 200});
  EXPECT_EQ(json["shown"], 4);
  EXPECT_EQ(json["hits"], 1);
  const auto value = [&json](const char* metric) { return json[metric]["value"].get<double>(); };
  EXPECT_NEAR(value("brier@20"), ((1 - p2) * (1 - p2) + p2 * p2 + 2 * p1 * p1) / 4, 1e-6);
  EXPECT_NEAR(value("log_loss@20"), -(std::log(p2) + std::log(1 - p2) + 2 * std::log(1 - p1)) / 4,
              1e-6);
  // Four products in bins of their own, in the order of what was said.
  EXPECT_NEAR(value("ece@20"), (2 * p1 + p2 + (1 - p2)) / 4, 1e-6);
  EXPECT_EQ(json["bins"].size(), 4u);
  const auto& base = json["base"];
  // Of the other list: none of two for the first, one of two for the second; half of each more.
  EXPECT_NEAR(base["overall"]["brier@20"].get<double>(), (25.0 / 36 + 1.0 / 36 + 0.5) / 4, 1e-6);
  // At its place: 1/4 for the hit and for both seconds, 3/4 for the first of the other list.
  EXPECT_NEAR(base["by_place"]["brier@20"].get<double>(), (2 * 0.5625 + 2 * 0.0625) / 4, 1e-6);
  EXPECT_NEAR(base["by_place"]["difference"]["brier@20"]["diff"].get<double>(),
              value("brier@20") - 0.3125, 1e-6);
  EXPECT_TRUE(CalibrationReport().ToJson({}).is_null());
}

TEST(CalibrationReport, WhatIsRightIsWithinItsIntervalAndWhatIsNotIsTold) {
  const std::vector<Listed> lists = DrawLists(3000, 4);
  const auto judge = [&lists](const Calibration& calibration) {
    CalibrationReport report;
    report.Add(calibration, lists);
    return report.ToJson({.resamples = 200});
  };
  const auto right = judge(FitCalibration(DrawLists(3000, 5)));
  EXPECT_LT(right["ece@20"]["value"], 0.01);
  const auto& difference = right["base"]["by_place"]["difference"]["log_loss@20"];
  EXPECT_LT(difference["high"], 0);
  Calibration boastful = FitCalibration(DrawLists(3000, 5));
  for (double& odds : boastful.log_odds) odds += 1;
  const auto wrong = judge(boastful);
  EXPECT_GT(wrong["ece@20"]["low"], 0.05);
  EXPECT_GT(wrong["brier@20"]["value"], right["brier@20"]["value"]);
}

// Shoppers of one of four departments, some of whom know what they want.
void FillDepartments(SmallShop& shop, size_t n_train, size_t n_test) {
  for (uint32_t shopper = 0; shopper < n_train + n_test; ++shopper) {
    Rng rng(9, shopper);
    std::vector<uint32_t> items;
    const uint32_t department = rng.Below(4);
    const double faithful = rng.Uniform();
    for (int i = 0; i < 10; ++i) {
      items.push_back(rng.Uniform() < faithful ? department * 20 + rng.Below(20) : rng.Below(80));
    }
    auto events = SmallShop::Purchases(items);
    if (shopper < n_train) {
      shop.AddTrain(std::move(events));
    } else {
      shop.AddTest(std::move(events));
    }
  }
}

double EceOf(const Calibration& calibration, const std::vector<Listed>& lists) {
  CalibrationReport report;
  report.Add(calibration, lists);
  return report.ToJson({.resamples = 100})["ece@20"]["value"];
}

// EASE regresses on 0 and 1, so that its scores read as probabilities are the plain thing to do.
TEST(TrainedCalibration, IsCloserToTheTruthOnTestThanTheScoresThemselves) {
  SmallShop shop(80);
  FillDepartments(shop, 2400, 1200);
  const Dataset dataset = shop.Open(Split::kStrong);
  TrainOptions options{.model = "linear"};
  options.validation_fraction = 0.3;
  const auto trained = TrainModel(dataset, options, shop.Path("model"));
  ASSERT_TRUE(trained.ok()) << trained.error().message;
  const auto file = ReadTensorFile(shop.Path("model/model.safetensors"));
  const auto calibration = Calibration::Read(*file);
  ASSERT_TRUE(calibration.ok() && !calibration->empty());
  EXPECT_NEAR((*trained)["calibration"]["place"].get<double>(), calibration->place, 1e-5);
  const auto model = LoadModel(*file);
  const Cases cases = TestCases(dataset, Task::kDiscovery);
  std::vector<Listed> lists;
  ASSERT_TRUE(Evaluate(**model, cases, {.n_items = 80}, kTileCases, &lists).ok());
  Calibration as_is;
  for (int i = 1; i < 16; ++i) {
    as_is.scores.push_back(i / 16.0);
    as_is.log_odds.push_back(std::log(i / (16.0 - i)));
  }
  const double own = EceOf(*calibration, lists);
  EXPECT_LT(own, 0.02);
  EXPECT_LT(2 * own, EceOf(as_is, lists));
}

TEST(TrainedCalibration, StaysThroughExportBlendAndAdapt) {
  SmallShop shop(80);
  FillDepartments(shop, 800, 0);
  const Dataset dataset = shop.Open(Split::kStrong);
  TrainOptions options{.model = "blend"};
  options.validation_fraction = 0.3;
  options.parts = {"linear", "item-knn"};
  options.adapt = true;
  const auto trained = TrainModel(dataset, options, shop.Path("model"));
  ASSERT_TRUE(trained.ok()) << trained.error().message;
  const auto file = ReadTensorFile(shop.Path("model/model.safetensors"));
  const auto calibration = Calibration::Read(*file);
  ASSERT_TRUE(calibration.ok() && !calibration->empty());
  for (const auto& [key, value] : file->metadata()) {
    EXPECT_TRUE(key.starts_with("calibration.") || key.find("calibration") == std::string::npos)
        << key << ": a part's own";
  }
  const auto part = ReadTensorFile(shop.Path("model/linear/model.safetensors"));
  EXPECT_NE(Calibration::Read(*part)->scores, calibration->scores);
  for (const DType dtype : {DType::kF32, DType::kF16, DType::kI8, DType::kU8}) {
    ASSERT_TRUE(WriteAs(*file, dtype, shop.Path("exported")).ok());
    const auto read = Calibration::Read(*ReadTensorFile(shop.Path("exported")));
    ASSERT_TRUE(read.ok());
    EXPECT_EQ(read->scores, calibration->scores);
    EXPECT_EQ(read->log_odds, calibration->log_odds);
    EXPECT_EQ(read->place, calibration->place);
  }
}

}  // namespace
}  // namespace vitrine
