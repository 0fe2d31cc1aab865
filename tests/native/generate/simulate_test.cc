// What shoppers do keeps the order and the rates of a shop.
#include "generate/simulate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "example.h"
#include "generate/choice.h"

namespace vitrine::generate {
namespace {

bool IsBrowsing(const Visit& visit) { return visit.landing != kReviewPage; }

TEST(Simulate, AShopperDependsOnSeedAndNumberAlone) {
  const Shop& shop = ExampleShop();
  for (const size_t shopper : {3u, 700u, 0u}) {
    const ShopperLog again = Simulate(shop, shopper);
    const ShopperLog& before = ExampleLogs()[shopper];
    ASSERT_EQ(again.events.size(), before.events.size());
    for (size_t i = 0; i < again.events.size(); ++i) {
      EXPECT_EQ(again.events[i].event.time, before.events[i].event.time);
      EXPECT_EQ(again.events[i].event.item, before.events[i].event.item);
    }
    EXPECT_EQ(again.left_at, before.left_at);
  }
}

TEST(Simulate, EventsAscendWithinThePeriod) {
  const Calendar& calendar = ExampleShop().calendar;
  for (const ShopperLog& log : ExampleLogs()) {
    int64_t last = calendar.start();
    for (const LoggedEvent& logged : log.events) {
      ASSERT_GE(logged.event.time, last);
      ASSERT_GE(logged.event.time, log.visits[logged.visit].start);
      last = logged.event.time;
    }
    ASSERT_LT(last, calendar.end());
    ASSERT_FALSE(log.events.empty());
    ASSERT_TRUE(std::is_sorted(log.visits.begin(), log.visits.end(),
                               [](const Visit& a, const Visit& b) { return a.start < b.start; }));
  }
}

TEST(Simulate, VisitsAreFarEnoughApartToBeToldApart) {
  for (const ShopperLog& log : ExampleLogs()) {
    for (size_t i = 1; i < log.events.size(); ++i) {
      if (log.events[i].visit == log.events[i - 1].visit) continue;
      if (!IsBrowsing(log.visits[log.events[i].visit])) continue;
      ASSERT_GE(log.events[i].event.time - log.events[i - 1].event.time, 1800);
    }
  }
}

TEST(Simulate, AViewComesBeforeTheCartAndTheCartBeforeThePurchase) {
  size_t n_purchases = 0;
  for (const ShopperLog& log : ExampleLogs()) {
    uint32_t visit = 0;
    std::set<uint32_t> viewed, carted;
    for (const LoggedEvent& logged : log.events) {
      if (logged.visit != visit) {
        viewed.clear();
        carted.clear();
        visit = logged.visit;
      }
      const Event& event = logged.event;
      switch (event.type) {
        case EventType::kView:
          viewed.insert(event.item);
          break;
        case EventType::kCart:
          ASSERT_TRUE(viewed.contains(event.item));
          ASSERT_TRUE(carted.insert(event.item).second);
          break;
        case EventType::kUncart:
          ASSERT_EQ(carted.erase(event.item), 1u);
          break;
        case EventType::kPurchase:
          ASSERT_EQ(carted.erase(event.item), 1u);
          ASSERT_NE(event.basket, kNoBasket);
          ASSERT_GE(event.quantity, 1);
          ++n_purchases;
          break;
        default:
          break;
      }
    }
  }
  EXPECT_GT(n_purchases, 2000u);
}

TEST(Simulate, OnlyWhatIsOnSaleIsSeenAndBought) {
  const Shop& shop = ExampleShop();
  for (const ShopperLog& log : ExampleLogs()) {
    for (const LoggedEvent& logged : log.events) {
      const EventType type = logged.event.type;
      if (type == EventType::kRate || type == EventType::kReview) continue;
      const int64_t start = log.visits[logged.visit].start;
      const Item& item = shop.assortment.items[logged.event.item];
      ASSERT_TRUE(OnSale(item, start) || OnSale(item, logged.event.time));
    }
  }
}

TEST(Simulate, TheFunnelHasTheRatesOfAShop) {
  std::map<EventType, double> n;
  double shoppers_who_buy = 0;
  for (const ShopperLog& log : ExampleLogs()) {
    bool buys = false;
    for (const LoggedEvent& logged : log.events) {
      ++n[logged.event.type];
      buys = buys || logged.event.type == EventType::kPurchase;
    }
    shoppers_who_buy += buys;
  }
  const double shoppers = static_cast<double>(ExampleLogs().size());
  EXPECT_GT(n[EventType::kPurchase] / n[EventType::kView], 0.04);
  EXPECT_LT(n[EventType::kPurchase] / n[EventType::kView], 0.08);
  EXPECT_GT(n[EventType::kCart] / n[EventType::kView], 0.08);
  EXPECT_LT(n[EventType::kCart] / n[EventType::kView], 0.16);
  EXPECT_GT(n[EventType::kPurchase] / shoppers, 2.5);
  EXPECT_GT(shoppers_who_buy / shoppers, 0.6);
  EXPECT_NEAR(n[EventType::kRate] / n[EventType::kPurchase], 0.25, 0.03);
}

TEST(Simulate, WhoLeftNeverActsAgain) {
  double left = 0, expected = 0;
  for (const ShopperLog& log : ExampleLogs()) {
    ASSERT_GT(log.left_at, log.events.back().event.time);
    left += log.left_at != kNever;
    for (const Visit& visit : log.visits) {
      if (IsBrowsing(visit)) expected += log.shopper.leave_probability;
    }
  }
  // The rest of the leaving comes from bad purchases.
  EXPECT_GT(left, 0.9 * expected);
  EXPECT_LT(left, 1.6 * expected);
}

TEST(Simulate, ConsumablesAreBoughtAgainWhenTheyRunOut) {
  const Shop& shop = ExampleShop();
  std::vector<double> shares;  // time between two purchases of an item / time that it lasts
  for (const ShopperLog& log : ExampleLogs()) {
    std::map<uint32_t, int64_t> last;
    for (const LoggedEvent& logged : log.events) {
      if (logged.event.type != EventType::kPurchase) continue;
      const double lasts = Kinds()[shop.assortment.items[logged.event.item].kind]->repeat_days;
      const auto [before, is_first] = last.emplace(logged.event.item, logged.event.time);
      if (lasts > 0 && !is_first) {
        shares.push_back(static_cast<double>(logged.event.time - before->second) / kDaySeconds /
                         lasts);
      }
      before->second = logged.event.time;
    }
  }
  ASSERT_GT(shares.size(), 200u);
  std::sort(shares.begin(), shares.end());
  EXPECT_NEAR(shares[shares.size() / 2], 1, 0.2);
  const auto near = std::count_if(shares.begin(), shares.end(),
                                  [](double share) { return share > 0.6 && share < 1.6; });
  EXPECT_GT(static_cast<double>(near), 0.7 * static_cast<double>(shares.size()));
}

TEST(Simulate, RatingsFollowQuality) {
  const Shop& shop = ExampleShop();
  double good = 0, bad = 0, n_good = 0, n_bad = 0;
  for (const ShopperLog& log : ExampleLogs()) {
    for (const LoggedEvent& logged : log.events) {
      if (logged.event.type != EventType::kRate) continue;
      ASSERT_GE(logged.event.value, 1);
      ASSERT_LE(logged.event.value, 5);
      const float quality = shop.assortment.items[logged.event.item].quality;
      (quality > 0 ? good : bad) += logged.event.value;
      ++(quality > 0 ? n_good : n_bad);
    }
  }
  EXPECT_GT(good / n_good, bad / n_bad + 0.4);
}

TEST(Simulate, ReviewsBelongToRatings) {
  size_t n = 0;
  for (const ShopperLog& log : ExampleLogs()) {
    size_t events = 0;
    for (const LoggedEvent& logged : log.events) events += logged.event.type == EventType::kReview;
    ASSERT_EQ(events, log.reviews.size());
    for (const Review& review : log.reviews) {
      EXPECT_GT(review.text.size(), 8u);
      EXPECT_EQ(review.text.back(), '.');
      EXPECT_TRUE(std::any_of(log.events.begin(), log.events.end(), [&](const LoggedEvent& logged) {
        return logged.event.type == EventType::kRate && logged.event.item == review.item &&
               static_cast<int>(logged.event.value) == review.rating;
      }));
      ++n;
    }
  }
  EXPECT_GT(n, 100u);
}

TEST(Simulate, NewShoppersKeepArriving) {
  const Calendar& calendar = ExampleShop().calendar;
  std::array<int, 4> quarters{};
  for (const ShopperLog& log : ExampleLogs()) {
    ++quarters[static_cast<size_t>(calendar.DayOf(log.visits.front().start) * 4 / calendar.days())];
  }
  EXPECT_GT(quarters[0], 2 * quarters[3]);  // half of them know the shop already
  for (const int n : quarters) EXPECT_GT(n, 80);
}

TEST(Simulate, TheSmallestShopsWork) {
  for (const size_t products : {1u, 2u, 7u, 60u}) {
    for (const int days : {1, 40}) {
      const auto shop = MakeShop({.products = products, .shoppers = 20, .days = days, .seed = 5});
      ASSERT_TRUE(shop.ok());
      for (size_t shopper = 0; shopper < 20; ++shopper) {
        const ShopperLog log = Simulate(*shop, shopper);
        ASSERT_FALSE(log.events.empty());
        for (const LoggedEvent& logged : log.events) ASSERT_LT(logged.event.item, products);
        ASSERT_LT(log.events.back().event.time, shop->calendar.end());
      }
    }
  }
}

}  // namespace
}  // namespace vitrine::generate
