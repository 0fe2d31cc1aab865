// Probabilities of trained models: learnt on validation, carried over to the refit, kept by every
// form of the file.
#include <gtest/gtest.h>

#include <cmath>

#include "core/rng.h"
#include "evaluate/calibration_report.h"
#include "evaluate/protocol.h"
#include "format/quantize.h"
#include "support/small_shop.h"
#include "train/calibrate.h"
#include "train/score_scale.h"
#include "train/train.h"

namespace vitrine {
namespace {

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
