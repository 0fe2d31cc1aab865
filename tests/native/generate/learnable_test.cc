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

// How often each kind is viewed for every value of one property of a visit.
class KindCounts {
 public:
  explicit KindCounts(size_t n_values)
      : counts_(n_values, std::vector<double>(Kinds().size(), 1)) {}
  void Add(size_t value, size_t kind) { ++counts_[value][kind]; }
  // P(kind | value).
  double Share(size_t value, size_t kind) const {
    const std::vector<double>& row = counts_[value];
    return row[kind] / std::accumulate(row.begin(), row.end(), 0.0);
  }

 private:
  std::vector<std::vector<double>> counts_;
};

// Of a shopper never seen before: naive Bayes over kinds, counted over other shoppers, times an
// item's popularity.
TEST(Learnable, TheContextOfAFirstVisitForetellsWhatIsViewed) {
  const std::vector<Item>& items = ExampleShop().assortment.items;
  std::vector<float> popularity(items.size());
  KindCounts by_landing(Kinds().size() + 1), by_country(kCountries.size());
  KindCounts by_device(kDevices.size()), by_referrer(kReferrers.size()), all(1);
  const auto page = [](const Visit& visit) { return static_cast<size_t>(visit.landing + 1); };
  for (size_t i = 0; i < ExampleLogs().size(); i += 2) {
    const ShopperLog& log = ExampleLogs()[i];
    for (const LoggedEvent& logged : log.events) {
      if (logged.event.type != EventType::kView) continue;
      const Visit& visit = log.visits[logged.visit];
      const size_t kind = items[logged.event.item].kind;
      by_landing.Add(page(visit), kind);
      by_country.Add(log.shopper.country, kind);
      by_device.Add(visit.device, kind);
      by_referrer.Add(visit.referrer, kind);
      all.Add(0, kind);
      ++popularity[logged.event.item];
    }
  }
  double from_landing = 0, from_origin = 0, popular = 0;
  for (size_t i = 1; i < ExampleLogs().size(); i += 2) {
    const ShopperLog& log = ExampleLogs()[i];
    const Visit& visit = log.visits.front();
    std::set<uint32_t> viewed;
    for (const LoggedEvent& logged : log.events) {
      if (logged.visit != 0) break;
      if (logged.event.type == EventType::kView) viewed.insert(logged.event.item);
    }
    std::vector<float> landing = popularity, origin = popularity;
    for (size_t item = 0; item < items.size(); ++item) {
      const size_t kind = items[item].kind;
      const double share = all.Share(0, kind);
      landing[item] *= static_cast<float>(by_landing.Share(page(visit), kind) / share);
      origin[item] *= static_cast<float>(by_country.Share(log.shopper.country, kind) / share *
                                         by_device.Share(visit.device, kind) / share *
                                         by_referrer.Share(visit.referrer, kind) / share);
    }
    from_landing += Ndcg(landing, viewed);
    from_origin += Ndcg(origin, viewed);
    popular += Ndcg(popularity, viewed);
  }
  EXPECT_GT(from_landing, 2 * popular);
  EXPECT_GT(from_origin, 1.25 * popular);
}

}  // namespace
}  // namespace vitrine::generate
