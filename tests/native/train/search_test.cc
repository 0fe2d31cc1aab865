// The search: what is drawn, who goes on, and that a search taken up again ends as one never
// stopped.
#include "train/search.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "support/small_shop.h"

namespace vitrine {
namespace {

using Json = nlohmann::ordered_json;

TEST(ParseRange, ReadsEndsAndChoices) {
  const auto dropout = ParseRange("--dropout=0.3:0.8");
  ASSERT_TRUE(dropout.ok());
  EXPECT_EQ(dropout->flag, "dropout");
  EXPECT_EQ(dropout->low, 0.3);
  EXPECT_EQ(dropout->high, 0.8);
  EXPECT_FALSE(dropout->logarithmic || dropout->whole);
  EXPECT_TRUE(ParseRange("learning-rate=1e-4:1e-2")->logarithmic);
  EXPECT_TRUE(ParseRange("neighbours=10:500")->whole);
  EXPECT_FALSE(ParseRange("adversary=0:1")->whole);
  EXPECT_EQ(ParseRange("hidden=200,300")->choices, (std::vector<std::string>{"200", "300"}));
  for (const char* bad :
       {"", "dropout", "=1:2", "dropout=", "a=1:2:3", "a=2:1", "a=x:2", "a=1,,2"}) {
    const auto range = ParseRange(bad);
    ASSERT_FALSE(range.ok()) << bad;
    EXPECT_NE(range.error().message.find("FLAG=LOW:HIGH"), std::string::npos);
  }
}

TEST(DrawSettings, DrawsWithinTheRangesAndTheSameAgain) {
  const std::vector<Range> ranges = {*ParseRange("rate=1e-4:1e-2"), *ParseRange("n=1:9"),
                                     *ParseRange("width=8,16,32")};
  size_t small = 0;
  for (size_t trial = 1; trial <= 400; ++trial) {
    const Settings settings = DrawSettings(ranges, 3, trial);
    EXPECT_EQ(settings, DrawSettings(ranges, 3, trial));
    const double rate = std::atof(settings[0].second.c_str());
    EXPECT_TRUE(rate >= 1e-4 && rate <= 1e-2) << rate;
    small += rate < 1e-3;  // half of a logarithmic range
    const double n = std::atof(settings[1].second.c_str());
    EXPECT_TRUE(n >= 1 && n <= 9 && n == std::floor(n)) << n;
    EXPECT_EQ(std::ranges::count(ranges[2].choices, settings[2].second), 1);
  }
  EXPECT_NEAR(static_cast<double>(small), 200, 40);
  EXPECT_NE(DrawSettings(ranges, 3, 1), DrawSettings(ranges, 3, 2));
  EXPECT_NE(DrawSettings(ranges, 3, 1), DrawSettings(ranges, 4, 1));
}

class SearchTest : public testing::Test {
 protected:
  SearchTest() : shop_(12) {
    Rng rng(8, 8);
    for (uint32_t shopper = 0; shopper < 120; ++shopper) {
      std::vector<uint32_t> items;
      for (uint32_t i = shopper % 2; i < 12; i += 2) items.push_back(i);
      Shuffle(items, rng);
      items.resize(5);
      shop_.AddTrain(SmallShop::Purchases(items));
    }
    dataset_ = shop_.Open(Split::kStrong);
  }

  // Learning rates from useless to good, and one that cannot be trained with.
  static std::vector<Trial> VaeTrials() {
    std::vector<Trial> trials;
    for (const double rate : {1e-6, 1e-5, 1e-2, 3e-2, 1e30, 1e-4, 1e-3}) {
      Trial& trial = trials.emplace_back();
      trial.settings = {{"learning-rate", std::to_string(rate)}};
      trial.options.validation_fraction = 0.2;
      trial.options.epochs = 20;
      trial.options.patience = 20;
      trial.options.checkpoint_seconds = 0;
      trial.options.vae.hidden = 16;
      trial.options.vae.latent = 8;
      trial.options.vae.batch_size = 20;
      trial.options.vae.learning_rate = rate;
    }
    return trials;
  }

