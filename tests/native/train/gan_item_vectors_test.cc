#include "train/gan_item_vectors.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/rng.h"

namespace vitrine {
namespace {

// What a product's logits and its bias add up to is how many shoppers it has, so that scores can be
// compared from product to product.
TEST(GanItemVectors, BiasMakesProductsComparable) {
  constexpr size_t kProducts = 30, kShoppers = 12, kWidth = 8;
  Csr vectors{.cols = kShoppers};
  for (uint32_t item = 0; item < kProducts; ++item) {
    for (uint32_t shopper = 0; shopper < kShoppers; ++shopper) {
      if (shopper <= item % kShoppers && item != 7) vectors.indices.push_back(shopper);
    }
    vectors.EndRow();
  }
  GanShape shape{.n_items = kShoppers, .noise = 3, .generator = {kWidth}, .discriminator = {4}};
  GanGenerator<CpuBackend> generator(shape);
  uint64_t stream = 0;
  GanGenerator<CpuBackend>::ForEachPart(generator, [&](const std::string&, Matrix& m) {
    Rng rng(5, ++stream);
    for (size_t r = 0; r < m.rows(); ++r) {
      for (size_t c = 0; c < m.cols(); ++c) m(r, c) = 0.7f * rng.Normal();
    }
  });
  const GanItemVectors fitted = FitItemVectors(shape, vectors, generator, 1, 16);
  for (size_t item = 0; item < kProducts; ++item) {
    double sum = 0;
    for (size_t shopper = 0; shopper < kShoppers; ++shopper) {
      double score = generator.item_bias(0, shopper) + fitted.bias(0, item);
      for (size_t c = 0; c < kWidth; ++c) {
        score += fitted.items(item, c) * generator.item_table(shopper, c);
      }
      sum += std::exp(score);
    }
    const double shoppers = item == 7 ? 0 : static_cast<double>(item % kShoppers + 1);
    EXPECT_NEAR(sum, shoppers + 0.5, 1e-3) << item;
  }
}

}  // namespace
}  // namespace vitrine
