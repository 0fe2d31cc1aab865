// The logging policy says what it does, and does what it says.
#include "generate/campaigns.h"

#include <gtest/gtest.h>

#include <cmath>

#include "example.h"
#include "generate/choice.h"

namespace vitrine::generate {
namespace {

// How far `seen` successes lie from independent trials with these summed means and variances.
struct Tally {
  double seen = 0, mean = 0, variance = 0;
  void Add(bool success, double probability) {
    seen += success;
    mean += probability;
    variance += probability * (1 - probability);
  }
  double Deviations() const { return (seen - mean) / std::sqrt(variance); }
};

TEST(Campaigns, PromoteOneTargetWithinThePeriod) {
  const Shop& shop = ExampleShop();
  ASSERT_GT(shop.campaigns.list.size(), 40u);
  for (const Campaign& campaign : shop.campaigns.list) {
    EXPECT_GE(campaign.first_day, 0);
    EXPECT_LE(campaign.first_day, campaign.last_day);
    EXPECT_LT(campaign.last_day, shop.options.days);
    EXPECT_GT(campaign.budget, 0);
    EXPECT_FALSE(campaign.items.empty());
    for (const uint32_t i : campaign.items) {
      const Item& item = shop.assortment.items[i];
      EXPECT_EQ(campaign.of_brand ? item.brand : item.kind, campaign.target);
    }
  }
}

TEST(Campaigns, LoggedPropensitiesAreThePolicysAndSumToOne) {
  const Shop& shop = ExampleShop();
  std::vector<AdChoice> choices;
  size_t n = 0;
  for (const ShopperLog& log : ExampleLogs()) {
    for (const Impression& shown : log.impressions) {
      AdChoices(shop.calendar, shop.assortment, shop.campaigns, shown.slot, shown.time,
                log.visits[shown.visit].landing, choices);
      double sum = 0, own = 0;
      for (const AdChoice& choice : choices) {
        sum += choice.propensity;
        if (choice.item == shown.item && choice.campaign == shown.campaign) own = choice.propensity;
        EXPECT_GT(choice.propensity, 0);
      }
      ASSERT_NEAR(sum, 1, 1e-5);
      ASSERT_EQ(own, shown.propensity);
      ++n;
    }
  }
  EXPECT_GT(n, 10000u);
}

TEST(Campaigns, ProductsAreShownAsOftenAsTheirPropensitySays) {
  const Shop& shop = ExampleShop();
  Tally likeliest, unlikeliest, first;
  std::vector<Tally> by_kind(Kinds().size());
  std::vector<AdChoice> choices;
  for (const ShopperLog& log : ExampleLogs()) {
    for (const Impression& shown : log.impressions) {
      AdChoices(shop.calendar, shop.assortment, shop.campaigns, shown.slot, shown.time,
                log.visits[shown.visit].landing, choices);
      if (choices.size() < 2) continue;
      const auto is_shown = [&shown](const AdChoice& choice) {
        return choice.item == shown.item && choice.campaign == shown.campaign;
      };
      const auto [low, high] = std::minmax_element(
          choices.begin(), choices.end(),
          [](const AdChoice& a, const AdChoice& b) { return a.propensity < b.propensity; });
      likeliest.Add(is_shown(*high), high->propensity);
      unlikeliest.Add(is_shown(*low), low->propensity);
      first.Add(is_shown(choices.front()), choices.front().propensity);
      std::vector<double> of_kind(Kinds().size());
      for (const AdChoice& choice : choices) {
        of_kind[shop.assortment.items[choice.item].kind] += choice.propensity;
      }
      for (size_t kind = 0; kind < of_kind.size(); ++kind) {
        if (of_kind[kind] == 0) continue;
        by_kind[kind].Add(shop.assortment.items[shown.item].kind == kind,
                          std::min(of_kind[kind], 1.0));
      }
    }
  }
  EXPECT_LT(std::abs(likeliest.Deviations()), 4);
  EXPECT_LT(std::abs(unlikeliest.Deviations()), 4);
  EXPECT_LT(std::abs(first.Deviations()), 4);
  for (const Tally& tally : by_kind) {
    if (tally.variance < 20) continue;
    EXPECT_LT(std::abs(tally.Deviations()), 4.5);
  }
}

TEST(Campaigns, ClicksComeWithTheirProbability) {
  const Shop& shop = ExampleShop();
  std::array<Tally, kSlots.size()> by_slot;
  for (const ShopperLog& log : ExampleLogs()) {
    for (const Impression& shown : log.impressions) {
      const double click =
          ClickProbability(shop, log.shopper, shop.assortment.items[shown.item], shown.slot);
      by_slot[shown.slot].Add(shown.clicked, click);
      EXPECT_TRUE(shown.clicked || !shown.converted);
    }
  }
  for (const Tally& tally : by_slot) EXPECT_LT(std::abs(tally.Deviations()), 4);
  EXPECT_GT(by_slot[0].seen, by_slot[2].seen);
}

// Inverse-propensity weighting is unbiased: the value of showing any product evenly, estimated
// from the log, is near its true value.
TEST(Campaigns, PropensityWeightsRecoverTheUniformPolicysClickRate) {
  const Shop& shop = ExampleShop();
  double estimate = 0, truth = 0, squares = 0, n = 0;
  std::vector<AdChoice> choices;
  for (const ShopperLog& log : ExampleLogs()) {
    for (const Impression& shown : log.impressions) {
      AdChoices(shop.calendar, shop.assortment, shop.campaigns, shown.slot, shown.time,
                log.visits[shown.visit].landing, choices);
      const double even = 1.0 / static_cast<double>(choices.size());
      const double weighted = shown.clicked * even / shown.propensity;
      estimate += weighted;
      squares += weighted * weighted;
      for (const AdChoice& choice : choices) {
        truth += even * ClickProbability(shop, log.shopper, shop.assortment.items[choice.item],
                                         shown.slot);
      }
      ++n;
    }
  }
  EXPECT_LT(std::abs(estimate - truth), 4 * std::sqrt(squares));
  EXPECT_GT(truth / n, 0.003);
}

}  // namespace
}  // namespace vitrine::generate
