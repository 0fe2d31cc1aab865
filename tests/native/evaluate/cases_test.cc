// The laws of evaluate/cases: where a prefix may end, what counts as a target, who is left out.
#include "evaluate/cases.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <vector>

#include "core/rng.h"
#include "support/small_shop.h"

namespace vitrine {
namespace {

using Items = std::vector<uint32_t>;

Event Buy(int64_t time, uint32_t item, uint32_t basket, float price = 1, float quantity = 1) {
  return {.time = time,
          .item = item,
          .basket = basket,
          .price = price,
          .quantity = quantity,
          .type = EventType::kPurchase};
}
Event See(int64_t time, uint32_t item, EventType type = EventType::kView) {
  return {.time = time, .item = item, .type = type};
}

template <class T>
std::vector<T> Copy(std::span<const T> values) {
  return {values.begin(), values.end()};
}

Cases FromTime(Task task, const std::vector<Event>& events, int64_t cut) {
  CaseMaker maker({.task = task});
  maker.AddFromTime(7, events, cut);
  return maker.Take();
}
Cases FoldIn(Task task, const std::vector<Event>& events) {
  CaseMaker maker({.task = task});
  maker.AddFoldIn(7, events);
  return maker.Take();
}

TEST(CasesFromTime, NextBasketKeepsRepeatsAndDiscoveryDropsThem) {
  const std::vector<Event> events = {Buy(10, 1, 0), Buy(10, 2, 0),       Buy(20, 3, 1),
                                     Buy(30, 4, 2), Buy(30, 1, 2, 5, 3), Buy(30, 4, 2, 2, 4),
                                     Buy(40, 9, 3)};
  const Cases next = FromTime(Task::kNextBasket, events, 25);
  ASSERT_EQ(next.size(), 1u);
  EXPECT_EQ(next.shopper[0], 7u);
  EXPECT_EQ(next.now[0], 30);
  EXPECT_EQ(next.n_baskets[0], 2u);
  EXPECT_EQ(next.HistoryOf(0).events.size(), 3u);
  EXPECT_EQ(Copy(next.Seen(0)), (Items{1, 2, 3}));
  EXPECT_EQ(Copy(next.Targets(0)), (Items{1, 4}));
  // Item 1: 5 x 3. Item 4, on two lines of the order: 1 x 1 + 2 x 4.
  EXPECT_EQ(Copy(next.Revenue(0)), (std::vector<float>{15, 9}));

  const Cases discovery = FromTime(Task::kDiscovery, events, 25);
  ASSERT_EQ(discovery.size(), 1u);
  EXPECT_EQ(Copy(discovery.Targets(0)), (Items{4}));
  EXPECT_EQ(Copy(discovery.Revenue(0)), (std::vector<float>{9}));
}

TEST(CasesFromTime, CountsWhoIsLeftOutAndWhy) {
  CaseMaker maker({.task = Task::kDiscovery});
  maker.AddFromTime(0, std::vector<Event>{Buy(30, 1, 0)}, 25);                 // cold
  maker.AddFromTime(1, std::vector<Event>{Buy(10, 1, 1), See(30, 2)}, 25);     // only looks
  maker.AddFromTime(2, std::vector<Event>{Buy(10, 1, 2), Buy(30, 1, 3)}, 25);  // only repeats
  maker.AddFromTime(3, std::vector<Event>{Buy(10, 1, 4), Buy(30, 2, 5)}, 25);  // a case
  maker.AddFromTime(4, std::vector<Event>{}, 25);                              // nobody
  maker.AddFromTime(5, std::vector<Event>{Buy(10, 1, 6), Buy(25, 3, 7)}, 25);  // at the cut
  const Cases cases = maker.Take();
  EXPECT_EQ(cases.shopper, (Items{3, 5}));
  EXPECT_EQ(Copy(cases.Seen(1)), (Items{1}));
  EXPECT_EQ(Copy(cases.Targets(1)), (Items{3}));
  EXPECT_EQ(cases.left_out.no_history, 1u);
  EXPECT_EQ(cases.left_out.no_target, 2u);
  EXPECT_EQ(cases.left_out.nothing_new, 1u);
  EXPECT_EQ(cases.left_out.too_few_baskets, 0u);
}

TEST(CasesFromTime, AnOrderThatStartsBeforeTheCutStaysWhole) {
  const std::vector<Event> events = {Buy(10, 1, 0), Buy(24, 2, 1), Buy(26, 3, 1), Buy(30, 4, 2)};
  const Cases cases = FromTime(Task::kNextBasket, events, 25);
  ASSERT_EQ(cases.size(), 1u);
  EXPECT_EQ(cases.HistoryOf(0).events.size(), 3u);
  EXPECT_EQ(cases.n_baskets[0], 2u);
  EXPECT_EQ(Copy(cases.Targets(0)), (Items{4}));
}

TEST(Baskets, AreOrdersWhereNumbered) {
  CaseMaker maker({});
  // Two orders within a minute are two baskets; at one moment they are one.
  const std::vector<Event> events = {Buy(10, 1, 0), Buy(20, 1, 1), See(20, 5), Buy(60, 2, 2),
                                     Buy(60, 3, 3)};
  const auto blocks = maker.SplitBlocks(events);
  ASSERT_EQ(blocks.size(), 3u);
  EXPECT_EQ(blocks[1].first, 1u);
  EXPECT_EQ(blocks[1].last, 3u);
  EXPECT_EQ(blocks[2].last, 5u);
  for (const Block& block : blocks) EXPECT_TRUE(block.basket);
}

TEST(Baskets, AreVisitsWhereTargetsHaveNoOrderNumber) {
  CaseMaker maker({.target = EventType::kView, .visit_gap_s = 1800});
  const std::vector<Event> events = {See(0, 1), See(1800, 2), See(3601, 3), See(3700, 4)};
  const auto blocks = maker.SplitBlocks(events);
  ASSERT_EQ(blocks.size(), 2u);
  EXPECT_EQ(blocks[0].last, 2u);
  EXPECT_EQ(blocks[1].last, 4u);
}

TEST(Baskets, LeaveLooksOnTheirOwn) {
  CaseMaker maker({});
  const std::vector<Event> events = {
      See(0, 1), See(10, 2), Buy(20, 3, kNoBasket), See(30, 3), Buy(40, 4, kNoBasket), See(50, 4)};
  const auto blocks = maker.SplitBlocks(events);
  ASSERT_EQ(blocks.size(), 4u);  // two looks, one visit's purchases and what lies between, a look
  EXPECT_EQ(blocks[2].first, 2u);
  EXPECT_EQ(blocks[2].last, 5u);
  EXPECT_TRUE(blocks[2].basket);
  EXPECT_FALSE(blocks[1].basket || blocks[3].basket);
}

TEST(CasesFromShoppers, FoldInIsFourFifthsOfTheBasketsWithOneLeftOnEachSide) {
  for (const auto& [n, expected] : std::vector<std::pair<uint32_t, uint32_t>>{
           {2, 1}, {3, 2}, {4, 3}, {5, 4}, {9, 7}, {10, 8}, {15, 12}}) {
    std::vector<Event> events;
    for (uint32_t b = 0; b < n; ++b) events.push_back(Buy(b, b, b));
    const Cases cases = FoldIn(Task::kDiscovery, events);
    ASSERT_EQ(cases.size(), 1u);
    EXPECT_EQ(cases.n_baskets[0], expected);
    EXPECT_EQ(cases.Seen(0).size(), expected);
    EXPECT_EQ(cases.Targets(0).size(), n - expected);
    EXPECT_EQ(cases.now[0], expected);
  }
  EXPECT_EQ(FoldIn(Task::kDiscovery, {Buy(0, 1, 0), Buy(0, 2, 0)}).left_out.too_few_baskets, 1u);
}

TEST(CasesFromShoppers, WhatLiesBetweenPrefixAndTargetsIsInNeither) {
  // The look at 2 just before buying it must neither give the answer away nor mask it.
  const Cases cases = FoldIn(Task::kDiscovery, {Buy(0, 1, 0), See(10, 2), Buy(20, 2, 1)});
  ASSERT_EQ(cases.size(), 1u);
  EXPECT_EQ(cases.HistoryOf(0).events.size(), 1u);
  EXPECT_EQ(Copy(cases.Targets(0)), (Items{2}));
}

TEST(CaseMaker, APrefixOfEventsPartsNoBasketAndAsksForTheNextOne) {
  const std::vector<Event> events = {See(0, 0),     See(10, 1),   See(20, 1),      Buy(30, 1, 0),
                                     Buy(40, 2, 0), See(5000, 3), Buy(6000, 4, 1), Buy(9000, 5, 2)};
  const auto ask = [&](Task task, size_t n) {
    CaseMaker maker({.task = task});
    maker.AddFirstEvents(0, events, n);
    return maker.Take();
  };
  const Cases one = ask(Task::kNextBasket, 1);
  EXPECT_EQ(one.HistoryOf(0).events.size(), 1u);
  EXPECT_EQ(one.n_baskets[0], 0u);
  EXPECT_EQ(Copy(one.Targets(0)), (Items{1, 2}));
  EXPECT_EQ(one.now[0], 30);
  // Event 4 lies in the basket of events 4 and 5.
  const Cases four = ask(Task::kNextBasket, 4);
  EXPECT_EQ(four.HistoryOf(0).events.size(), 5u);
  EXPECT_EQ(four.n_baskets[0], 1u);
  EXPECT_EQ(Copy(four.Targets(0)), (Items{4}));
  // Discovery: all that is new from there on.
  EXPECT_EQ(Copy(ask(Task::kDiscovery, 3).Targets(0)), (Items{2, 4, 5}));
  EXPECT_EQ(ask(Task::kNextBasket, 8).size(), 0u);
  EXPECT_EQ(ask(Task::kNextBasket, 9).left_out.no_target, 1u);
}

TEST(Cases, AppendedCasesKeepTheirSlices) {
  CaseMaker first({}), second({});
  const std::vector<Event> a = {Buy(0, 0, 0), Buy(100, 1, 1)};
  const std::vector<Event> b = {Buy(0, 5, 0), Buy(100, 6, 1), Buy(200, 7, 2), Buy(200, 8, 2)};
  first.AddFirstBaskets(3, a, 1);
  second.AddFirstBaskets(4, b, 2);
  second.AddFirstBaskets(5, a, 2);
  Cases all = first.Take();
  const Cases other = second.Take();
  all.Append(other);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all.shopper, (Items{3, 4}));
  EXPECT_EQ(Copy(all.Targets(0)), (Items{1}));
  EXPECT_EQ(Copy(all.Targets(1)), (Items{7, 8}));
  EXPECT_EQ(Copy(all.Seen(1)), (Items{5, 6}));
  EXPECT_EQ(all.HistoryOf(1).events.size(), 2u);
  EXPECT_EQ(all.HistoryOf(1).now, 200);
  EXPECT_EQ(all.left_out.too_few_baskets, 1u);
}

TEST(CasesFromFirstBaskets, PrefixesOfWholeBaskets) {
  std::vector<Event> events;
  for (uint32_t b = 0; b < 6; ++b) {
    events.push_back(Buy(b * 100, 2 * b, b));
    events.push_back(Buy(b * 100, 2 * b + 1, b));
  }
  for (const uint32_t n : {1u, 2u, 3u, 5u}) {
    CaseMaker discovery({.task = Task::kDiscovery});
    discovery.AddFirstBaskets(0, events, n);
    const Cases all_after = discovery.Take();
    EXPECT_EQ(all_after.Seen(0).size(), 2 * n);
    EXPECT_EQ(all_after.Targets(0).size(), 12 - 2 * n);

    CaseMaker next({.task = Task::kNextBasket});
    next.AddFirstBaskets(0, events, n);
    EXPECT_EQ(Copy(next.Take().Targets(0)), (Items{2 * n, 2 * n + 1}));
  }
  CaseMaker maker({});
  maker.AddFirstBaskets(0, events, 6);
  EXPECT_EQ(maker.Take().left_out.too_few_baskets, 1u);
}

TEST(Cases, BeingShownAProductIsNotSeeingIt) {
  const std::vector<Event> events = {Buy(0, 1, 0), See(5, 2, EventType::kImpression),
                                     See(6, 3, EventType::kCart), Buy(20, 2, 1), Buy(20, 3, 1)};
  const Cases cases = FromTime(Task::kDiscovery, events, 10);
  ASSERT_EQ(cases.size(), 1u);
  EXPECT_EQ(Copy(cases.Seen(0)), (Items{1, 3}));
  EXPECT_EQ(Copy(cases.Targets(0)), (Items{2}));
}

// Shoppers with orders that spread over time, overlap and share moments, and looks in between.
std::vector<Event> RandomShopper(uint64_t seed) {
  Rng rng(seed, 0);
  std::vector<Event> events;
  const uint32_t n_orders = rng.Below(8);
  for (uint32_t basket = 0; basket < n_orders; ++basket) {
    const uint32_t start = rng.Below(100);
    const uint32_t n_lines = 1 + rng.Below(4);
    for (uint32_t line = 0; line < n_lines; ++line) {
      const bool numbered = rng.Below(4) > 0;
      events.push_back(Buy(start + rng.Below(5), rng.Below(20), numbered ? basket : kNoBasket));
    }
  }
  for (uint32_t n = rng.Below(10); n > 0; --n) events.push_back(See(rng.Below(100), rng.Below(20)));
  std::stable_sort(events.begin(), events.end(),
                   [](const Event& a, const Event& b) { return a.time < b.time; });
  return events;
}

TEST(Cases, NoCutPartsAnOrderOrAMomentAndTargetsAreComplete) {
  size_t n_cases = 0;
  for (uint64_t seed = 0; seed < 3000; ++seed) {
    const std::vector<Event> events = RandomShopper(seed);
    for (const Task task : {Task::kNextBasket, Task::kDiscovery}) {
      const CaseOptions options = {.task = task, .visit_gap_s = 3};
      CaseMaker maker(options);
      maker.AddFromTime(0, events, static_cast<int64_t>(seed % 100));
      maker.AddFoldIn(1, events);
      maker.AddFirstBaskets(2, events, 1 + seed % 5);
      const Cases cases = maker.Take();
      n_cases += cases.size();
      for (size_t i = 0; i < cases.size(); ++i) {
        const auto prefix = cases.HistoryOf(i).events;
        std::set<int64_t> moments;
        std::set<uint32_t> orders;
        for (const Event& event : prefix) {
          moments.insert(event.time);
          if (event.basket != kNoBasket) orders.insert(event.basket);
          EXPECT_LE(event.time, cases.now[i]);
        }
        std::set<uint32_t> later_targets;
        for (size_t e = prefix.size(); e < events.size(); ++e) {
          EXPECT_FALSE(moments.contains(events[e].time)) << "seed " << seed;
          EXPECT_FALSE(orders.contains(events[e].basket)) << "seed " << seed;
          if (events[e].type == EventType::kPurchase) later_targets.insert(events[e].item);
        }
        const auto seen = cases.Seen(i);
        const auto targets = cases.Targets(i);
        EXPECT_FALSE(targets.empty());
        EXPECT_TRUE(std::is_sorted(targets.begin(), targets.end(), std::less_equal<>()) ||
                    targets.size() == 1);
        for (const uint32_t target : targets) {
          EXPECT_TRUE(later_targets.contains(target));
          if (task == Task::kDiscovery) {
            EXPECT_FALSE(std::binary_search(seen.begin(), seen.end(), target));
          }
        }
        // The whole order that holds the first purchase after the prefix is asked for.
        if (task == Task::kNextBasket) {
          const auto first =
              std::find_if(events.begin() + static_cast<ptrdiff_t>(prefix.size()), events.end(),
                           [&](const Event& e) {
                             return e.type == EventType::kPurchase && e.time >= cases.now[i];
                           });
          for (const Event& event : events) {
            if (event.basket == first->basket && event.basket != kNoBasket) {
              EXPECT_TRUE(std::binary_search(targets.begin(), targets.end(), event.item));
            }
          }
        }
      }
    }
  }
  EXPECT_GT(n_cases, 5000u);
}

TEST(ValidationCut, LeavesTheLastFractionOfTheTrainingSpan) {
  DatasetInfo info{.split = Split::kTime, .cut_time = 1100, .first_time = 100, .last_time = 5000};
  EXPECT_EQ(ValidationCut(info, 0.1), 1000);
  info.split = Split::kNone;
  EXPECT_EQ(ValidationCut(info, 0.25), 3776);  // of [100, 5001): 4901 / 4 = 1225.25 off the end
}

TEST(HoldOutShoppers, DrawsExactlyTheFractionTheSameBySeed) {
  const auto held = HoldOutShoppers(1000, 0.15, 3);
  EXPECT_EQ(held.size(), 150u);
  EXPECT_TRUE(std::is_sorted(held.begin(), held.end()));
  EXPECT_EQ(std::set<uint32_t>(held.begin(), held.end()).size(), 150u);
  EXPECT_EQ(held, HoldOutShoppers(1000, 0.15, 3));
  EXPECT_NE(held, HoldOutShoppers(1000, 0.15, 4));
  EXPECT_EQ(HoldOutShoppers(3, 0, 1).size(), 0u);
  EXPECT_EQ(HoldOutShoppers(3, 1, 1), (Items{0, 1, 2}));
}

TEST(CasesAfterEvents, PartABasketAndAskForAllThatComes) {
  SmallShop shop(5);
  auto events = SmallShop::Purchases({3, 1, 4, 3, 0});
  for (size_t i = 0; i < 3; ++i)
    events[i] = {
        .time = 0, .item = events[i].item, .basket = 0, .price = 1, .type = EventType::kPurchase};
  shop.AddTest(std::move(events));
  const Dataset dataset = shop.Open(Split::kStrong);
  const CaseOptions options{.task = Task::kDiscovery};
  const Cases none = CasesAfterEvents(dataset.test(), options, 0);
  ASSERT_EQ(none.size(), 1u);
  EXPECT_EQ(none.Targets(0).size(), 4u);  // each product once
  EXPECT_TRUE(none.Seen(0).empty());
  EXPECT_TRUE(none.HistoryOf(0).events.empty());
  const Cases one = CasesAfterEvents(dataset.test(), options, 1);
  ASSERT_EQ(one.size(), 1u);
  EXPECT_EQ(one.HistoryOf(0).events.size(), 1u);
  ASSERT_EQ(one.Targets(0).size(), 3u);  // the rest of the basket, and what comes later, once more
  EXPECT_EQ(one.Targets(0)[0], 0u);
  EXPECT_EQ(one.Targets(0)[1], 1u);
  EXPECT_EQ(one.Targets(0)[2], 4u);
  EXPECT_EQ(CasesAfterEvents(dataset.test(), options, 5).size(), 0u);
  EXPECT_EQ(CasesAfterEvents(dataset.test(), options, 9).size(), 0u);
}

}  // namespace
}  // namespace vitrine
