#include "train/markov.h"

#include <gtest/gtest.h>

#include "support/small_shop.h"

namespace vitrine {
namespace {

Event Do(int64_t time, uint32_t item, EventType type) {
  return {.time = time, .item = item, .type = type};
}

TEST(TransitionShares, CountsTheNextEventOrTheNextPurchase) {
  SmallShop shop(4);
  shop.AddTrain({Do(1, 0, EventType::kView), Do(2, 1, EventType::kView),
                 Do(3, 3, EventType::kUncart), Do(4, 1, EventType::kPurchase)});
  shop.AddTrain({Do(1, 0, EventType::kView), Do(2, 2, EventType::kPurchase)});
  const Dataset dataset = shop.Open(Split::kNone);
  ASSERT_EQ(dataset.info().target, EventType::kPurchase);
  const TrainingPart part{.dataset = &dataset};
  using Items = std::vector<uint32_t>;
  using Shares = std::vector<float>;

  const Csr next = TransitionShares(part, {}, /*to_target=*/false);
  EXPECT_EQ(next.offsets, (std::vector<uint64_t>{0, 2, 3, 3, 3}));
  EXPECT_EQ(next.indices, (Items{1, 2, 1}));
  EXPECT_EQ(next.values, (Shares{0.5f, 0.5f, 1}));

  const Csr bought = TransitionShares(part, {}, /*to_target=*/true);
  EXPECT_EQ(bought.offsets, (std::vector<uint64_t>{0, 2, 3, 3, 3}));
  EXPECT_EQ(bought.indices, (Items{1, 2, 1}));
  EXPECT_EQ(bought.values, (Shares{0.5f, 0.5f, 1}));
}

}  // namespace
}  // namespace vitrine
