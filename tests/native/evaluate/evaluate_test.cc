// The laws of evaluate/evaluate: the whole catalogue is ranked, in any tiles, by any threads.
#include "evaluate/evaluate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "core/parallel.h"
#include "core/rng.h"

namespace vitrine {
namespace {

// Scores that depend on the history's moment and the item, with many ties.
class HashedModel : public Model {
 public:
  explicit HashedModel(size_t n_items, uint32_t n_levels = 0xffffffffu)
      : n_items_(n_items), n_levels_(n_levels) {}
  std::string_view name() const override { return "hashed"; }
  size_t n_items() const override { return n_items_; }
  void Score(const History& history, std::span<float> scores) const override {
    {
      const std::scoped_lock lock(mutex_);
      rows_.insert(scores.data());
    }
    const auto stream = static_cast<uint64_t>(history.now);
    for (size_t i = 0; i < n_items_; i += 4) {
      const auto bits = RandomBits(1, stream, i);
      for (size_t j = i; j < std::min(n_items_, i + 4); ++j) {
        scores[j] = static_cast<float>((bits[j - i] >> 8) % n_levels_) * 1e-6f;
      }
    }
  }
  // Distinct places that scores were asked for.
  size_t n_rows() const { return rows_.size(); }

 private:
  size_t n_items_;
  uint32_t n_levels_;
  mutable std::mutex mutex_;
  mutable std::set<const float*> rows_;
};

// n shoppers with `n_seen` random purchases, then `n_targets` others, at moment 1000 + shopper.
Cases RandomCases(Task task, size_t n, uint32_t n_items, uint32_t n_seen, uint32_t n_targets) {
  CaseMaker maker({.task = task});
  for (size_t shopper = 0; shopper < n; ++shopper) {
    Rng rng(2, shopper);
    std::vector<Event> events;
    for (uint32_t i = 0; i < n_seen; ++i) {
      events.push_back({.time = i,
                        .item = rng.Below(n_items),
                        .basket = i,
                        .price = 1,
                        .type = EventType::kPurchase});
    }
    std::set<uint32_t> targets;
    while (targets.size() < n_targets) {
      const uint32_t item = rng.Below(n_items);
      if (std::none_of(events.begin(), events.begin() + n_seen,
                       [&](const Event& e) { return e.item == item; })) {
        targets.insert(item);
      }
    }
    for (const uint32_t item : targets) {
      events.push_back({.time = 1000 + static_cast<int64_t>(shopper),
                        .item = item,
                        .basket = 1000,
                        .price = 1,
                        .type = EventType::kPurchase});
    }
    maker.AddFromTime(static_cast<uint32_t>(shopper), events, 500);
  }
  return maker.Take();
}

Evaluation MustEvaluate(const Model& model, const Cases& cases, size_t tile = 64) {
  auto result = Evaluate(model, cases, ItemFacts{.n_items = model.n_items()}, tile);
  EXPECT_TRUE(result.ok());
  return result.ok() ? *result : Evaluation{};
}

TEST(Evaluate, TilesAndThreadsDoNotMatter) {
  const HashedModel model(501, 50);
  const size_t before = NumThreads();
  for (const Task task : {Task::kNextBasket, Task::kDiscovery}) {
    const Cases cases = RandomCases(task, 203, 501, 6, 3);
    ASSERT_EQ(cases.size(), 203u);
    SetNumThreads(1);
    const Evaluation one = MustEvaluate(model, cases, 1);
    for (const size_t threads : {1, 2, 3}) {
      SetNumThreads(threads);
      for (const size_t tile : {7, 64, 1000}) {
        const Evaluation other = MustEvaluate(model, cases, tile);
        EXPECT_EQ(other.values, one.values);
        EXPECT_EQ(other.shown, one.shown);
      }
    }
  }
  SetNumThreads(before);
}

TEST(Evaluate, AgreesWithSortingTheWholeCatalogue) {
  const HashedModel model(300, 40);  // 40 levels over 300 items: ties in every list
  for (const Task task : {Task::kNextBasket, Task::kDiscovery}) {
    const Cases cases = RandomCases(task, 40, 300, 10, 5);
    const Evaluation evaluation = MustEvaluate(model, cases);
    for (size_t i = 0; i < cases.size(); ++i) {
      std::vector<float> scores(300);
      model.Score(cases.HistoryOf(i), scores);
      std::vector<uint32_t> order;
      for (uint32_t item = 0; item < 300; ++item) {
        const auto seen = cases.Seen(i);
        if (task == Task::kDiscovery && std::binary_search(seen.begin(), seen.end(), item))
          continue;
        order.push_back(item);
      }
      std::stable_sort(order.begin(), order.end(),
                       [&](uint32_t a, uint32_t b) { return scores[a] > scores[b]; });
      EXPECT_TRUE(std::equal(order.begin(), order.begin() + kShown,
                             evaluation.shown.begin() + static_cast<ptrdiff_t>(i * kShown)));
      const auto targets = cases.Targets(i);
      const auto first = std::find_if(order.begin(), order.end(), [&](uint32_t item) {
        return std::binary_search(targets.begin(), targets.end(), item);
      });
      EXPECT_FLOAT_EQ(evaluation.values[i][kMrr],
                      1.0f / static_cast<float>(first - order.begin() + 1));
    }
  }
}

TEST(Evaluate, RandomRankingScoresWhatChanceGives) {
  constexpr size_t kItems = 400;
  constexpr size_t kCases = 20000;
  const HashedModel model(kItems);
  const Cases cases = RandomCases(Task::kNextBasket, kCases, kItems, 1, 1);
  const Evaluation evaluation = MustEvaluate(model, cases);
  // One target, uniform over N places: every sum below is over the places that count, / N.
  double ndcg20 = 0, ndcg100 = 0, mrr = 0;
  for (size_t rank = 1; rank <= kItems; ++rank) {
    const double gain = 1 / std::log2(static_cast<double>(rank + 1)) / kItems;
    if (rank <= 20) ndcg20 += gain;
    if (rank <= 100) ndcg100 += gain;
    mrr += 1.0 / static_cast<double>(rank) / kItems;
  }
  // Four standard errors: the per-case deviations are at most sqrt(p).
  const auto near = [&](Metric metric, double expected) {
    EXPECT_NEAR(MetricOf(evaluation.values, metric), expected, 4 * std::sqrt(expected / kCases))
        << "metric " << metric;
  };
  near(kCappedRecall20, 20.0 / kItems);
  near(kCappedRecall50, 50.0 / kItems);
  near(kHr10, 10.0 / kItems);
  near(kNdcg20, ndcg20);
  near(kNdcg100, ndcg100);
  near(kMrr, mrr);
}

TEST(Evaluate, DiscoveryNeverListsWhatWasSeenEvenWhenLittleElseIsLeft) {
  const HashedModel model(25, 3);
  const Cases cases = RandomCases(Task::kDiscovery, 50, 25, 15, 2);
  const Evaluation evaluation = MustEvaluate(model, cases);
  for (size_t i = 0; i < cases.size(); ++i) {
    std::set<uint32_t> listed;
    size_t n = 0;
    for (size_t place = 0; place < kShown; ++place) {
      const uint32_t item = evaluation.shown[i * kShown + place];
      if (item == kNothingShown) continue;
      const auto seen = cases.Seen(i);
      EXPECT_FALSE(std::binary_search(seen.begin(), seen.end(), item));
      listed.insert(item);
      ++n;
    }
    EXPECT_EQ(listed.size(), n);
    EXPECT_EQ(n, std::min(kShown, 25 - cases.Seen(i).size()));
  }
}

TEST(Evaluate, MemoryDoesNotGrowWithShoppers) {
  const size_t before = NumThreads();
  SetNumThreads(2);
  for (const size_t n_cases : {200, 20000}) {
    const HashedModel model(40);
    MustEvaluate(model, RandomCases(Task::kNextBasket, n_cases, 40, 1, 1), 32);
    EXPECT_LE(model.n_rows(), 2u * 32) << n_cases;
  }
  SetNumThreads(before);
}

// Gives a broken score for one shopper.
class BrokenModel : public HashedModel {
 public:
  BrokenModel(int64_t moment, float score) : HashedModel(50), moment_(moment), score_(score) {}
  void Score(const History& history, std::span<float> scores) const override {
    HashedModel::Score(history, scores);
    if (history.now == moment_) scores[49] = score_;
  }

