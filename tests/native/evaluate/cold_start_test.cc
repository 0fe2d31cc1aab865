// A generator that is told a context, beside rivals, where the context says all there is to know.
#include "evaluate/cold_start.h"

#include <gtest/gtest.h>

#include "support/small_shop.h"
#include "train/train.h"

namespace vitrine {
namespace {

constexpr uint32_t kItems = 40;

// Shopper `s` of one of two countries, which choose among the first or the second half.
std::vector<Event> Shopper(uint32_t s, int64_t first_day) {
  std::vector<uint32_t> items;
  for (uint32_t i = 0; i < 6; ++i) items.push_back((s % 2) * kItems / 2 + (s * 7 + i * i) % 20);
  auto events = SmallShop::Purchases(items, first_day);
  for (Event& event : events) event.context = static_cast<uint16_t>(1 + s % 2);
  return events;
}

class ColdStartTest : public testing::Test {
 protected:
  ColdStartTest() : shop_(kItems) { shop_.SetContexts({"unknown", "country=DE", "country=FR"}); }

  Result<nlohmann::ordered_json> Compare(const Dataset& dataset, const ColdOracle& oracle) {
    TrainOptions options;
    options.model = "gan";
    options.validation_fraction = 0.2;
    options.epochs = options.patience = 30;
    options.gan.batch_size = 20;
    const auto trained = TrainModel(dataset, options, shop_.Path("model"));
    EXPECT_TRUE(trained.ok()) << trained.error().message;
    const std::vector<ItemFacts> facts = {{.n_items = kItems}};
    return CompareColdStart({&dataset, 1}, {"gan", {shop_.Path("model/model.safetensors")}}, {},
                            facts, oracle, {.resamples = 50});
  }
  SmallShop shop_;
};

// Lists the half of the shopper's country.
void KnowAll(const Catalogue&, std::string_view context, std::span<float> scores) {
  for (size_t i = 0; i < scores.size(); ++i) {
    scores[i] = (i < kItems / 2) == (context == "country=DE") ? 1 : 0;
  }
}

TEST_F(ColdStartTest, TheContextClosesTheGapToTheBestList) {
  for (uint32_t s = 0; s < 120; ++s) shop_.AddTrain(Shopper(s, 0));
  for (uint32_t s = 120; s < 160; ++s) shop_.AddTest(Shopper(s, 0));
  size_t n_asked = 0;
  const auto found = Compare(shop_.Open(Split::kStrong), [&] {
    ++n_asked;
    return KnowAll;
  });
  ASSERT_TRUE(found.ok()) << found.error().message;
  const auto at = [&](const char* length, const char* name) {
    return (*found)[length][name]["ndcg@20"]["value"].get<double>();
  };
  EXPECT_EQ(n_asked, 1u);
  EXPECT_EQ((*found)["0"]["cases"], 40);
  EXPECT_GT(at("0", "generator"), 1.2 * at("0", "popularity_all_time"));
  const auto& gap = (*found)["0"]["gap_closed"];
  const double low = at("0", "popularity_all_time"), best = at("0", "best_possible");
  EXPECT_GT(best, low);
  EXPECT_NEAR(gap["gap"].get<double>(), best / low - 1, 1e-6);
  EXPECT_NEAR(gap["closed"].get<double>(), (at("0", "generator") - low) / (best - low), 1e-6);
  EXPECT_GT(gap["closed"].get<double>(), 0.8);
  EXPECT_LE(gap["low"].get<double>(), gap["closed"].get<double>());
  EXPECT_DOUBLE_EQ((*found)["0"]["popularity_in_context"]["generator_ahead"]["diff"].get<double>(),
                   (*found)["0"]["generator"]["difference"]["diff"].get<double>());
  EXPECT_NEAR((*found)["0"]["popularity_all_time"]["generator_ahead"]["diff"].get<double>(),
              at("0", "generator") - low, 1e-6);
  // Six products each: after five there is one to find, after ten nobody is left to ask.
  EXPECT_TRUE(found->contains("5"));
  EXPECT_FALSE(found->contains("10"));
  EXPECT_FALSE((*found)["1"].contains("best_possible"));
}

TEST_F(ColdStartTest, BehindACutAskedAreThoseWhoComeAfterIt) {
  for (uint32_t s = 0; s < 120; ++s) shop_.AddTrain(Shopper(s, s % 80));
  for (uint32_t s = 120; s < 140; ++s) shop_.AddTest(Shopper(s, 100));
  for (uint32_t s = 140; s < 160; ++s) shop_.AddTest(Shopper(s, 98));  // came before the cut
  const auto found = Compare(shop_.Open(Split::kTime, 100 * kDay), {});
  ASSERT_TRUE(found.ok()) << found.error().message;
  EXPECT_EQ((*found)["0"]["cases"], 20);
  EXPECT_TRUE((*found)["0"].contains("popularity_30_days_and_first_basket"));
  EXPECT_FALSE((*found)["0"].contains("gap_closed"));
}

}  // namespace
}  // namespace vitrine
