// Numbers per product as bytes: exact where few differ, else as near as 256 levels come.
#include "format/item_levels.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/rng.h"
#include "format/item_values.h"
#include "format/safetensors.h"

namespace vitrine {
namespace {

TEST(ItemLevels, AreExactWhereTheySuffice) {
  std::vector<float> values;
  for (int i = 0; i < 5000; ++i) values.push_back(static_cast<float>(i * i % 256) * 0.1f - 3);
  const ItemLevels found = FindLevels(values);
  ASSERT_EQ(found.levels.size(), kLevels);
  for (size_t i = 0; i < values.size(); ++i) EXPECT_EQ(found.levels[found.codes[i]], values[i]);
}

TEST(ItemLevels, OfOneValueAreThatValue) {
  const ItemLevels found = FindLevels(std::vector<float>(10, 0.25f));
  for (const uint8_t code : found.codes) EXPECT_EQ(found.levels[code], 0.25f);
}

TEST(ItemLevels, AreNearAndNameTheNearest) {
  Rng rng(1, 1);
  std::vector<float> values(20000);
  for (float& value : values) value = rng.Normal();
  values[7] = 1000;  // far from all others, and not to be lost among them
  const ItemLevels found = FindLevels(values);
  EXPECT_EQ(found.levels[found.codes[7]], 1000);
  EXPECT_TRUE(std::ranges::is_sorted(found.levels));
  double square = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    const float off = std::abs(values[i] - found.levels[found.codes[i]]);
    for (const float level : found.levels) ASSERT_LE(off, std::abs(values[i] - level));
    square += static_cast<double>(off) * off;
  }
  // Equal steps over the 8 deviations that the others span would make an error of 8 / 256 /
  // sqrt(12).
  EXPECT_LT(std::sqrt(square / 20000), 0.009);
}

TEST(ItemValues, AreReadBackFromBytes) {
  const std::vector<float> values = {3, 1, 4, 1, 5};
  const ItemLevels found = FindLevels(values);
  const auto read = [&](size_t n, const std::vector<float>& levels, std::vector<float>& own) {
    TensorFileWriter writer;
    writer.Add("v", found.codes);
    writer.Add("v.levels", levels);
    const auto file = writer.ToMemory("sample");
    const auto result = ItemValues(*file, "v", n, own);
    return result.ok() ? std::string() : result.error().message;
  };
  std::vector<float> own;
  EXPECT_EQ(read(5, found.levels, own), "");
  EXPECT_EQ(own, values);
  EXPECT_NE(read(6, found.levels, own).find("'v' is 5, not 6"), std::string::npos);
  EXPECT_NE(read(5, {1, 2}, own).find("'v.levels' is 2, not 256"), std::string::npos);
}

}  // namespace
}  // namespace vitrine
