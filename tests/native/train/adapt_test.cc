#include "train/adapt.h"

#include <gtest/gtest.h>

#include "core/rng.h"
#include "support/small_shop.h"
#include "train/train.h"

namespace vitrine {
namespace {

using Json = nlohmann::ordered_json;

// Pairs that go together (2k and 2k + 1, half a day apart), or nothing that does.
Json AdaptationOf(bool with_pairs) {
  SmallShop shop(40);
  Rng rng(5, with_pairs);
  for (int shopper = 0; shopper < 120; ++shopper) {
    std::vector<Event> events;
    for (int64_t day = 0; day < 6; ++day) {
      const auto item = static_cast<uint32_t>(rng.Below(40));
      events.push_back({.time = 3 * day * kDay, .item = item, .type = EventType::kPurchase});
      const uint32_t next = with_pairs ? item ^ 1u : static_cast<uint32_t>(rng.Below(40));
      events.push_back(
          {.time = 3 * day * kDay + kDay / 2, .item = next, .type = EventType::kPurchase});
    }
    shop.AddTrain(std::move(events));
  }
  const Dataset dataset = shop.Open(Split::kStrong);
  TrainOptions options{.model = "popularity"};
  options.validation_fraction = 0.3;
  options.adapt = true;
  options.prefixes = {.of_events = true, .lengths = {3, 5, 7}};
  const auto result = TrainModel(dataset, options, shop.Path("model"));
  EXPECT_TRUE(result.ok()) << result.error().message;
  return (*result)["adapt"];
}

TEST(AddAdaptation, TakesAGainForWhatGoesTogetherAndNoneForChance) {
  const Json paired = AdaptationOf(true), chance = AdaptationOf(false);
  EXPECT_GT(paired["gain"], 0) << paired.dump();
  EXPECT_EQ(chance["gain"], 0) << chance.dump();
}

}  // namespace
}  // namespace vitrine