 private:
  int64_t moment_;
  float score_;
};

TEST(Evaluate, ScoresThatAreNotFiniteAreAnError) {
  const Cases cases = RandomCases(Task::kDiscovery, 100, 50, 3, 1);
  for (const float score :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
        -std::numeric_limits<float>::infinity()}) {
    const auto result = Evaluate(BrokenModel(1077, score), cases, ItemFacts{.n_items = 50});
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.error().code, ErrorCode::kBadFormat);
    EXPECT_NE(result.error().message.find("shopper 77"), std::string::npos)
        << result.error().message;
  }
  EXPECT_TRUE(Evaluate(BrokenModel(5, NAN), cases, ItemFacts{.n_items = 50}).ok());
}

TEST(WithAtMostBaskets, KeepsTheShoppersWithShortHistories) {
  CaseMaker maker({.task = Task::kNextBasket});
  for (uint32_t shopper = 0; shopper < 6; ++shopper) {
    std::vector<Event> events;
    for (uint32_t b = 0; b <= shopper; ++b) {
      events.push_back({.time = b, .item = b, .basket = b, .type = EventType::kPurchase});
    }
    events.push_back(
        {.time = 100 + shopper, .item = 9, .basket = 50, .type = EventType::kPurchase});
    maker.AddFromTime(shopper, events, 50);
  }
  const Cases cases = maker.Take();
  const Evaluation all = MustEvaluate(HashedModel(30), cases);
  const Evaluation few = WithAtMostBaskets(all, cases, 2);
  ASSERT_EQ(few.values.size(), 2u);
  EXPECT_EQ(few.values[1], all.values[1]);
  EXPECT_TRUE(std::equal(few.shown.begin(), few.shown.end(), all.shown.begin()));
}

}  // namespace
}  // namespace vitrine
