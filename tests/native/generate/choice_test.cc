// The true scores are the probabilities that the simulation draws from.
#include "generate/choice.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "example.h"

namespace vitrine::generate {
namespace {

Event Make(EventType type, uint32_t item, int64_t time) {
  return {.time = time, .item = item, .type = type};
}

TEST(Memory, KeepsWhatWasCartedOrWishedUntilBoughtOrTakenOut) {
  Memory memory;
  memory.Apply(Make(EventType::kCart, 1, 10));
  memory.Apply(Make(EventType::kWish, 2, 11));
  memory.Apply(Make(EventType::kCart, 3, 12));
  memory.Apply(Make(EventType::kView, 9, 13));
  EXPECT_EQ(memory.considered(), (std::vector<uint32_t>{1, 2, 3}));
  memory.Apply(Make(EventType::kPurchase, 1, 14));
  memory.Apply(Make(EventType::kUncart, 3, 15));
  EXPECT_EQ(memory.considered(), (std::vector<uint32_t>{2}));
  EXPECT_TRUE(memory.HasBought(1));
  EXPECT_FALSE(memory.HasBought(3));
}

TEST(Memory, ForgetsTheOldestConsideredAndKeepsTheLastPurchase) {
  Memory memory;
  for (uint32_t item = 0; item < kMostConsidered + 2; ++item) {
    memory.Apply(Make(EventType::kCart, item, item));
  }
  EXPECT_EQ(memory.considered().size(), kMostConsidered);
  EXPECT_FALSE(memory.Considers(1));
  EXPECT_TRUE(memory.Considers(2));
  memory.Apply(Make(EventType::kPurchase, 7, 100));
  memory.Apply(Make(EventType::kPurchase, 7, 200));
  ASSERT_EQ(memory.bought().size(), 1u);
  EXPECT_EQ(memory.bought()[0].time, 200);
}

TEST(Choice, IntentSumsToOneAndTurnsToWhatGoesWithAPurchase) {
  const Shop& shop = ExampleShop();
  const Shopper shopper = MakeShopper(shop, 1);
  const int64_t now = shop.calendar.start() + 160 * kDaySeconds;
  Memory memory;
  std::vector<float> before(Kinds().size()), after(Kinds().size());
  Intent(shop, shopper, memory, now, before);
  memory.Apply(Make(EventType::kPurchase, shop.assortment.of_kind[KindIndex("tent")][0],
                    now - 5 * kDaySeconds));
  Intent(shop, shopper, memory, now, after);
  EXPECT_NEAR(std::accumulate(before.begin(), before.end(), 0.0), 1, 1e-5);
  EXPECT_NEAR(std::accumulate(after.begin(), after.end(), 0.0), 1, 1e-5);
  EXPECT_GT(after[KindIndex("sleeping-bag")], before[KindIndex("sleeping-bag")] + 0.04);
}

// The two ways of DrawItem, proposals and written-out weights, draw from one distribution: that of
// browse(i). Shoppers with poor matches reach the second.
TEST(Choice, ItemsAreDrawnWithTheirProbabilities) {
  const Shop& shop = ExampleShop();
  const int64_t now = shop.calendar.start() + 200 * kDaySeconds;
  const size_t kind = KindIndex("mug");
  const auto& items = shop.assortment.of_kind[kind];
  constexpr int kDraws = 40000;
  Memory memory;
  memory.Apply(Make(EventType::kPurchase, items[0], now - kDaySeconds));  // a durable, now owned
  for (const size_t index : {0u, 1u, 2u, 3u, 4u}) {
    const Shopper shopper = MakeShopper(shop, index);
    std::vector<double> weights;
    for (const uint32_t i : items) {
      const Item& item = shop.assortment.items[i];
      const double age = static_cast<double>(now - item.launched) / kDaySeconds;
      const double fresh = OnSale(item, now) ? 1 + std::exp(-age / kFreshDays) : 0;
      weights.push_back(item.popularity * Match(shopper, item) * fresh *
                        (i == items[0] ? kOwned : 1));
    }
    const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
    std::vector<double> counts(shop.assortment.items.size());
    Rng rng(8, index);
    for (int n = 0; n < kDraws; ++n) ++counts[DrawItem(shop, shopper, memory, kind, now, rng)];
    double chi2 = 0, cells = 0;
    for (size_t i = 0; i < items.size(); ++i) {
      const double expected = kDraws * weights[i] / sum;
      if (expected == 0) {
        EXPECT_EQ(counts[items[i]], 0);
      } else if (expected > 5) {
        chi2 += std::pow(counts[items[i]] - expected, 2) / expected;
        ++cells;
      }
    }
    EXPECT_LT(chi2, cells + 5 * std::sqrt(2 * cells)) << "shopper " << index;
  }
}

TEST(Choice, OnlyDueConsumablesAreBoughtAgain) {
  const Shop& shop = ExampleShop();
  const Shopper shopper = MakeShopper(shop, 0);
  const auto probability = [&](const char* key, double days) {
    const uint32_t i = shop.assortment.of_kind[KindIndex(key)][0];
    const int64_t bought = shop.calendar.start();
    return RepeatProbability(shopper, shop.assortment.items[i], bought,
                             bought + static_cast<int64_t>(days * kDaySeconds));
  };
  EXPECT_EQ(probability("tent", 300), 0);
  EXPECT_EQ(probability("coffee-beans", 15), 0);
  EXPECT_NEAR(probability("coffee-beans", 30), shopper.repeat, 1e-5);
  EXPECT_NEAR(probability("coffee-beans", 24), shopper.repeat / 2, 1e-5);
  EXPECT_LT(probability("coffee-beans", 90), 0.3 * shopper.repeat);
}

// Summed over visits, predicted and actual purchases agree at every level of the score, and for
// what the shopper had put into a cart or on the wish list before. The intent that the views of a
// visit share, which the formula passes over, costs a few per cent.
TEST(Choice, TrueScoresAreCalibrated) {
  const Shop& shop = ExampleShop();
  constexpr int kLevels = 8;
  std::array<double, kLevels> predicted{}, actual{};
  double predicted_considered = 0, actual_considered = 0;
  const auto level = [](float score) {
    return std::clamp(static_cast<int>(-std::log2(score)) / 2, 0, kLevels - 1);
  };
  std::vector<float> scores(shop.assortment.items.size());
  for (size_t shopper = 0; shopper < 500; ++shopper) {
    const ShopperLog& log = ExampleLogs()[shopper];
    std::vector<Event> past;
    Memory memory;  // of past
    size_t next = 0;
    for (uint32_t visit = 0; visit < log.visits.size(); ++visit) {
      const size_t applied = past.size();
      const bool browsing = log.visits[visit].landing != kReviewPage;
      if (browsing) {
        TrueScores(shop, log.shopper, {past, log.visits[visit].start}, scores);
        for (const float score : scores) {
          ASSERT_GE(score, 0);
          ASSERT_LE(score, 1);
          if (score > 0) predicted[static_cast<size_t>(level(score))] += score;
        }
        for (const uint32_t item : memory.considered()) predicted_considered += scores[item];
      }
      for (; next < log.events.size() && log.events[next].visit == visit; ++next) {
        const Event& event = log.events[next].event;
        if (event.type == EventType::kPurchase) {
          ASSERT_GT(scores[event.item], 0);
          ++actual[static_cast<size_t>(level(scores[event.item]))];
          actual_considered += memory.Considers(event.item);
        }
        past.push_back(event);
      }
      for (size_t i = applied; i < past.size(); ++i) memory.Apply(past[i]);
    }
  }
  for (size_t i = 0; i < kLevels; ++i) {
    EXPECT_GT(predicted[i], 20);
    EXPECT_NEAR(actual[i], predicted[i], 4 * std::sqrt(predicted[i]) + 0.06 * predicted[i]) << i;
  }
  EXPECT_GT(predicted_considered, 200);
  EXPECT_NEAR(actual_considered, predicted_considered,
              4 * std::sqrt(predicted_considered) + 0.06 * predicted_considered);
}

}  // namespace
}  // namespace vitrine::generate