  Result<Json> Run(const std::vector<Trial>& trials, const SearchOptions& options,
                   const std::string& out) {
    return Search(dataset_, trials, {{"of", "a test"}}, options, shop_.Path(out));
  }

  SmallShop shop_;
  Dataset dataset_;
};

TEST_F(SearchTest, TheBestGoOnAndTheLastRungRunsToItsEnd) {
  const auto result = Run(VaeTrials(), {.reduction = 2, .first_epochs = 3}, "tune");
  ASSERT_TRUE(result.ok()) << result.error().message;
  const Json& trials = (*result)["trials"];
  const std::string metric = (*result)["metric"];
  // Seven, one of which fails: six, three, two.
  std::vector<size_t> n_reached(4);
  for (const Json& trial : trials) {
    for (size_t rung = 0; rung < trial["rungs"].size(); ++rung) ++n_reached[rung];
  }
  EXPECT_EQ(n_reached, (std::vector<size_t>{6, 3, 2, 0}));
  EXPECT_NE(trials[4]["failed"].get<std::string>().find("--learning-rate"), std::string::npos);
  const size_t best = (*result)["best"];
  ASSERT_EQ(trials[best]["rungs"].size(), 3u);
  EXPECT_EQ(trials[best]["rungs"][0]["epochs"], 3);
  EXPECT_EQ(trials[best]["rungs"][1]["epochs"], 6);
  EXPECT_EQ(trials[best]["rungs"][2]["epochs"], 20);
  for (const Json& trial : trials) {
    if (trial["rungs"].size() < 3) continue;
    EXPECT_LE(trial["rungs"][2][metric], trials[best]["rungs"][2][metric]);
    // A longer run has the best of a shorter one.
    EXPECT_LE(trial["rungs"][0][metric], trial["rungs"][1][metric]);
  }
  EXPECT_EQ((*result)["validation"][metric], trials[best]["rungs"][2][metric]);
  EXPECT_FALSE(std::filesystem::exists(shop_.Path("tune/trial-2")));
}

TEST_F(SearchTest, TakenUpAgainItEndsAsOneNeverStopped) {
  const auto whole = Run(VaeTrials(), {.reduction = 2, .first_epochs = 3}, "whole");
  ASSERT_TRUE(whole.ok());
  for (const size_t stop : {1, 4, 8, 10}) {
    const std::string out = "parts-" + std::to_string(stop);
    const auto part =
        Run(VaeTrials(), {.reduction = 2, .first_epochs = 3, .stop_after = stop}, out);
    ASSERT_TRUE(part.ok());
    EXPECT_TRUE(part->contains("interrupted"));
    const auto rest = Run(VaeTrials(), {.reduction = 2, .first_epochs = 3, .resume = true}, out);
    ASSERT_TRUE(rest.ok()) << rest.error().message;
    EXPECT_EQ(*rest, *whole) << "stopped after " << stop;
  }
  const auto other = Search(dataset_, VaeTrials(), {{"of", "another"}},
                            {.reduction = 2, .resume = true}, shop_.Path("whole"));
  ASSERT_FALSE(other.ok());
  EXPECT_NE(other.error().message.find("--force"), std::string::npos);
}

TEST_F(SearchTest, WhatIsComputedHasOneRung) {
  std::vector<Trial> trials;
  for (const float lambda : {1e-2f, 1e9f, 10.0f}) {
    Trial& trial = trials.emplace_back();
    trial.options.model = "linear";
    trial.options.validation_fraction = 0.2;
    trial.options.closed_form.lambda = {lambda};
  }
  const auto result = Run(trials, {}, "tune");
  ASSERT_TRUE(result.ok()) << result.error().message;
  for (const Json& trial : (*result)["trials"]) EXPECT_EQ(trial["rungs"].size(), 1u);
}

TEST_F(SearchTest, WhereNothingCanBeTrainedItSaysWhy) {
  std::vector<Trial> trials = {VaeTrials()[4]};
  const auto result = Run(trials, {}, "tune");
  ASSERT_FALSE(result.ok());
  EXPECT_NE(result.error().message.find("--learning-rate"), std::string::npos);
}

}  // namespace
}  // namespace vitrine
