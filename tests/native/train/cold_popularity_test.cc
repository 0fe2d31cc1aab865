// What sells, counted in the ways that a new shopper can be shown.
#include "train/cold_popularity.h"

#include <gtest/gtest.h>

#include <algorithm>

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

// Where countries differ and nothing else tells shoppers apart, a small pull does best; where the
// country says nothing, a large one loses nothing.
TEST(ChooseColdPopularity, TakesWhatForetellsHeldOutShoppers) {
  SmallShop shop(60);
  for (uint32_t s = 0; s < 200; ++s) {
    // Twenty products of the country, then one of the ten that all have.
    std::vector<uint32_t> items;
    for (uint32_t i = 0; i < 10; ++i) items.push_back((s % 2) * 30 + (s / 2 + i) % 20);
    auto events = SmallShop::Purchases(items);
    for (Event& event : events) event.context = static_cast<uint16_t>(1 + s % 2);
    shop.AddTrain(std::move(events));
  }
  shop.SetContexts({"unknown", "country=DE", "country=FR"});
  const Dataset dataset = shop.Open(Split::kStrong);
  const std::vector<std::string> names = {"country=DE", "country=FR"};
  const ColdPopularitySettings chosen = ChooseColdPopularity(dataset, names);
  EXPECT_LE(chosen.strength, 100);
  std::vector<float> scores(60);
  ColdPopularity({.dataset = &dataset}, names)
      .InContext({.columns = {0}, .came = 0}, chosen.strength, scores);
  EXPECT_LT(Best(scores), 20u);
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
