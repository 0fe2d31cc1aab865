// The best list for a context is one that no count of the log itself beats.
#include "generate/best_list.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "example.h"

namespace vitrine::generate {
namespace {

double Ndcg(const std::vector<float>& scores, const std::set<uint32_t>& relevant) {
  constexpr size_t kListLength = 20;
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

std::set<uint32_t> BoughtBy(const ShopperLog& log) {
  std::set<uint32_t> bought;
  for (const LoggedEvent& logged : log.events) {
    if (logged.event.type == EventType::kPurchase) bought.insert(logged.event.item);
  }
  return bought;
}

VisitContext ContextOf(const ShopperLog& log) {
  const Visit& visit = log.visits.front();
  return {.country = log.shopper.country,
          .device = visit.device,
          .referrer = visit.referrer,
          .landing = visit.landing};
}

TEST(BestList, IsFarAbovePopularityAndTheMoreOfTheContextIsKnownTheBetter) {
  const BestLists lists(ExampleShop(), 30000);
  std::vector<float> popularity(ExampleShop().assortment.items.size()), scores(popularity.size());
  for (const ShopperLog& log : ExampleLogs()) {
    for (const uint32_t item : BoughtBy(log)) popularity[item] += 1;  // these very shoppers
  }
  double whole = 0, landing = 0, origin = 0, nothing = 0, popular = 0;
  for (const ShopperLog& log : ExampleLogs()) {
    const std::set<uint32_t> bought = BoughtBy(log);
    if (bought.empty()) continue;
    const VisitContext context = ContextOf(log);
    const auto ask = [&](const VisitContext& known) {
      lists.Score(known, scores);
      return Ndcg(scores, bought);
    };
    whole += ask(context);
    landing += ask({.landing = context.landing});
    VisitContext without = context;
    without.landing = kHome;
    origin += ask(without);
    nothing += ask({});
    popular += Ndcg(popularity, bought);
  }
  EXPECT_GT(whole, landing);
  EXPECT_GT(landing, 1.5 * nothing);
  EXPECT_GT(origin, 1.2 * nothing);
  EXPECT_GT(whole, 2 * popular);
  // Without a context it is popularity, but for what was counted over these very shoppers.
  EXPECT_NEAR(nothing / popular, 1, 0.2);
}

TEST(BestList, ReadsAContextAsTheLogHasIt) {
  const std::string landing = "landing=" + std::string(Kinds()[3]->category);
  const VisitContext context =
      ParseVisitContext("device=tablet;country=FR;channel=blog;" + landing);
  EXPECT_EQ(context.device, 2u);
  EXPECT_EQ(context.country, 1u);
  EXPECT_EQ(context.referrer, 4u);
  EXPECT_EQ(context.landing, 3);
  const VisitContext home = ParseVisitContext("country=XX;landing=home;month=2024-01");
  EXPECT_FALSE(home.country.has_value());
  EXPECT_FALSE(home.device.has_value());
  EXPECT_EQ(home.landing, kHome);
}

}  // namespace
}  // namespace vitrine::generate
