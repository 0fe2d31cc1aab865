// What sells, counted in the ways that a new shopper can be shown.
#include "evaluate/cold_popularity.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/rng.h"
#include "support/small_shop.h"

namespace vitrine {
namespace {

size_t Best(const std::vector<float>& scores) {
  return static_cast<size_t>(std::ranges::max_element(scores) - scores.begin());
}

// Two countries with tastes of their own; what comes later in a life is another product than the
// first; all of them sell the last product lately.
class ColdPopularityTest : public testing::Test {
 protected:
  ColdPopularityTest() : shop_(5) {
    for (int s = 0; s < 10; ++s) {
      auto events = SmallShop::Purchases({s < 6 ? 0u : 1u, 2, 3, 3, 3});
      for (size_t i = 2; i < events.size(); ++i) events[i].time += 10 * kDay;
      events.back().time = 100 * kDay;
      events.back().item = 4;
      for (Event& event : events) event.context = s < 6 ? 1 : 2;
      shop_.AddTrain(std::move(events));
    }
    shop_.SetContexts({"unknown", "country=DE", "country=FR"});
  }
  SmallShop shop_;
  const std::vector<std::string> names_ = {"country=DE", "country=FR"};
};

TEST_F(ColdPopularityTest, CountsInTheContextAndLatelyAndInFirstBaskets) {
  const Dataset dataset = shop_.Open(Split::kNone);
  const ColdPopularity popularity({.dataset = &dataset}, names_);
  std::vector<float> scores(5);
  popularity.Overall(scores);
  EXPECT_EQ(scores, (std::vector<float>{6, 4, 10, 10, 10}));
  // A shopper counts once for a product, and the first basket is the first day.
  popularity.FirstBasket(scores);
  EXPECT_EQ(scores, (std::vector<float>{6, 4, 0, 0, 0}));
  popularity.InContext({.columns = {1}, .came = 0}, 10, scores);
  EXPECT_EQ(scores, (std::vector<float>{6, 8, 14, 14, 14}));
  // A context that nobody had, and none.
  popularity.InContext({.columns = {0, 1}, .came = 0}, 10, scores);
  EXPECT_EQ(scores, (std::vector<float>{6, 4, 10, 10, 10}));
}

TEST_F(ColdPopularityTest, RecentIsBeforeTheShopperCame) {
  const Dataset dataset = shop_.Open(Split::kNone);
  const ColdPopularity popularity({.dataset = &dataset}, names_);
  std::vector<float> scores(5);
  popularity.Recent({.came = 2 * kDay}, scores);
  EXPECT_EQ(scores, (std::vector<float>{6, 4, 10, 0, 0}));
  popularity.Recent({.came = 1000 * kDay}, scores);  // as of the part's end
  EXPECT_EQ(Best(scores), 4u);
  EXPECT_EQ(scores[0], 0);
  popularity.RecentAndFirst({.came = 1000 * kDay}, 0, scores);
  EXPECT_EQ(Best(scores), 4u);
  popularity.RecentAndFirst({.came = 1000 * kDay}, 1, scores);
  EXPECT_EQ(Best(scores), 0u);
  popularity.RecentAndFirst({.came = 1000 * kDay}, 0.5, scores);
  EXPECT_FLOAT_EQ(scores[0], 0.3f);
  EXPECT_FLOAT_EQ(scores[4], 0.5f);
}

// Shopper `s` takes `items` on one day.
std::vector<Event> Visit(const std::vector<uint32_t>& items, int64_t day, uint16_t context) {
  auto events = SmallShop::Purchases(items);
  for (Event& event : events) {
    event.time = day * kDay;
    event.context = context;
  }
  return events;
}

// A small country among a large one, each with products of its own, of which others are the fashion
// every other month: pulling the small one towards all is wrong, and so is what was sold long ago.
TEST(ChooseColdPopularity, TrustsTheCountryAndTheMonthWhereTheyTell) {
  constexpr uint32_t kMonths = 8;
  SmallShop shop(2 * 3 * kMonths);
  for (uint32_t s = 0; s < 400; ++s) {
    const uint32_t country = s % 10 == 0, month = s / 50;
    std::vector<uint32_t> items;
    for (uint32_t i = 0; i < 3; ++i) items.push_back(3 * (kMonths * country + month) + i);
    shop.AddTrain(Visit(items, 60 * month + s % 50 / 2, static_cast<uint16_t>(1 + country)));
  }
  shop.SetContexts({"unknown", "country=DE", "country=FR"});
  const Dataset dataset = shop.Open(Split::kStrong);
  const ColdPopularitySettings chosen =
      ChooseColdPopularity(dataset, std::vector<std::string>{"country=DE", "country=FR"});
  EXPECT_EQ(chosen.strength, 5);  // the least
  EXPECT_EQ(chosen.weight, 0);
}

// Everyone draws from the same products at any time: the few of a country, and of the last month,
// are only a poorer sample.
TEST(ChooseColdPopularity, TrustsAllWhereNothingElseTells) {
  SmallShop shop(60);
  std::vector<std::string> names, contexts = {"unknown"};
  for (int c = 0; c < 50; ++c) names.push_back("country=" + std::to_string(10 + c));
  contexts.insert(contexts.end(), names.begin(), names.end());
  for (uint32_t s = 0; s < 1000; ++s) {
    Rng rng(3, s);
    std::vector<uint32_t> items;
    for (uint32_t i = 0; i < 5; ++i) {
      const float u = rng.Uniform();
      items.push_back(static_cast<uint32_t>(60 * u * u * u));
    }
    shop.AddTrain(Visit(items, s, static_cast<uint16_t>(1 + s % 50)));
  }
  shop.SetContexts(contexts);
  const ColdPopularitySettings chosen = ChooseColdPopularity(shop.Open(Split::kStrong), names);
  EXPECT_EQ(chosen.strength, 1000);  // the most
  EXPECT_EQ(chosen.weight, 1);
}

TEST(CameSince, AreThoseWhoseFirstEventIsLateEnough) {
  SmallShop shop(2);
  shop.AddTrain(SmallShop::Purchases({0, 1}, 0));
  shop.AddTrain(SmallShop::Purchases({0, 1}, 5));
  const Dataset dataset = shop.Open(Split::kNone);
  EXPECT_EQ(CameSince(dataset.train(), 5 * kDay), std::vector<uint32_t>{1});
  EXPECT_EQ(CameSince(dataset.train(), 0).size(), 2u);
}

}  // namespace
}  // namespace vitrine
