// A sparse table is read as it stands, and a hostile one is refused before anything uses it.
#include "models/sparse_table.h"

#include <gtest/gtest.h>

#include "core/csr.h"
#include "format/safetensors.h"

namespace vitrine {
namespace {

// Row 0 says 2 of item 1 and 3 of item 2, row 1 nothing, row 2 4 of item 0.
struct Sample {
  std::vector<uint64_t> offsets = {0, 2, 2, 3};
  std::vector<uint32_t> items = {1, 2, 0};
  std::vector<float> values = {2, 3, 4};

  Result<TensorFile> ToFile() const {
    TensorFileWriter writer;
    writer.Add("t.offsets", offsets);
    writer.Add("t.items", items);
    writer.Add("t.values", values);
    return writer.ToMemory("sample");
  }
};

TEST(SparseTable, AddsUpItsRows) {
  const auto file = Sample().ToFile();
  ASSERT_TRUE(file.ok());
  const auto table = SparseTable::Read(*file, "t", 3);
  ASSERT_TRUE(table.ok()) << table.error().message;
  std::vector<float> sum = {100, 0, 0};
  const std::vector<uint32_t> items = {0, 1, 2};
  const std::vector<float> weights = {1, 5, 0.5f};
  table->Accumulate(items, weights, sum);
  EXPECT_EQ(sum, (std::vector<float>{102, 2, 3}));
}

TEST(SparseTable, AHostileFileIsRefused) {
  const auto refused = [](const char* what, auto&& spoil) {
    Sample sample;
    spoil(sample);
    const auto file = sample.ToFile();
    ASSERT_TRUE(file.ok());
    const auto table = SparseTable::Read(*file, "t", 3);
    ASSERT_FALSE(table.ok()) << what;
    EXPECT_EQ(table.error().code, ErrorCode::kBadFormat) << what;
    EXPECT_NE(table.error().message.find("sample"), std::string::npos) << what;
  };
  refused("a column outside", [](Sample& s) { s.items[2] = 3; });
  refused("columns that do not ascend", [](Sample& s) { s.items = {2, 1, 0}; });
  refused("a column twice", [](Sample& s) { s.items = {1, 1, 0}; });
  refused("rows that fall", [](Sample& s) { s.offsets = {0, 2, 1, 3}; });
  refused("a row beyond the end", [](Sample& s) { s.offsets = {0, uint64_t{1} << 40, 2, 3}; });
  refused("a late start", [](Sample& s) { s.offsets[0] = 1; });
  refused("values that no row has", [](Sample& s) { s.offsets[3] = 2; });
  refused("too few rows", [](Sample& s) { s.offsets.pop_back(); });
  refused("too few values", [](Sample& s) { s.values.pop_back(); });
}

}  // namespace
}  // namespace vitrine
