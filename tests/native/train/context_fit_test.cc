// A gan's lists lean to what is bought where shoppers look at much that they do not buy.
#include "train/context_fit.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/rng.h"
#include "evaluate/calibration_report.h"
#include "evaluate/cold_popularity.h"
#include "evaluate/evaluate.h"
#include "evaluate/protocol.h"
#include "format/safetensors.h"
#include "models/gan.h"
#include "support/small_shop.h"
#include "train/calibrate.h"
#include "train/train.h"

namespace vitrine {
namespace {

constexpr uint32_t kItems = 20;

// Looks at nearly all of the first half and buys one product in four of the second.
std::vector<Event> Shopper(uint32_t s) {
  std::vector<Event> events;
  for (uint32_t i = 0; i < 8; ++i) {
    events.push_back({.time = i, .item = (s + i) % 10, .price = 1, .type = EventType::kView});
  }
  for (uint32_t i = 0; i < 3; ++i) {
    events.push_back({.time = (1 + i) * kDay,
                      .item = 10 + (s + 3 * i) % 10,
                      .price = 1,
                      .type = EventType::kPurchase});
  }
  for (Event& event : events) event.context = 1;
  return events;
}

TEST(ContextFit, LeanIsTheShareOfWhatIsBoughtAboveThatOfAll) {
  SmallShop shop(kItems);
  shop.SetContexts({"unknown", "country=DE"});
  for (uint32_t s = 0; s < 100; ++s) shop.AddTrain(Shopper(s));
  const Dataset dataset = shop.Open(Split::kNone);
  const std::vector<float> lean = Lean({.dataset = &dataset}, 0);
  // Of 1,100 products in profiles each of the first ten is 80 and of the others 30; of 300 that
  // are bought none and 30.
  EXPECT_NEAR(lean[0], std::log(5 / (80 * 300 / 1100.0 + 5)), 1e-4);
  EXPECT_NEAR(lean[10], std::log((30 + 5) / (30 * 300 / 1100.0 + 5)), 1e-4);
  // Bought, but not of late.
  auto late = SmallShop::Purchases({10}, 500);
  late[0].context = 1;
  shop.AddTrain(std::move(late));
  const Dataset longer = shop.Open(Split::kNone);
  const std::vector<float> of_late = Lean({.dataset = &longer}, 30);
  EXPECT_GT(of_late[10], of_late[11]);
  EXPECT_LT(of_late[11], lean[11]);
}

// The probabilities in the file are as near to what came of its lists on validation as any that are
// fitted to these.
void ExpectCalibrated(const std::string& path, const Dataset& dataset,
                      const TrainOptions& options) {
  const auto plan = PlanTraining(dataset, {.task = options.task,
                                           .validation_fraction = options.validation_fraction,
                                           .seed = options.seed,
                                           .prefixes = options.prefixes});
  ASSERT_TRUE(plan.ok());
  const auto file = ReadTensorFile(path);
  const auto calibration = Calibration::Read(*file);
  ASSERT_TRUE(calibration.ok() && !calibration->empty());
  std::vector<Listed> lists;
  ASSERT_TRUE(
      Evaluate(**LoadModel(*file), plan->validation, {.n_items = kItems}, kTileCases, &lists).ok());
  const auto log_loss = [&lists](const Calibration& own) {
    CalibrationReport report;
    report.Add(own, lists);
    return report.ToJson({.resamples = 100})["log_loss@20"]["value"].get<double>();
  };
  EXPECT_NEAR(log_loss(*calibration), log_loss(FitCalibration(lists)), 1e-4);
}

TEST(ContextFit, ValidationChoosesToLeanAndTheFileDoes) {
  SmallShop shop(kItems);
  for (uint32_t s = 0; s < 120; ++s) shop.AddTrain(Shopper(s));
  shop.SetContexts({"unknown", "country=DE"});
  const Dataset dataset = shop.Open(Split::kStrong);
  TrainOptions options;
  options.model = "gan";
  options.validation_fraction = 0.2;
  options.epochs = options.patience = 15;
  options.gan.batch_size = 20;
  options.keep_fit = true;
  const auto trained = TrainModel(dataset, options, shop.Path("model"));
  ASSERT_TRUE(trained.ok()) << trained.error().message;
  EXPECT_GT((*trained)["settings"]["lean"].get<double>(), 0);
  ExpectCalibrated(shop.Path("model/fit.safetensors"), dataset, options);
  const auto told = CalibrationOf((*trained)["calibration"]);
  const auto served = Calibration::Read(*ReadTensorFile(shop.Path("model/model.safetensors")));
  ASSERT_EQ(served->scores.size(), told.scores.size());
  EXPECT_NEAR(served->scores[0], told.scores[0], 1e-4);
  // Before the first event, what is bought comes first.
  const auto file = ReadTensorFile(shop.Path("model/model.safetensors"));
  ASSERT_TRUE(file.ok());
  const auto model = LoadModel(*file);
  ASSERT_TRUE(model.ok());
  std::vector<float> scores(kItems);
  (*model)->Score({}, scores);
  size_t n_bought = 0;
  for (uint32_t bought = 10; bought < kItems; ++bought) {
    for (uint32_t seen = 0; seen < 10; ++seen) n_bought += scores[bought] > scores[seen];
  }
  EXPECT_GT(n_bought, 90u);

  // Applying it once more moves the bias by as much again, and nothing else.
  const TrainingPart part{.dataset = &dataset};
  ASSERT_TRUE(
      ApplyContextFit({.fade = 3, .lean = 0.5f}, part, shop.Path("model/model.safetensors")).ok());
  const auto again = ReadTensorFile(shop.Path("model/model.safetensors"));
  ASSERT_TRUE(again.ok());
  const auto leant = LoadModel(*again);
  ASSERT_TRUE(leant.ok());
  EXPECT_EQ(*again->Real("gan.context.fade"), 3);
  const auto bias = dynamic_cast<const GanModel&>(**model).item_bias();
  const auto more = dynamic_cast<const GanModel&>(**leant).item_bias();
  const std::vector<float> lean = Lean(part, 0);
  for (uint32_t i = 0; i < kItems; ++i) EXPECT_NEAR(more[i] - bias[i], 0.5f * lean[i], 1e-5);
}

// A shopper of one of two countries stays on the pages of some products, which weighs nothing in a
// profile, and buys others in between: by turns what the country likes, in any order, and anything.
std::vector<Event> Browser(uint32_t s) {
  std::vector<Event> events;
  Rng rng(5, s);
  for (uint32_t i = 0; i < 16; ++i) {
    const bool buys = i % 4 == 3;
    const uint32_t any = rng.Below(kItems);
    const uint32_t liked = s % 2 * 10 + rng.Below(10);
    events.push_back({.time = i * kDay,
                      .item = buys && i % 8 == 3 ? liked : any,
                      .price = 1,
                      .context = static_cast<uint16_t>(1 + s % 2),
                      .type = buys ? EventType::kPurchase : EventType::kDwell});
  }
  return events;
}

TEST(ContextFit, TheFadeIsTheOneThatServesBest) {
  SmallShop shop(kItems);
  for (uint32_t s = 0; s < 200; ++s) shop.AddTrain(Browser(s));
  shop.SetContexts({"unknown", "country=DE", "country=FR"});
  const Dataset dataset = shop.Open(Split::kStrong);
  TrainOptions options;
  options.model = "gan";
  options.validation_fraction = 0.3;
  options.epochs = options.patience = 5;
  options.gan.batch_size = 20;
  options.refit = false;
  const auto trained = TrainModel(dataset, options, shop.Path("model"));
  ASSERT_TRUE(trained.ok()) << trained.error().message;
  const auto plan =
      PlanTraining(dataset, {.task = options.task, .validation_fraction = 0.3, .seed = 1});
  ASSERT_TRUE(plan.ok());
  const std::string path = shop.Path("model/model.safetensors");
  const auto chosen = ChooseContextFit(*plan, path);
  ASSERT_TRUE(chosen.ok()) << chosen.error().message;
  ASSERT_TRUE(*chosen);

  Cases cases{.task = Task::kDiscovery};
  for (const size_t n_events : {0, 1, 2, 3, 5, 10}) {
    cases.Append(CasesAfterEvents(dataset.train(), {.task = Task::kDiscovery}, n_events,
                                  plan->fit.held_out));
  }
  const std::vector<std::string> names = {"country=DE", "country=FR"};
  const auto newcomers = NewcomersOf(dataset, dataset.train(), cases, names);
  const auto served_with = [&](float fade) {
    EXPECT_TRUE(ApplyContextFit({.fade = fade}, plan->fit, path).ok());
    const auto file = ReadTensorFile(path);
    const auto model = LoadModel(*file);
    std::vector<float> scores(kItems);
    std::vector<uint32_t> list;
    double sum = 0;
    for (size_t i = 0; i < cases.size(); ++i) {
      dynamic_cast<const GanModel&>(**model).Score(cases.HistoryOf(i), newcomers[i].columns,
                                                   scores);
      sum += static_cast<double>(RankCase(cases, i, scores, {.n_items = kItems}, list)[kNdcg20]);
    }
    return sum;
  };
  const double best = served_with((*chosen)->fade);
  for (const float fade : {0, 1, 2, 5, 10, 20, 50, 100, 200}) {
    EXPECT_LE(served_with(fade), best) << fade;
  }
}

}  // namespace
}  // namespace vitrine
