// An item table in every precision is what its numbers say, both ways and as a list, and a table
// that its kernels could not read is refused.
#include "models/item_table.h"

#include <gtest/gtest.h>

#include "format/safetensors.h"
#include "kernels/example_rows.h"

namespace vitrine {
namespace {

constexpr size_t kItems = 9, kDim = 40;

DType DTypeOfRows(RowType type) {
  return type == RowType::kInt8   ? DType::kI8
         : type == RowType::kInt4 ? DType::kU8
         : type == RowType::kF16  ? DType::kF16
                                  : DType::kF32;
}

// Rows of a type as tensor "t" of a file; tests spoil what they like before ToFile.
struct Sample {
  explicit Sample(RowType type)
      : example(type, kItems, kDim),
        dtype(DTypeOfRows(type)),
        bytes(example.rows().data, example.rows().data + kItems * example.rows().RowBytes()),
        shape{kItems, example.rows().RowBytes() / DTypeSize(dtype)},
        scales(example.rows().scales, example.rows().scales + kItems) {}

  Result<TensorFile> ToFile() const {
    TensorFileWriter writer;
    writer.Add("t", dtype, shape, std::as_bytes(std::span(bytes)));
    if (!scales.empty()) writer.Add("t.scale", scales);
    return writer.ToMemory("sample");
  }

  ExampleRows example;
  DType dtype;
  std::vector<uint8_t> bytes;
  std::vector<uint64_t> shape;
  std::vector<float> scales;
};

class ItemTableTest : public testing::TestWithParam<RowType> {};

TEST_P(ItemTableTest, IsWhatItsNumbersSay) {
  const Sample sample(GetParam());
  const auto file = sample.ToFile();
  ASSERT_TRUE(file.ok());
  const auto table = ItemTable::Read(*file, "t", kItems, kDim);
  ASSERT_TRUE(table.ok()) << table.error().message;
  ASSERT_EQ(table->padded_dim(), 64u);
  EXPECT_EQ(table->AsMatrix() != nullptr, GetParam() == RowType::kF32);

  const std::vector<uint32_t> items = {8, 0, 3};
  const std::vector<float> weights = {1, -0.5f, 2};
  std::vector<float> sum(64);
  table->Accumulate(items, weights, sum);
  for (size_t c = 0; c < 64; ++c) {
    double expected = 0;
    for (size_t k = 0; k < 3; ++k) {
      expected += static_cast<double>(weights[k]) * sample.example.Value(items[k], c);
    }
    EXPECT_NEAR(sum[c], expected, 1e-3);
  }

  const std::vector<float> x = ExampleVector(kDim);
  std::vector<float> scores(kItems), bias(kItems);
  table->Multiply(x, scores);
  for (size_t r = 0; r < kItems; ++r) {
    double expected = 0, size = 0;
    for (size_t c = 0; c < kDim; ++c) {
      expected += sample.example.Value(r, c) * static_cast<double>(x[c]);
      size += std::abs(sample.example.Value(r, c));
    }
    EXPECT_NEAR(scores[r], expected, 2e-4 * size);
    bias[r] = r == 4 ? 1e4f : 0;
    scores[r] += bias[r];
  }

  BestItems best(kItems);
  table->Scan(x, bias, best);
  std::vector<uint32_t> listed;
  std::vector<float> their_scores;
  best.Take(listed, their_scores);
  ASSERT_EQ(listed.size(), kItems);
  EXPECT_EQ(listed[0], 4u);
  for (size_t i = 0; i < kItems; ++i) EXPECT_EQ(their_scores[i], scores[listed[i]]);
}

TEST_P(ItemTableTest, OneThatKernelsCannotReadIsRefused) {
  const auto refused = [](const char* what, const char* says, size_t dim, auto&& spoil) {
    Sample sample(GetParam());
    spoil(sample);
    const auto file = sample.ToFile();
    ASSERT_TRUE(file.ok()) << what;
    const auto table = ItemTable::Read(*file, "t", kItems, dim);
    ASSERT_FALSE(table.ok()) << what;
    EXPECT_NE(table.error().message.find("sample"), std::string::npos) << what;
    EXPECT_NE(table.error().message.find(says), std::string::npos) << table.error().message;
  };
  const auto nothing = [](Sample&) {};
  refused("numbers in the padding", "not padded with zeros", kDim,
          [](Sample& s) { s.bytes[2 * s.example.rows().RowBytes() - 1] = 1; });
  refused("more padding than there has to be", "not padded", 3, nothing);
  refused("too few columns", "not 9 x", 200, nothing);
  refused("too few rows", "not 9 x", kDim, [](Sample& s) {
    s.shape[0] = 8;
    s.bytes.resize(s.bytes.size() / 9 * 8);
  });
  if (GetParam() == RowType::kInt8 || GetParam() == RowType::kInt4) {
    refused("no scales", "t.scale", kDim, [](Sample& s) { s.scales.clear(); });
    refused("too few scales", "t.scale", kDim, [](Sample& s) { s.scales.pop_back(); });
  }
}

INSTANTIATE_TEST_SUITE_P(Precisions, ItemTableTest, testing::ValuesIn(kRowTypes));

TEST(ItemTable, OfAnotherTypeIsRefused) {
  TensorFileWriter writer;
  const std::vector<int64_t> numbers(32);
  writer.Add("t", DType::kI64, {1, 32}, std::as_bytes(std::span(numbers)));
  const auto file = writer.ToMemory("sample");
  ASSERT_TRUE(file.ok());
  const auto table = ItemTable::Read(*file, "t", 1, 32);
  ASSERT_FALSE(table.ok());
  EXPECT_NE(table.error().message.find("is I64, not F32"), std::string::npos);
  EXPECT_EQ(ItemTable::Read(*file, "none", 1, 32).error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace vitrine
