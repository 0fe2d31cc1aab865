// A table of codes is what its codebook says, and one whose pieces do not fit is refused.
#include "models/coded_table.h"

#include <gtest/gtest.h>

#include "format/safetensors.h"
#include "kernels/example_rows.h"
#include "models/item_table.h"

namespace vitrine {
namespace {

constexpr size_t kItems = 300, kDim = 40, kParts = 8;

// Tensors of table "t"; tests spoil what they like before ToFile.
struct Sample {
  Sample() : book(RowType::kInt8, kParts * CodedRows::kEntries, kDim) {
    Rng rng(8, 8);
    for (size_t i = 0; i < kItems * kParts; ++i) {
      codes.push_back(static_cast<uint8_t>(rng.Below(256)));
    }
    bytes.assign(book.rows().data, book.rows().data + book.rows().rows * book.rows().RowBytes());
    scales.assign(book.rows().scales, book.rows().scales + book.rows().rows);
  }

  double Value(size_t item, size_t c) const {
    double sum = 0;
    for (size_t p = 0; p < kParts; ++p) {
      sum += book.Value(p * CodedRows::kEntries + codes[item * kParts + p], c);
    }
    return sum;
  }

  Result<TensorFile> ToFile() const {
    TensorFileWriter writer;
    writer.Add("t.codes", code_type, code_shape, std::as_bytes(std::span(codes)));
    if (!bytes.empty()) {
      writer.Add("t.codebook", DType::kI8, {scales.size(), bytes.size() / scales.size()},
                 std::as_bytes(std::span(bytes)));
    }
    if (has_scales) writer.Add("t.codebook.scale", scales);
    return writer.ToMemory("sample");
  }

  ExampleRows book;
  DType code_type = DType::kU8;
  std::vector<uint64_t> code_shape = {kItems, kParts};
  std::vector<uint8_t> codes, bytes;
  std::vector<float> scales;
  bool has_scales = true;
};

TEST(CodedTable, IsWhatItsCodebookSays) {
  const Sample sample;
  const auto file = sample.ToFile();
  ASSERT_TRUE(file.ok());
  const auto table = ItemTable::Read(*file, "t", kItems, kDim);
  ASSERT_TRUE(table.ok()) << table.error().message;
  EXPECT_EQ(table->AsMatrix(), nullptr);

  const std::vector<uint32_t> items = {299, 0, 7, 7, 120};
  const std::vector<float> weights = {1, -0.5f, 2, 1, 0.25f};
  std::vector<float> sum(64), tail(32);
  table->Accumulate(items, weights, sum);
  table->Accumulate(items, weights, 32, tail);
  for (size_t c = 0; c < 64; ++c) {
    double expected = 0;
    for (size_t k = 0; k < items.size(); ++k) {
      expected += static_cast<double>(weights[k]) * sample.Value(items[k], c);
    }
    EXPECT_NEAR(sum[c], expected, 2e-3) << c;
    if (c >= 32) {
      EXPECT_EQ(tail[c - 32], sum[c]);
    }
  }

  const std::vector<float> x = ExampleVector(kDim);
  std::vector<float> scores(kItems), bias(kItems);
  table->Multiply(x, scores);
  for (size_t r = 0; r < kItems; ++r) {
    double expected = 0;
    for (size_t c = 0; c < kDim; ++c) expected += sample.Value(r, c) * static_cast<double>(x[c]);
    EXPECT_NEAR(scores[r], expected, 2);
    EXPECT_EQ(table->MultiplyRow(static_cast<uint32_t>(r), x), scores[r]);
    bias[r] = r == 11 ? 1e5f : 0.5f;
  }

  BestItems best(kItems);
  table->Scan(x, bias, best);
  std::vector<uint32_t> listed;
  std::vector<float> theirs;
  best.Take(listed, theirs);
  ASSERT_EQ(listed.size(), kItems);
  EXPECT_EQ(listed[0], 11u);
  for (size_t i = 0; i < kItems; ++i) EXPECT_EQ(theirs[i], scores[listed[i]] + bias[listed[i]]);
}

TEST(CodedTable, WhosePiecesDoNotFitIsRefused) {
  const auto refused = [](const char* says, auto&& spoil) {
    Sample sample;
    spoil(sample);
    const auto file = sample.ToFile();
    ASSERT_TRUE(file.ok()) << file.error().message;
    const auto table = ItemTable::Read(*file, "t", kItems, kDim);
    ASSERT_FALSE(table.ok()) << says;
    EXPECT_NE(table.error().message.find("sample"), std::string::npos);
    EXPECT_NE(table.error().message.find(says), std::string::npos) << table.error().message;
  };
  refused("'t.codes' is 150 x 16, not 300 x", [](Sample& s) { s.code_shape = {150, 16}; });
  refused("'t.codes' is 2400, not 300 x", [](Sample& s) { s.code_shape = {2400}; });
  refused("'t.codes' is I8, not U8", [](Sample& s) { s.code_type = DType::kI8; });
  refused("5 codes a product, which is no multiple of 4", [](Sample& s) {
    s.code_shape = {kItems, 5};
    s.codes.resize(kItems * 5);
  });
  refused("'t.codebook' is 2048 x 64, not 1024 x", [](Sample& s) {
    s.code_shape = {kItems, 4};
    s.codes.resize(kItems * 4);
  });
  refused("'t.codebook' is missing", [](Sample& s) { s.bytes.clear(); });
  refused("'t.codebook.scale' is missing", [](Sample& s) { s.has_scales = false; });
  refused("rows of 't.codebook' are not padded", [](Sample& s) { s.bytes[63] = 1; });
}

}  // namespace
}  // namespace vitrine
