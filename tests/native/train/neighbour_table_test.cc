#include "train/neighbour_table.h"

#include <gtest/gtest.h>

#include "support/small_shop.h"

namespace vitrine {
namespace {

Event View(int64_t time, uint32_t item) { return {.time = time, .item = item}; }

float Value(const Csr& table, uint32_t row, uint32_t column) {
  for (uint64_t i = table.offsets[row]; i < table.offsets[row + 1]; ++i) {
    if (table.indices[i] == column) return table.values[i];
  }
  return 0;
}

TEST(NeighbourTable, CountsWhatIsLookedAtAround) {
  SmallShop shop(6);
  shop.AddTrain({View(0, 0), View(1, 1), View(2, 1), View(3, 2)});
  // More than a day lies between.
  shop.AddTrain({View(0, 0), View(2 * kDay, 3)});
  // Says no more than 1 of a pair, however often.
  shop.AddTrain({View(0, 4), View(1, 5), View(2, 4), View(3, 5), View(4, 4), View(5, 5)});
  const Dataset dataset = shop.Open(Split::kNone);
  const Csr table = NeighbourTable({.dataset = &dataset});
  ASSERT_EQ(table.rows(), 6u);
  // From 0: 1 first, 1 again (.7), then 2 (.49); a shopper says at most 1 of 1.
  EXPECT_FLOAT_EQ(Value(table, 0, 1), 1 / (1 + 0.49f + 5));
  EXPECT_FLOAT_EQ(Value(table, 0, 2), 0.49f / (1 + 0.49f + 5));
  // From 1, twice: 0 and 2 to either side; the other 1 is passed over.
  EXPECT_FLOAT_EQ(Value(table, 1, 0), 1 / 7.0f);
  EXPECT_FLOAT_EQ(Value(table, 1, 2), 1 / 7.0f);
  EXPECT_EQ(Value(table, 1, 1), 0);
  EXPECT_EQ(Value(table, 0, 3), 0);
  EXPECT_FLOAT_EQ(Value(table, 4, 5), 1 / 6.0f);
}

TEST(NeighbourTable, KeepsTheLargestOfARow) {
  SmallShop shop(40);
  for (uint32_t item = 1; item < 40; ++item) {
    // Product 39 most often.
    for (uint32_t i = 0; i < item; ++i) shop.AddTrain({View(0, 0), View(1, item)});
  }
  const Dataset dataset = shop.Open(Split::kNone);
  const Csr table = NeighbourTable({.dataset = &dataset});
  EXPECT_EQ(table.offsets[1], 20u);
  EXPECT_EQ(table.indices[0], 20u);
  EXPECT_EQ(table.indices[19], 39u);
}

}  // namespace
}  // namespace vitrine
