// Sums of what codes name, and lists of them, against obvious loops.
#include "kernels/coded_rows.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <vector>

#include "core/rng.h"

namespace vitrine {
namespace {

struct Example {
  Example(size_t n_rows, size_t parts)
      : codes(n_rows * parts), products(parts * CodedRows::kEntries) {
    Rng rng(3, parts);
    for (uint8_t& code : codes) code = static_cast<uint8_t>(rng.Below(256));
    codes.front() = 0;
    codes.back() = 255;
    for (float& product : products) product = rng.Normal();
    rows = {codes.data(), n_rows, parts, {}};
  }

  // The same numbers in the order that the kernel promises.
  float Sum(size_t r) const {
    float sum = 0;
    for (size_t p = 0; p < rows.parts; p += 4) {
      const auto at = [&](size_t q) {
        return products[q * CodedRows::kEntries + codes[r * rows.parts + q]];
      };
      sum += (at(p) + at(p + 1)) + (at(p + 2) + at(p + 3));
    }
    return sum;
  }

  std::vector<uint8_t> codes;
  std::vector<float> products;
  CodedRows rows;
};

TEST(CodedRows, SumsAreEqualToTheBit) {
  for (const size_t parts : {4, 8, 12}) {
    const Example example(300, parts);
    std::vector<float> sums(301, -1);
    SumProducts(example.rows, 7, 293, example.products.data(), sums.data());
    for (size_t i = 0; i < 293; ++i) EXPECT_EQ(sums[i], example.Sum(7 + i)) << parts << ", " << i;
    EXPECT_EQ(sums[293], -1);
  }
}

TEST(CodedRows, ListIsThatOfAllSumsSorted) {
  const Example example(1000, 8);  // no whole number of blocks
  std::vector<float> bias(1000), scores(1000);
  Rng rng(5, 5);
  for (size_t i = 0; i < 1000; ++i) {
    bias[i] = rng.Normal();
    scores[i] = example.Sum(i) + bias[i];
  }
  const std::vector<uint32_t> never = {3, 999};
  for (const bool biased : {true, false}) {
    std::vector<uint32_t> expected(1000);
    std::iota(expected.begin(), expected.end(), 0u);
    std::erase_if(expected, [&](uint32_t i) { return i == 3 || i == 999; });
    const auto score = [&](uint32_t i) { return biased ? scores[i] : example.Sum(i); };
    std::ranges::stable_sort(expected, std::greater<>(), score);
    expected.resize(20);

    BestItems best(20, never);
    ScanCodedRows(example.rows, example.products.data(), biased ? bias.data() : nullptr, best);
    std::vector<uint32_t> items;
    std::vector<float> theirs;
    best.Take(items, theirs);
    EXPECT_EQ(items, expected);
    for (size_t i = 0; i < items.size(); ++i) EXPECT_EQ(theirs[i], score(items[i]));
  }
}

}  // namespace
}  // namespace vitrine
