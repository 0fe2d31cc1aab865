// Attention against its equation in double precision, on every SIMD target that this machine has.
#include "kernels/attention.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "core/rng.h"
#include "kernels/example_rows.h"

namespace vitrine {
namespace {

TEST(AttendRows, IsTheSoftmaxOfProductsOverThePath) {
  constexpr size_t kRows = 7, kStride = 32;
  const std::vector<uint32_t> path = {3, 0, 6, 3, 5};  // a row twice, and not all rows
  Rng rng(11, 3);
  std::vector<float> keys(kRows * kStride), values(kRows * kStride), query(kStride);
  for (float& value : keys) value = rng.Normal();
  for (float& value : values) value = rng.Normal();
  for (float& value : query) value = 0.3f * rng.Normal();

  std::vector<double> weights(path.size()), expected(kStride, 0.5);
  double total = 0;
  for (size_t k = 0; k < path.size(); ++k) {
    double product = 0;
    for (size_t i = 0; i < kStride; ++i) product += double{keys[path[k] * kStride + i]} * query[i];
    total += weights[k] = std::exp(product);
  }
  for (size_t k = 0; k < path.size(); ++k) {
    weights[k] /= total;
    for (size_t i = 0; i < kStride; ++i) {
      expected[i] += weights[k] * double{values[path[k] * kStride + i]};
    }
  }

  OnEveryTarget([&] {
    std::vector<float> found(path.size()), sum(kStride, 0.5f);
    const auto rows = [&](const std::vector<float>& of) {
      return TableRows::Of({of.data(), kRows, kStride, kStride});
    };
    AttendRows(rows(keys), rows(values), path, {query, false}, found, sum);
    for (size_t k = 0; k < path.size(); ++k) EXPECT_NEAR(found[k], weights[k], 1e-5);
    for (size_t i = 0; i < kStride; ++i) EXPECT_NEAR(sum[i], expected[i], 1e-5);
  });
}

}  // namespace
}  // namespace vitrine
