#include "evaluate/reasons.h"

#include <gtest/gtest.h>

#include <numeric>

#include "core/rng.h"
#include "format/safetensors.h"

namespace vitrine {
namespace {

constexpr int64_t kNow = 1700000000;

std::unique_ptr<Recommender> OpenModel(const std::string& name) {
  auto file = ReadTensorFile(VITRINE_TEST_CASES "/serve/" + name + ".safetensors");
  EXPECT_TRUE(file.ok());
  return std::move(*Recommender::Create(std::move(*file)));
}

// Histories of so many of the model's 40 products, each bought once.
Cases SomeCases(uint32_t n_cases, uint32_t n_products) {
  Cases cases;
  for (uint32_t i = 0; i < n_cases; ++i) {
    Rng rng(3, i);
    for (uint32_t k = 0; k < n_products; ++k) {
      cases.events.push_back({.time = kNow - int64_t{86400} * (n_products - k),
                              .item = (rng.Next() % 5 + 5 * k) % 40,
                              .type = k % 2 == 0 ? EventType::kPurchase : EventType::kView});
    }
    cases.shopper.push_back(i);
    cases.now.push_back(kNow);
    cases.event_offsets.push_back(cases.events.size());
  }
  return cases;
}

using Quality = ReasonQuality;

class ReasonsTest : public testing::TestWithParam<std::string> {};

TEST_P(ReasonsTest, TheOrderOfTheReasonsIsBetterThanOthers) {
  const auto recommender = OpenModel(GetParam());
  const auto quality = MeasureReasons(*recommender, SomeCases(60, 8), {});
  ASSERT_TRUE(quality.ok());
  EXPECT_EQ(quality->n_cases, 60u);
  for (size_t order = 0; order < Quality::kOrders; ++order) {
    // All of the history is left out at last, and given back at last.
    EXPECT_NEAR(quality->deletion[order].front(), quality->insertion[order].back(), 1e-6);
    EXPECT_NEAR(quality->deletion[order].back(), quality->insertion[order].front(), 1e-6);
    EXPECT_NEAR(quality->deletion[order].front(), quality->deletion[0].front(), 1e-6);
  }
  for (const Quality::Order order : {Quality::kRecency, Quality::kRandom}) {
    EXPECT_GT(quality->deletion_gain[order].interval.low, 0);
    EXPECT_GT(quality->insertion_gain[order].interval.low, 0);
  }
  const auto& places = quality->by_place;
  EXPECT_NEAR(std::accumulate(places.begin(), places.end(), 0.0), 1, 1e-6);
  const auto view = static_cast<size_t>(EventType::kView);
  const auto purchase = static_cast<size_t>(EventType::kPurchase);
  EXPECT_GT(quality->by_type[view], 0.2);
  EXPECT_GT(quality->by_type[purchase], 0.2);
  EXPECT_NEAR(quality->by_type[view] + quality->by_type[purchase], 1, 1e-6);
}

INSTANTIATE_TEST_SUITE_P(Models, ReasonsTest, testing::Values("linear", "vae", "forward"));

TEST(Reasons, AreTheSameTwice) {
  const auto recommender = OpenModel("vae");
  const Cases cases = SomeCases(30, 6);
  const auto once = MeasureReasons(*recommender, cases, {.most_cases = 20});
  const auto again = MeasureReasons(*recommender, cases, {.most_cases = 20});
  ASSERT_TRUE(once.ok() && again.ok());
  EXPECT_EQ(once->n_cases, 20u);
  EXPECT_EQ(once->ToJson(), again->ToJson());
}

TEST(Reasons, WantHistoriesThatHaveAnOrder) {
  const auto quality = MeasureReasons(*OpenModel("vae"), SomeCases(5, 3), {});
  ASSERT_FALSE(quality.ok());
  EXPECT_EQ(quality.error().code, ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace vitrine
