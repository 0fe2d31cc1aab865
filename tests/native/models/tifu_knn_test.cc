// TIFU-KNN by hand.
#include "models/tifu_knn.h"

#include <gtest/gtest.h>

#include "format/safetensors.h"

namespace vitrine {
namespace {

Event Buy(int64_t time, uint32_t item, uint32_t basket) {
  return {.time = time, .item = item, .basket = basket, .type = EventType::kPurchase};
}

TEST(TifuVector, GroupsAverageTheirBasketsAndDecay) {
  // Three baskets in two groups: {0}, {1, 2}.
  const std::vector<Event> events = {Buy(0, 4, 0),
                                     Buy(0, 5, 0),
                                     Buy(1, 4, 1),
                                     Buy(2, 6, 2),
                                     {.time = 3, .item = 7, .type = EventType::kView}};
  const Profile vector =
      TifuVector(events, EventType::kPurchase, 8, {.groups = 2, .within = 0.5, .across = 0.25});
  EXPECT_EQ(vector.items, (std::vector<uint32_t>{4, 5, 6}));
  // 0.25 / 2 of the older group; of the newer one 0.5 / 2 / 2 and 1 / 2 / 2.
  EXPECT_EQ(vector.weights, (std::vector<float>{0.25f, 0.125f, 0.25f}));
}

TEST(TifuVector, WithoutOrderNumbersASilenceStartsABasket) {
  const std::vector<Event> events = {Buy(0, 1, kNoBasket), Buy(100, 2, kNoBasket),
                                     Buy(1000, 1, kNoBasket)};
  const Profile vector =
      TifuVector(events, EventType::kPurchase, 4, {.within = 1, .across = 1, .basket_gap_s = 600});
  EXPECT_EQ(vector.items, (std::vector<uint32_t>{1, 2}));
  EXPECT_EQ(vector.weights, (std::vector<float>{1, 0.5f}));
}

TEST(TifuKnn, TheNearestShoppersAddTheirProducts) {
  TensorFileWriter writer;
  const std::vector<uint64_t> offsets = {0, 2, 4, 5};  // {0, 1}, {0, 2}, {3}
  const std::vector<uint32_t> items = {0, 1, 0, 2, 3};
  const std::vector<float> values = {1, 1, 1, 0.5f, 1};
  writer.Add("tifu.offsets", offsets);
  writer.Add("tifu.items", items);
  writer.Add("tifu.values", values);
  writer.SetMetadata("tifu.groups", int64_t{7});
  writer.SetMetadata("tifu.within", 1.0);
  writer.SetMetadata("tifu.across", 1.0);
  writer.SetMetadata("tifu.neighbours", int64_t{1});
  writer.SetMetadata("tifu.alpha", 0.75);
  writer.SetMetadata("tifu.basket_gap_s", int64_t{600});
  writer.SetMetadata("tifu.target", static_cast<int64_t>(EventType::kPurchase));
  const auto file = writer.ToMemory("tifu");
  ASSERT_TRUE(file.ok());
  const auto model = TifuKnnModel::Read(*file, 4);
  ASSERT_TRUE(model.ok()) << model.error().message;
  std::vector<float> scores(4);
  // {0}: nearest is {0, 2} at 0.25, then {0, 1} at 1.
  const std::vector<Event> events = {Buy(0, 0, 0)};
  (*model)->Score({events, 1}, scores);
  EXPECT_EQ(scores, (std::vector<float>{1, 0, 0.125f, 0}));
  // {0, 1}: the shopper's own vector is passed over.
  const std::vector<Event> same = {Buy(0, 0, 0), Buy(0, 1, 0)};
  (*model)->Score({same, 1}, scores);
  EXPECT_EQ(scores, (std::vector<float>{1, 0.75f, 0.125f, 0}));
}

}  // namespace
}  // namespace vitrine
