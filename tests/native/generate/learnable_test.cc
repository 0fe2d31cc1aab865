// There is something to learn: taste beats popularity, and shoppers' common tastes, their visits'
// contexts and their histories give taste away.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <set>

#include "example.h"
#include "generate/choice.h"

namespace vitrine::generate {
namespace {

constexpr size_t kListLength = 20;

double Ndcg(const std::vector<float>& scores, const std::set<uint32_t>& relevant) {
  std::vector<uint32_t> order(scores.size());
  std::iota(order.begin(), order.end(), 0u);
  std::partial_sort(order.begin(), order.begin() + kListLength, order.end(),
                    [&scores](uint32_t a, uint32_t b) {
                      return scores[a] != scores[b] ? scores[a] > scores[b] : a < b;
                    });
  double gain = 0, best = 0;
  for (size_t rank = 0; rank < kListLength; ++rank) {
    const double weight = 1 / std::log2(static_cast<double>(rank) + 2);
    if (relevant.contains(order[rank])) gain += weight;
    if (rank < relevant.size()) best += weight;
  }
  return gain / best;
}

// A shopper's first order after the cut, and what was known before that visit.
struct Case {
  const ShopperLog* log = nullptr;
  int64_t now = 0;
  std::vector<Event> past;
  std::set<uint32_t> seen;
  std::set<uint32_t> bought;
};

int64_t Cut() { return ExampleShop().calendar.start() + 290 * kDaySeconds; }

std::optional<Case> CaseOf(const ShopperLog& log) {
  Case found{.log = &log};
  uint32_t order = kNoBasket;
  for (const LoggedEvent& logged : log.events) {
    const Event& event = logged.event;
    if (event.type != EventType::kPurchase || event.time < Cut()) continue;
    if (order == kNoBasket) {
      order = event.basket;
      found.now = log.visits[logged.visit].start;
    }
    if (event.basket == order) found.bought.insert(event.item);
  }
  if (order == kNoBasket) return std::nullopt;
  for (const LoggedEvent& logged : log.events) {
    if (logged.event.time >= found.now) break;
    found.past.push_back(logged.event);
    found.seen.insert(logged.event.item);
  }
  return found;
}

std::vector<float> Popularity() {
  std::vector<float> counts(ExampleShop().assortment.items.size());
  for (const ShopperLog& log : ExampleLogs()) {
    for (const LoggedEvent& logged : log.events) {
      if (logged.event.time >= Cut()) break;
      if (logged.event.type == EventType::kPurchase) ++counts[logged.event.item];
    }
  }
  return counts;
}

TEST(Learnable, TheTrueScoresBeatPopularityAtTheNextOrderAndAtDiscovery) {
  const std::vector<float> popularity = Popularity();
  std::vector<float> scores(popularity.size());
  double oracle = 0, popular = 0, oracle_new = 0, popular_new = 0;
  size_t n = 0;
  for (const ShopperLog& log : ExampleLogs()) {
    const auto test = CaseOf(log);
    if (!test) continue;
    TrueScores(ExampleShop(), log.shopper, {test->past, test->now}, scores);
    oracle += Ndcg(scores, test->bought);
    popular += Ndcg(popularity, test->bought);
    std::set<uint32_t> unseen;
    std::set_difference(test->bought.begin(), test->bought.end(), test->seen.begin(),
                        test->seen.end(), std::inserter(unseen, unseen.end()));
    ++n;
    if (unseen.empty()) continue;
    std::vector<float> masked = popularity;
    for (const uint32_t item : test->seen) scores[item] = masked[item] = -1;
    oracle_new += Ndcg(scores, unseen);
    popular_new += Ndcg(masked, unseen);
  }
  EXPECT_GT(n, 200u);
  EXPECT_GT(oracle, 4 * popular);
  EXPECT_GT(oracle_new, 3 * popular_new);
}

// Cosine neighbours from other shoppers' views, for products that the shopper has never seen.
TEST(Learnable, ProductsSeenTogetherForetellNewPurchases) {
  const std::vector<float> popularity = Popularity();
  const size_t n_items = popularity.size();
  std::vector<float> together(n_items * n_items), seen(n_items);
  for (const ShopperLog& log : ExampleLogs()) {
    std::set<uint32_t> items;
    for (const LoggedEvent& logged : log.events) {
      if (logged.event.time >= Cut()) break;
      if (logged.event.type == EventType::kView) items.insert(logged.event.item);
    }
    for (const uint32_t a : items) {
      ++seen[a];
      for (const uint32_t b : items) together[a * n_items + b] += a != b;
    }
  }
  double neighbours = 0, popular = 0;
  for (const ShopperLog& log : ExampleLogs()) {
    const auto test = CaseOf(log);
    if (!test || test->seen.empty()) continue;
    std::set<uint32_t> unseen;
    std::set_difference(test->bought.begin(), test->bought.end(), test->seen.begin(),
                        test->seen.end(), std::inserter(unseen, unseen.end()));
    if (unseen.empty()) continue;
    std::vector<float> scores(n_items), masked = popularity;
    for (const uint32_t a : test->seen) {
      for (size_t b = 0; b < n_items; ++b) {
        scores[b] += together[a * n_items + b] / std::sqrt((seen[a] + 5) * (seen[b] + 5));
      }
    }
    for (const uint32_t item : test->seen) scores[item] = masked[item] = -1;
    neighbours += Ndcg(scores, unseen);
    popular += Ndcg(masked, unseen);
  }
  EXPECT_GT(neighbours, 1.5 * popular);
}

// Of a shopper never seen before: what is viewed first, by the landing page, or else by the country
// and the referrer, counted over other shoppers.
TEST(Learnable, TheContextOfAFirstVisitForetellsWhatIsViewed) {
  const size_t n_items = ExampleShop().assortment.items.size();
  const size_t n_shoppers = ExampleLogs().size();
  const auto landing_of = [](const ShopperLog& log) {
    return static_cast<size_t>(log.visits.front().landing + 1);
  };
  const auto origin_of = [](const ShopperLog& log) {
    return log.shopper.country * kReferrers.size() + log.visits.front().referrer;
  };
  std::vector<std::vector<float>> by_landing(Kinds().size() + 1, std::vector<float>(n_items));
  std::vector<std::vector<float>> by_origin(kCountries.size() * kReferrers.size(),
                                            std::vector<float>(n_items));
  std::vector<float> all(n_items);
  const auto first_views = [](const ShopperLog& log) {
    std::set<uint32_t> items;
    for (const LoggedEvent& logged : log.events) {
      if (logged.visit == 0 && logged.event.type == EventType::kView) {
        items.insert(logged.event.item);
      }
    }
    return items;
  };
  for (size_t i = 0; i < n_shoppers; i += 2) {
    const ShopperLog& log = ExampleLogs()[i];
    for (const LoggedEvent& logged : log.events) {
      if (logged.event.type != EventType::kView) continue;
      const Visit& visit = log.visits[logged.visit];
      ++by_landing[static_cast<size_t>(visit.landing + 1)][logged.event.item];
      ++by_origin[log.shopper.country * kReferrers.size() + visit.referrer][logged.event.item];
      ++all[logged.event.item];
    }
  }
  double landing = 0, origin = 0, popular = 0;
  for (size_t i = 1; i < n_shoppers; i += 2) {
    const ShopperLog& log = ExampleLogs()[i];
    const std::set<uint32_t> viewed = first_views(log);
    landing += Ndcg(by_landing[landing_of(log)], viewed);
    origin += Ndcg(by_origin[origin_of(log)], viewed);
    popular += Ndcg(all, viewed);
  }
  EXPECT_GT(landing, 2 * popular);
  EXPECT_GT(origin, 1.2 * popular);
}

}  // namespace
}  // namespace vitrine::generate
