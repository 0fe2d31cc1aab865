// Made-up shoppers teach what the real ones do where the generator has learnt it, and nothing where
// it has not.
#include "train/transfer.h"

#include <gtest/gtest.h>

#include "support/small_shop.h"
#include "train/train.h"

namespace vitrine {
namespace {

constexpr uint32_t kItems = 40, kGroups = 4, kOfGroup = kItems / kGroups;

// Most of a group of ten products, in an order of their own.
std::vector<Event> Shopper(uint32_t s) {
  std::vector<uint32_t> items;
  for (uint32_t i = 0; i < 7; ++i) {
    items.push_back((s % kGroups) * kOfGroup + (s / kGroups * 3 + i) % kOfGroup);
  }
  return SmallShop::Purchases(items);
}

double Relative(size_t epochs) {
  SmallShop shop(kItems);
  for (uint32_t s = 0; s < 200; ++s) shop.AddTrain(Shopper(s));
  for (uint32_t s = 200; s < 240; ++s) shop.AddTest(Shopper(s));
  const Dataset dataset = shop.Open(Split::kStrong);
  TrainOptions options;
  options.model = "gan";
  options.validation_fraction = 0.2;
  options.epochs = options.patience = epochs;
  options.gan.batch_size = 20;
  EXPECT_TRUE(TrainModel(dataset, options, shop.Path("model")).ok());
  const std::vector<ItemFacts> facts = {{.n_items = kItems}};
  const std::vector<std::string> files = {shop.Path("model/model.safetensors")};
  const auto judged = JudgeTransfer({&dataset, 1}, files, facts, {.resamples = 50});
  EXPECT_TRUE(judged.ok()) << judged.error().message;
  EXPECT_EQ((*judged)["shoppers_real"], 200);
  EXPECT_EQ((*judged)["shoppers_generated"], 200 * kGeneratedPerReal);
  EXPECT_EQ((*judged)["cases"], 40);
  const double real = (*judged)["real"]["ndcg@20"]["value"];
  const double generated = (*judged)["generated"]["ndcg@20"]["value"];
  EXPECT_GT(real, 0.7);
  EXPECT_NEAR((*judged)["relative"].get<double>(), generated / real, 1e-6);
  EXPECT_LE((*judged)["relative_low"].get<double>(), (*judged)["relative"].get<double>());
  return (*judged)["relative"];
}

TEST(Transfer, WhatAGeneratorHasLearntTeachesAsMuchAsRealShoppers) { EXPECT_GT(Relative(60), 0.9); }

TEST(Transfer, WhatAGeneratorHasNotLearntTeachesLittle) { EXPECT_LT(Relative(1), 0.8); }

// Above 6,000 products EASE is fitted sparsely: a group of ten is sold, and asked about, among many
// products that nobody takes.
TEST(Transfer, OfALargeCatalogueIsJudgedSparsely) {
  constexpr uint32_t kMany = 151 * kItems;
  SmallShop shop(kMany);
  const auto spread = [](std::vector<Event> events) {
    for (Event& event : events) event.item *= kMany / kItems;
    return events;
  };
  for (uint32_t s = 0; s < 100; ++s) shop.AddTrain(spread(Shopper(s)));
  for (uint32_t s = 100; s < 120; ++s) shop.AddTest(spread(Shopper(s)));
  const Dataset dataset = shop.Open(Split::kStrong);
  TrainOptions options;
  options.model = "gan";
  options.validation_fraction = 0.2;
  options.epochs = options.patience = 30;
  options.gan.batch_size = 20;
  ASSERT_TRUE(TrainModel(dataset, options, shop.Path("model")).ok());
  const std::vector<ItemFacts> facts = {{.n_items = kMany}};
  const std::vector<std::string> files = {shop.Path("model/model.safetensors")};
  const auto judged = JudgeTransfer({&dataset, 1}, files, facts, {.resamples = 50});
  ASSERT_TRUE(judged.ok()) << judged.error().message;
  EXPECT_GT((*judged)["real"]["ndcg@20"]["value"].get<double>(), 0.7);
  EXPECT_GT((*judged)["relative"].get<double>(), 0.5);
}

TEST(Transfer, OtherModelsMakeUpNobody) {
  SmallShop shop(kItems);
  for (uint32_t s = 0; s < 40; ++s) shop.AddTrain(Shopper(s));
  for (uint32_t s = 40; s < 50; ++s) shop.AddTest(Shopper(s));
  const Dataset dataset = shop.Open(Split::kStrong);
  TrainOptions options;
  options.model = "popularity";
  ASSERT_TRUE(TrainModel(dataset, options, shop.Path("model")).ok());
  const std::vector<ItemFacts> facts = {{.n_items = kItems}};
  const std::vector<std::string> files = {shop.Path("model/model.safetensors")};
  const auto judged = JudgeTransfer({&dataset, 1}, files, facts, {.resamples = 50});
  ASSERT_TRUE(judged.ok());
  EXPECT_TRUE(judged->is_null());
}

}  // namespace
}  // namespace vitrine
