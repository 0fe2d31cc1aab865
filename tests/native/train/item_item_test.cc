// Item-item weights: sparse EASE against dense EASE and against what can be worked out by hand.
#include "train/item_item.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <set>

#include "core/parallel.h"
#include "core/rng.h"
#include "train/progress.h"

namespace vitrine {
namespace {

constexpr size_t kUnlimited = std::numeric_limits<size_t>::max();

// Every shopper has each item by a chance of its own, the first ones more often than the last.
Csr RandomShoppers(size_t n_shoppers, size_t n_items) {
  Csr x;
  x.cols = n_items;
  Rng rng(3, 1);
  for (size_t shopper = 0; shopper < n_shoppers; ++shopper) {
    for (uint32_t item = 0; item < n_items; ++item) {
      const float chance = 0.6f - 0.4f * static_cast<float>(item) / static_cast<float>(n_items);
      if (rng.Uniform() < chance) x.indices.push_back(item);
    }
    x.EndRow();
  }
  return x;
}

Csr Shoppers(size_t n_items, const std::vector<std::vector<uint32_t>>& rows) {
  Csr x;
  x.cols = n_items;
  for (const auto& row : rows) {
    x.indices.insert(x.indices.end(), row.begin(), row.end());
    x.EndRow();
  }
  return x;
}

float At(const Csr& weights, uint32_t row, uint32_t column) {
  const auto items = weights.view().Row(row);
  const auto found = std::ranges::find(items, column);
  return found == items.end()
             ? 0.0f
             : weights.view().Values(row)[static_cast<size_t>(found - items.begin())];
}

TEST(SparseEase, WithAllNeighboursIsDenseEase) {
  const Csr x = RandomShoppers(300, 40);
  const auto dense = DenseEase(x, 20);
  const auto sparse = SparseEase(x, 20, 39, kUnlimited);
  ASSERT_TRUE(dense.ok() && sparse.ok());
  ASSERT_EQ(sparse->indices.size(), 40u * 39u);
  for (uint32_t i = 0; i < 40; ++i) {
    for (uint32_t j = 0; j < 40; ++j) EXPECT_NEAR(At(*sparse, i, j), (*dense)(i, j), 1e-5);
  }
}

TEST(SparseEase, AProductListensToItsNeighboursAndNeverToItself) {
  const Csr x = RandomShoppers(300, 40);
  const auto weights = SparseEase(x, 20, 7, kUnlimited);
  ASSERT_TRUE(weights.ok());
  std::vector<size_t> listens(40);
  for (uint32_t i = 0; i < 40; ++i) {
    for (const uint32_t j : weights->view().Row(i)) {
      EXPECT_NE(i, j);
      ++listens[j];
    }
  }
  EXPECT_EQ(listens, std::vector<size_t>(40, 7));
}

// One neighbour: least squares of one variable, <i, j> / (|i|^2 + lambda).
TEST(SparseEase, OneNeighbourIsTheOneThatCorrelatesMost) {
  // 1 goes with 0 always and 2 is everywhere, which is no reason to have 0.
  const Csr x = Shoppers(4, {{0, 1, 2}, {0, 1, 2}, {2, 3}, {2, 3}, {2}, {0, 1, 2, 3}});
  const auto weights = SparseEase(x, 2, 1, kUnlimited);
  ASSERT_TRUE(weights.ok());
  EXPECT_FLOAT_EQ(At(*weights, 1, 0), 3.0f / (3 + 2));
  EXPECT_FLOAT_EQ(At(*weights, 0, 1), 3.0f / (3 + 2));
  EXPECT_EQ(At(*weights, 2, 0), 0);
}

TEST(SparseEase, ThreadsDoNotChangeABit) {
  const Csr x = RandomShoppers(500, 200);
  const size_t threads = NumThreads();
  SetNumThreads(1);
  const auto one = SparseEase(x, 20, 30, kUnlimited);
  const Csr near_one = NearestNeighbours(x, {.neighbours = 30});
  SetNumThreads(4);
  const auto four = SparseEase(x, 20, 30, kUnlimited);
  const Csr near_four = NearestNeighbours(x, {.neighbours = 30});
  SetNumThreads(threads);
  ASSERT_TRUE(one.ok() && four.ok());
  EXPECT_EQ(one->indices, four->indices);
  EXPECT_EQ(one->values, four->values);
  EXPECT_EQ(near_one.indices, near_four.indices);
  EXPECT_EQ(near_one.values, near_four.values);
}

// Shoppers who each have 8 items of one corner of the catalogue.
Csr ShoppersOfCorners(size_t n_shoppers, uint32_t n_items) {
  Csr x;
  x.cols = n_items;
  Rng rng(4, 1);
  for (size_t shopper = 0; shopper < n_shoppers; ++shopper) {
    std::set<uint32_t> items;
    const uint32_t corner = rng.Below(n_items - 200);
    while (items.size() < 8) items.insert(corner + rng.Below(200));
    x.indices.insert(x.indices.end(), items.begin(), items.end());
    x.EndRow();
  }
  return x;
}

TEST(SparseEase, LeavesOutRarePairsWhereAllOfThemDoNotFit) {
  const Csr x = ShoppersOfCorners(5000, 1000);
  const auto exact = SparseEase(x, 50, 30, kUnlimited);
  // 90,000 pairs, most of one shopper: 8 bytes for each is too much.
  const auto squeezed = SparseEase(x, 50, 30, 600000);
  ASSERT_TRUE(exact.ok() && squeezed.ok()) << squeezed.error().message;
  ASSERT_EQ(exact->indices, squeezed->indices);
  EXPECT_NE(exact->values, squeezed->values);
  double error = 0, size = 0;
  for (size_t i = 0; i < exact->values.size(); ++i) {
    error += std::pow(exact->values[i] - squeezed->values[i], 2);
    size += std::pow(exact->values[i], 2);
  }
  EXPECT_LT(std::sqrt(error / size), 0.1);
}

TEST(SparseEase, SaysWhenThePairsDoNotFit) {
  const auto weights = SparseEase(RandomShoppers(300, 40), 20, 7, 1000);
  ASSERT_FALSE(weights.ok());
  EXPECT_EQ(weights.error().code, ErrorCode::kOutOfMemory);
}

TEST(SparseEase, TakesFarLessMemoryThanADenseTable) {
  constexpr size_t kItems = 20000;  // a dense table has 1.6 GB
  const Csr x = ShoppersOfCorners(20000, kItems);
  const size_t before = PeakBytes();
  const auto weights = SparseEase(x, 20, 50, kUnlimited);
  ASSERT_TRUE(weights.ok());
  EXPECT_GT(weights->indices.size(), 500000u);
  EXPECT_LT(PeakBytes() - before, size_t{160} << 20);
}

TEST(NearestNeighbours, AreTheMostSimilarOfEachProduct) {
  const Csr x = Shoppers(3, {{0, 1}, {0, 1}, {0, 2}, {1}, {0, 2}});
  // Squared idf of a shopper of one product and of two.
  const double one = std::pow(std::log(1 + 3.0), 2), two = std::pow(std::log(1 + 3.0 / 2), 2);
  for (const double alpha : {0.5, 0.8}) {
    const Csr weights = NearestNeighbours(x, {.neighbours = 1, .shrink = 2, .alpha = alpha});
    const double to_1 =
        2 * two / (std::pow(4 * two, alpha) * std::pow(2 * two + one, 1 - alpha) + 2);
    EXPECT_NEAR(At(weights, 0, 1), to_1, 1e-6);
    EXPECT_EQ(At(weights, 2, 1), 0);
    EXPECT_EQ(weights.indices.size(), 3u);
    EXPECT_GT(At(weights, 0, 2), 0);
  }
}

}  // namespace
}  // namespace vitrine
