// The laws of cleaning and dividing a log in memory.
#include "data/cleaning.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "data/baskets.h"
#include "data/event_log.h"
#include "data/partition.h"
#include "data/tally.h"

namespace vitrine {
namespace {

struct Entry {
  std::string shopper, item;
  int64_t time;
  EventType type = EventType::kPurchase;
  std::string order;
  float quantity = 1;
  float price = 0;
};

EventLog MakeLog(const std::vector<Entry>& entries) {
  EventLog log;
  log.contexts.Add("unknown");
  uint32_t line = 1;
  for (const Entry& entry : entries) {
    log.time.push_back(entry.time);
    log.shopper.push_back(log.shoppers.Add(entry.shopper));
    log.item.push_back(entry.item.empty() ? EventLog::kNone : log.items.Add(entry.item));
    log.order.push_back(entry.order.empty() ? EventLog::kNone : log.orders.Add(entry.order));
    log.text.push_back(EventLog::kNone);
    log.line.push_back(line++);
    log.price.push_back(entry.price);
    log.quantity.push_back(entry.quantity);
    log.value.push_back(0);
    log.context.push_back(0);
    log.type.push_back(entry.type);
    log.outcome.push_back(Outcome::kKept);
    log.companion.push_back(0);
  }
  log.SortByShopper();
  return log;
}

// Outcomes in the order of the lines.
std::vector<Outcome> Outcomes(const EventLog& log) {
  std::vector<Outcome> outcomes(log.size());
  for (size_t i = 0; i < log.size(); ++i) outcomes[log.line[i] - 1] = log.outcome[i];
  return outcomes;
}

float QuantityOfLine(const EventLog& log, uint32_t line) {
  for (size_t i = 0; i < log.size(); ++i) {
    if (log.line[i] == line) return log.quantity[i];
  }
  return 0;
}

constexpr Outcome kKept = Outcome::kKept;
constexpr Outcome kNetted = Outcome::kNetted;
constexpr Outcome kUnmatched = Outcome::kUnmatched;
constexpr float kAll = -std::numeric_limits<float>::infinity();

TEST(EventLog, SortsByNameThenTimeAndKeepsTheOrderOfOneTime) {
  const EventLog log = MakeLog({{"b", "x", 5}, {"a", "y", 9}, {"b", "z", 3}, {"b", "w", 5}});
  ASSERT_EQ(log.n_shoppers(), 2u);
  EXPECT_EQ(log.shoppers.Name(log.ShopperAt(0)), "a");
  EXPECT_EQ(log.line, (std::vector<uint32_t>{2, 3, 1, 4}));
  EXPECT_EQ(log.time, (std::vector<int64_t>{9, 3, 5, 5}));
  EXPECT_EQ(log.offsets, (std::vector<uint64_t>{0, 1, 4}));
}

TEST(DropDuplicates, KeepsTheFirstOfRowsThatAgreeInEverything) {
  EventLog log = MakeLog({{"s", "x", 5},
                          {"s", "y", 5},
                          {"s", "x", 5},
                          {"s", "x", 6},
                          {"s", "x", 5, EventType::kView},
                          {"s", "x", 5, EventType::kPurchase, "order"},
                          {"s", "x", 5, EventType::kPurchase, "", 2},
                          {"t", "x", 5},
                          {"s", "x", 5}});
  DropDuplicates(log);
  const std::vector<Outcome> outcomes = Outcomes(log);
  for (size_t i = 0; i < outcomes.size(); ++i) {
    EXPECT_EQ(outcomes[i], i == 2 || i == 8 ? Outcome::kDuplicate : kKept) << "line " << i + 1;
  }
}

TEST(NetCancellations, TakeFromTheLatestPurchasesBeforeThem) {
  EventLog log = MakeLog({{"s", "x", 1, EventType::kPurchase, "a", 5},
                          {"s", "x", 2, EventType::kPurchase, "b", 3},
                          {"s", "y", 2, EventType::kPurchase, "b", 3},
                          {"s", "x", 3, EventType::kPurchase, "c", -4},
                          {"s", "x", 4, EventType::kPurchase, "d", 7},
                          {"t", "x", 3, EventType::kPurchase, "e", -1}});
  const Netting netting = NetCancellations(log, kNoCut);
  EXPECT_EQ(Outcomes(log),
            (std::vector<Outcome>{kKept, kNetted, kKept, kNetted, kKept, kUnmatched}));
  EXPECT_EQ(QuantityOfLine(log, 1), 4) << "one of the four pieces came from the older purchase";
  EXPECT_EQ(QuantityOfLine(log, 5), 7);
  EXPECT_EQ(netting.n_cancellations, 1u);
  EXPECT_EQ(netting.n_removed, 1u);
  EXPECT_EQ(netting.n_reduced, 1u);
  EXPECT_EQ(netting.n_leftover, 1);
}

TEST(NetCancellations, ReportThePiecesThatWereNeverBought) {
  EventLog log = MakeLog({{"s", "x", 1, EventType::kPurchase, "a", 2},
                          {"s", "x", 2, EventType::kPurchase, "b", -5},
                          {"s", "x", 3, EventType::kPurchase, "c", -1}});
  const Netting netting = NetCancellations(log, kNoCut);
  EXPECT_EQ(Outcomes(log), (std::vector<Outcome>{kNetted, kNetted, kUnmatched}));
  EXPECT_EQ(netting.n_leftover, 4);
}

TEST(NetCancellations, WithoutAQuantityTakeBackOnePurchase) {
  EventLog log = MakeLog({{"s", "x", 1, EventType::kPurchase, "a", 5},
                          {"s", "x", 2, EventType::kPurchase, "b", 3},
                          {"s", "x", 3, EventType::kPurchase, "", kAll}});
  NetCancellations(log, kNoCut);
  EXPECT_EQ(Outcomes(log), (std::vector<Outcome>{kKept, kNetted, kNetted}));
}

TEST(NetCancellations, WithoutAProductTakeBackTheOrder) {
  EventLog log = MakeLog({{"s", "x", 1, EventType::kPurchase, "a", 5},
                          {"s", "y", 1, EventType::kPurchase, "a", 1},
                          {"s", "x", 1, EventType::kPurchase, "b", 3},
                          {"s", "", 2, EventType::kPurchase, "a", kAll},
                          {"s", "x", 3, EventType::kPurchase, "", -4},
                          {"s", "", 4, EventType::kPurchase, "q", kAll}});
  const Netting netting = NetCancellations(log, kNoCut);
  EXPECT_EQ(Outcomes(log),
            (std::vector<Outcome>{kNetted, kNetted, kNetted, kNetted, kNetted, kUnmatched}));
  EXPECT_EQ(netting.n_leftover, 1) << "what went with its order is not taken back twice";
}

TEST(NetCancellations, AfterTheCutLeaveWhatCameBeforeIt) {
  EventLog log = MakeLog({{"s", "x", 1, EventType::kPurchase, "a", 5},
                          {"s", "x", 10, EventType::kPurchase, "b", 2},
                          {"s", "x", 11, EventType::kPurchase, "c", -4}});
  NetCancellations(log, /*cut_time=*/10);
  EXPECT_EQ(Outcomes(log), (std::vector<Outcome>{kKept, kNetted, kNetted}));
  EXPECT_EQ(QuantityOfLine(log, 1), 5);
}

std::string Numbered(const char* prefix, int i) {
  return std::string(prefix).append(std::to_string(i));
}

std::vector<Entry> Views(const std::string& shopper, int n, int64_t from, int64_t gap) {
  std::vector<Entry> entries;
  for (int i = 0; i < n; ++i) {
    entries.push_back({shopper, Numbered("x", i), from + i * gap, EventType::kView});
  }
  return entries;
}

std::vector<Entry> operator+(std::vector<Entry> a, const std::vector<Entry>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

uint64_t CountOf(const EventLog& log, Outcome outcome) {
  return static_cast<uint64_t>(std::count(log.outcome.begin(), log.outcome.end(), outcome));
}

TEST(DropBots, KnowsThemByBrowsingPerActiveDay) {
  const BotRules rules{.max_events_per_day = 50, .quick_events = 1000};
  EventLog log = MakeLog(Views("bot", 60, 1001, 7) + Views("human", 50, 1001, 7) +
                         Views("regular", 120, 1001, 20000));
  EXPECT_EQ(DropBots(log, rules, kNoCut), 1u);
  EXPECT_EQ(CountOf(log, Outcome::kBot), 60u);
}

TEST(DropBots, KnowsThemByHasteWithoutAnyDeed) {
  const BotRules rules{.max_events_per_day = 1e9, .quick_events = 20};
  const std::vector<Entry> deed = {{"buyer", "x", 1001, EventType::kCart}};
  EventLog log = MakeLog(Views("bot", 21, 1001, 0) + Views("buyer", 21, 1001, 0) + deed +
                         Views("slow", 21, 1001, 1) + Views("few", 20, 1001, 0));
  EXPECT_EQ(DropBots(log, rules, kNoCut), 1u);
  EXPECT_EQ(CountOf(log, Outcome::kBot), 21u);
}

TEST(DropBots, AllowsEqualTimesWhereTheLogHasNoSeconds) {
  EventLog log = MakeLog(Views("s", 200, 86400, 0));
  EXPECT_EQ(DropBots(log, {.max_events_per_day = 1e9, .quick_events = 20}, kNoCut), 0u);
}

TEST(DropBots, BuyingMuchIsNoBrowsing) {
  std::vector<Entry> wholesale = Views("s", 600, 1001, 0);
  for (Entry& entry : wholesale) entry.type = EventType::kPurchase;
  EventLog log = MakeLog(wholesale);
  EXPECT_EQ(DropBots(log, BotRules(), kNoCut), 0u);
}

TEST(DropBots, AfterTheCutLeavesTheTrainingPart) {
  const BotRules rules{.max_events_per_day = 50, .quick_events = 1000};
  EventLog log = MakeLog(Views("s", 10, 1001, 7) + Views("s", 200, 90001, 7));
  EXPECT_EQ(DropBots(log, rules, /*cut_time=*/80000), 1u);
  for (size_t i = 0; i < log.size(); ++i) EXPECT_EQ(log.IsKept(i), log.time[i] < 80000);
  EventLog other = MakeLog(Views("s", 200, 1001, 7) + Views("s", 10, 90001, 7));
  EXPECT_EQ(DropBots(other, rules, /*cut_time=*/80000), 1u);
  EXPECT_EQ(CountOf(other, Outcome::kBot), 210u);
}

TEST(Divide, KeepsOnlyItemsAndShoppersThatKeepEachOther) {
  // Without c, y has one shopper; without y, b has one event; without b, z has one shopper.
  EventLog log = MakeLog({{"a", "x", 1},
                          {"a", "z", 2},
                          {"b", "y", 1},
                          {"b", "z", 2},
                          {"c", "y", 1},
                          {"d", "x", 1},
                          {"d", "x", 2},
                          {"a", "x", 3}});
  SplitRules rules{.split = Split::kNone, .min_shopper_events = 2, .min_item_shoppers = 2};
  const auto parts = Divide(log, rules, kNoCut);
  ASSERT_TRUE(parts.ok()) << parts.error().message;
  ASSERT_EQ(parts->items.size(), 1u);
  EXPECT_EQ(log.items.Name(parts->items[0]), "x");
  EXPECT_EQ(parts->is_trained, (std::vector<uint8_t>{1, 0, 0, 1}));
  EXPECT_EQ(CountOf(log, kKept), 4u);
  EXPECT_EQ(CountOf(log, Outcome::kRare), 4u);
  EventLog nothing = MakeLog({{"a", "x", 1}, {"b", "y", 1}});
  EXPECT_FALSE(Divide(nothing, rules, kNoCut).ok());
}

TEST(Divide, NumbersItemsByShoppersThenByName) {
  EventLog log =
      MakeLog({{"a", "q", 1}, {"a", "p", 1}, {"a", "r", 1}, {"b", "r", 1}, {"b", "r", 2}});
  const auto parts = Divide(log, {.split = Split::kNone, .min_item_shoppers = 1}, kNoCut);
  ASSERT_TRUE(parts.ok());
  std::vector<std::string> names;
  for (const uint32_t item : parts->items) names.push_back(log.items.Name(item));
  EXPECT_EQ(names, (std::vector<std::string>{"r", "p", "q"}));
}

TEST(Divide, ByTimeTestsThoseWithSomethingToForesee) {
  const SplitRules rules{.split = Split::kTime, .min_item_shoppers = 1};
  EventLog log = MakeLog({{"buys", "x", 1},
                          {"buys", "x", 11},
                          {"buys", "new", 12},
                          {"looks", "x", 2},
                          {"looks", "x", 11, EventType::kView},
                          {"newcomer", "x", 13},
                          {"lost", "new", 13}});
  const auto parts = Divide(log, rules, /*cut_time=*/10);
  ASSERT_TRUE(parts.ok());
  EXPECT_EQ(parts->is_trained, (std::vector<uint8_t>{1, 1, 0, 0}));  // buys, looks, lost, newcomer
  EXPECT_EQ(parts->is_tested, (std::vector<uint8_t>{1, 0, 0, 1}));
  EXPECT_EQ(Outcomes(log),
            (std::vector<Outcome>{kKept, kKept, Outcome::kOutsideVocabulary, kKept,
                                  Outcome::kUntested, kKept, Outcome::kOutsideVocabulary}));
}

TEST(Divide, HoldsOutWholeShoppersByTheirNames) {
  std::vector<Entry> entries;
  for (int i = 0; i < 100; ++i) entries.push_back({Numbered("s", i), "x", i});
  SplitRules rules{.split = Split::kStrong, .test_fraction = 0.2, .seed = 1};
  const auto held_out = [&](const std::vector<Entry>& log_entries) {
    EventLog log = MakeLog(log_entries);
    const auto parts = Divide(log, rules, kNoCut);
    EXPECT_TRUE(parts.ok());
    return parts->is_held_out;
  };
  const std::vector<uint8_t> first = held_out(entries);
  EXPECT_EQ(std::count(first.begin(), first.end(), 1), 20);
  std::vector<Entry> more = entries;
  for (Entry& entry : more) entry.time += 7;
  more.push_back({"s3", "y", 500});
  EXPECT_EQ(held_out(more), first) << "what shoppers do has no say in the draw";
  rules.seed = 2;
  EXPECT_NE(held_out(entries), first);
}

TEST(Divide, FoldsHoldOutEveryShopperOnce) {
  std::vector<Entry> entries;
  for (int i = 0; i < 101; ++i) entries.push_back({Numbered("s", i), "x", i});
  std::vector<int> times_held_out(101);
  for (size_t fold = 0; fold < 5; ++fold) {
    EventLog log = MakeLog(entries);
    const auto parts = Divide(log, {.split = Split::kStrong, .n_folds = 5, .fold = fold}, kNoCut);
    ASSERT_TRUE(parts.ok());
    for (size_t s = 0; s < 101; ++s) times_held_out[s] += parts->is_held_out[s];
    EXPECT_NEAR(
        static_cast<double>(std::count(parts->is_held_out.begin(), parts->is_held_out.end(), 1)),
        20.2, 1);
  }
  EXPECT_EQ(times_held_out, std::vector<int>(101, 1));
  EventLog log = MakeLog({{"s", "x", 1}});
  const auto parts = Divide(log, {.split = Split::kStrong, .n_folds = 5}, kNoCut);
  ASSERT_FALSE(parts.ok());
  EXPECT_NE(parts.error().message.find("5 folds"), std::string::npos);
}

TEST(Divide, ForeseesTheStrongestEventOfTheTrainingPart) {
  EventLog log = MakeLog({{"s", "x", 1, EventType::kView},
                          {"s", "x", 2, EventType::kRate},
                          {"s", "x", 11, EventType::kPurchase}});
  const auto parts = Divide(log, {.min_item_shoppers = 1}, /*cut_time=*/10);
  ASSERT_TRUE(parts.ok());
  EXPECT_EQ(parts->target, EventType::kRate);
}

TEST(ChooseCut, LeavesTheAskedShareOfEventsBehindIt) {
  std::vector<Entry> entries;
  for (int i = 0; i < 1000; ++i) entries.push_back({"s", "x", (i * 617) % 1000});
  EXPECT_EQ(*ChooseCut(MakeLog(entries), {.test_fraction = 0.1}), 900);
  EXPECT_EQ(*ChooseCut(MakeLog(entries), {.cut_time = 5}), 5);
  EXPECT_EQ(*ChooseCut(MakeLog(entries), {.split = Split::kNone}), kNoCut);
  EXPECT_FALSE(ChooseCut(MakeLog(entries), {.cut_time = 0}).ok()) << "nothing before it";
  EXPECT_FALSE(ChooseCut(MakeLog(entries), {.cut_time = 1000}).ok()) << "nothing after it";
  EXPECT_FALSE(ChooseCut(MakeLog({{"s", "x", 3}, {"s", "y", 3}}), {}).ok());
}

TEST(NumberBaskets, FollowsOrdersAndGroupsLoosePurchases) {
  EventLog log = MakeLog({{"b", "x", 0, EventType::kPurchase, "o1"},
                          {"b", "y", 90000, EventType::kPurchase, "o2"},
                          {"b", "z", 90005, EventType::kPurchase, "o1"},
                          {"b", "z", 90006, EventType::kView, "o1"},
                          {"a", "x", 0, EventType::kPurchase, "o1"},
                          {"a", "x", 1000},
                          {"a", "y", 1000 + kBasketGapS},
                          {"a", "z", 1001 + 2 * kBasketGapS}});
  const auto parts = Divide(log, {.split = Split::kNone, .min_item_shoppers = 1}, kNoCut);
  ASSERT_TRUE(parts.ok());
  const Baskets baskets = NumberBaskets(log, *parts);
  // By line; shopper a comes first. Equal order numbers of two shoppers are two orders.
  std::vector<uint32_t> by_line(log.size());
  for (size_t i = 0; i < log.size(); ++i) by_line[log.line[i] - 1] = baskets.number[i];
  EXPECT_EQ(by_line, (std::vector<uint32_t>{3, 4, 3, kNoBasket, 0, 1, 1, 2}));
  EXPECT_EQ(baskets.n, 5u);
}

TEST(NumberBaskets, NumbersTheTrainingPartFirstAndNoOrderTwice) {
  EventLog log = MakeLog({{"a", "x", 1, EventType::kPurchase, "o"},
                          {"a", "y", 11, EventType::kPurchase, "o"},
                          {"a", "x", 12, EventType::kPurchase, "p"},
                          {"b", "y", 2, EventType::kPurchase, "q"}});
  const auto parts = Divide(log, {.min_item_shoppers = 1}, /*cut_time=*/10);
  ASSERT_TRUE(parts.ok());
  const Baskets baskets = NumberBaskets(log, *parts);
  EXPECT_EQ(baskets.number, (std::vector<uint32_t>{0, 0, 2, 1}));
}

TEST(Tally, RemembersTheLowestLines) {
  Tally tally;
  for (const uint32_t line : {9, 3, 8, 1, 7, 2, 6, 4, 5}) tally.Add(Outcome::kBot, line);
  EXPECT_EQ(tally.count(Outcome::kBot), 9u);
  EXPECT_EQ(tally.lines(Outcome::kBot), (std::vector<uint32_t>{1, 2, 3, 4, 5}));
}

}  // namespace
}  // namespace vitrine
