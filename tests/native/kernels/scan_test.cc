// Lists made in one pass, against all scores, sorted.
#include "kernels/scan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "core/rng.h"
#include "kernels/example_rows.h"
#include "kernels/gemv.h"
#include "kernels/known_answers.h"
#include "kernels/native_kernels.h"

namespace vitrine {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

std::vector<uint32_t> SortedItems(const std::vector<float>& scores, size_t k) {
  std::vector<uint32_t> items(scores.size());
  std::iota(items.begin(), items.end(), 0u);
  std::erase_if(items, [&](uint32_t i) { return !(scores[i] > -kInfinity); });
  std::stable_sort(items.begin(), items.end(),
                   [&](uint32_t a, uint32_t b) { return scores[a] > scores[b]; });
  items.resize(std::min(k, items.size()));
  return items;
}

TEST(TopK, EqualsAFullSortWithTiesByIndex) {
  Rng rng(4, 4);
  for (int trial = 0; trial < 200; ++trial) {
    std::vector<float> scores(rng.Below(trial % 10 == 0 ? 600 : 60));
    for (float& score : scores) score = static_cast<float>(rng.Below(8));
    const size_t k = rng.Below(70);
    OnEveryTarget([&] {
      std::vector<uint32_t> items;
      TopK(scores, k, items);
      EXPECT_EQ(items, SortedItems(scores, k));
    });
  }
}

TEST(TopK, NeverListsMaskedItemsOrNan) {
  std::vector<uint32_t> items;
  TopK(std::vector<float>{-kInfinity, 1, NAN, 2, -kInfinity}, 5, items);
  EXPECT_EQ(items, (std::vector<uint32_t>{3, 1}));
}

TEST(BestItems, LeaveOutWhatMustNotBeListed) {
  const std::vector<uint32_t> never = {0, 3, 3, 300};
  BestItems best(2, never);
  best.Push(0, std::vector<float>{9, 1, 2, 8});
  best.Push(4, 1.5f);
  best.Push(300, std::vector<float>{7, 0.5f});
  std::vector<uint32_t> items;
  std::vector<float> scores;
  best.Take(items, scores);
  EXPECT_EQ(items, (std::vector<uint32_t>{2, 4}));
  EXPECT_EQ(scores, (std::vector<float>{2, 1.5f}));
}

// The coarse kernels, as obvious loops.
void CoarseInt8(const uint8_t* rows, size_t row_bytes, size_t n_rows, const uint8_t* digits,
                int32_t* sums) {
  for (size_t r = 0; r < n_rows; ++r) {
    sums[r] = 0;
    for (size_t c = 0; c < row_bytes; ++c) {
      sums[r] += static_cast<int8_t>(rows[r * row_bytes + c]) * digits[c];
    }
  }
}

void CoarseInt4(const uint8_t* rows, size_t row_bytes, size_t n_rows, const uint8_t* digits,
                int32_t* sums) {
  for (size_t r = 0; r < n_rows; ++r) {
    sums[r] = 0;
    for (size_t b = 0; b < row_bytes; ++b) {
      const uint8_t pair = rows[r * row_bytes + b];
      const size_t c = b / 16 * 32 + b % 16;
      sums[r] += (pair & 15) * digits[c] + (pair >> 4) * digits[c + 16];
    }
  }
}

class ScanRowsTest : public testing::Test {
 protected:
  ~ScanRowsTest() override { SetCoarseKernels({}); }

  struct List {
    std::vector<uint32_t> items;
    std::vector<float> scores;
    bool operator==(const List&) const = default;
  };

  static List Scan(const TableRows& rows, const Activations& x, const float* bias, size_t k,
                   std::span<const uint32_t> never, std::span<const ItemBias> biases = {}) {
    BestItems best(k, never, biases);
    ScanRows(rows, RowFacts(rows), x, bias, 0, best);
    List list;
    best.Take(list.items, list.scores);
    return list;
  }
};

TEST_F(ScanRowsTest, GivesTheSortedProductsWithAndWithoutCoarseKernels) {
  for (const RowType type : kRowTypes) {
    // Fewer rows than a block, odd ones, several blocks; narrow and wide.
    for (const auto& [n_rows, dim] : std::vector<std::pair<size_t, size_t>>{
             {1, 1}, {5, 40}, {255, 64}, {256, 33}, {1030, 64}, {3000, 600}}) {
      const ExampleRows example(type, n_rows, dim, n_rows);
      const TableRows& rows = example.rows();
      const std::vector<float> floats = ExampleVector(dim, n_rows);
      const Activations x(floats, rows.IsWhole());
      std::vector<float> bias(n_rows);
      Rng rng(n_rows, 7);
      for (float& b : bias) b = 10 * rng.Normal();
      std::vector<uint32_t> never;
      for (uint32_t i = 0; i < n_rows; i += 17) never.push_back(i);
      for (const float* b : std::vector<const float*>{nullptr, bias.data()}) {
        std::vector<float> scores(n_rows);
        GemvRows(rows, {0, n_rows}, x, scores.data());
        for (size_t i = 0; i < n_rows && b != nullptr; ++i) scores[i] += b[i];
        for (const uint32_t item : never) scores[item] = -kInfinity;
        for (const size_t k : {size_t{1}, size_t{20}, n_rows}) {
          List expected{SortedItems(scores, k), {}};
          for (const uint32_t item : expected.items) expected.scores.push_back(scores[item]);
          for (const CoarseKernels& kernels :
               {CoarseKernels(), CoarseKernels{CoarseInt8, CoarseInt4}, NativeCoarseKernels()}) {
            SetCoarseKernels(kernels);
            EXPECT_EQ(Scan(rows, x, b, k, never), expected) << n_rows << " x " << dim;
          }
        }
      }
    }
  }
}

TEST_F(ScanRowsTest, AddsTheBiasesOfSomeItems) {
  for (const RowType type : kRowTypes) {
    const ExampleRows example(type, 1030, 64, 3);
    const TableRows& rows = example.rows();
    const std::vector<float> floats = ExampleVector(64, 3);
    const Activations x(floats, rows.IsWhole());
    // At the edges of blocks, next to each other, some of them more than any product.
    std::vector<ItemBias> biases;
    Rng rng(5, 5);
    for (const uint32_t item : {0, 1, 2, 255, 256, 511, 600, 767, 768, 1024, 1028, 1029}) {
      biases.push_back({item, 100 * rng.Normal()});
    }
    const std::vector<uint32_t> never = {1, 600};
    std::vector<float> scores(rows.rows);
    GemvRows(rows, {0, rows.rows}, x, scores.data());
    for (const auto& [item, value] : biases) scores[item] += value;
    for (const uint32_t item : never) scores[item] = -kInfinity;
    for (const size_t k : {size_t{1}, size_t{20}, rows.rows}) {
      List expected{SortedItems(scores, k), {}};
      for (const uint32_t item : expected.items) expected.scores.push_back(scores[item]);
      SetCoarseKernels({});
      EXPECT_EQ(Scan(rows, x, nullptr, k, never, biases), expected);
      SetCoarseKernels({CoarseInt8, CoarseInt4});
      EXPECT_EQ(Scan(rows, x, nullptr, k, never, biases), expected);
    }
    BestItems one_by_one(20, never, biases);
    std::vector<float> alone(rows.rows);
    GemvRows(rows, {0, rows.rows}, x, alone.data());
    for (uint32_t item = 0; item < alone.size(); ++item) one_by_one.Push(item, alone[item]);
    List list;
    one_by_one.Take(list.items, list.scores);
    EXPECT_EQ(list.items, SortedItems(scores, 20));
  }
}

// A row of which the coarse product sees nothing, since all of it lies in the rests, still beats
// one that is hardly worse.
TEST_F(ScanRowsTest, PassesOverNoRowThatTheBoundJustReaches) {
  SetCoarseKernels({CoarseInt8, CoarseInt4});
  for (const RowType type : {RowType::kInt8, RowType::kInt4}) {
    constexpr size_t kRows = 512, kDim = 64, kHidden = 300;
    ExampleRows example(type, kRows, kDim);
    std::vector<float> floats(kDim);
    floats[0] = 8127;  // makes the scale 1
    for (size_t c = 1; c < kDim; ++c) floats[c] = c % 3 == 0 ? 63 : -64;
    for (size_t r = 0; r < kRows; ++r) {
      for (size_t c = 0; c < kDim; ++c) {
        const int largest = type == RowType::kInt4 ? 7 : 127;
        const int sign = c == 0 ? 0 : c % 3 == 0 ? 1 : -1;
        example.Set(r, c, r == kHidden ? sign * largest : 0);
      }
    }
    const Activations x(floats, true);
    float hidden = 0;
    GemvRows(example.rows(), {kHidden, 1}, x, &hidden);
    std::vector<float> bias(kRows);
    bias[7] = 0.99f * hidden;
    EXPECT_EQ(Scan(example.rows(), x, bias.data(), 1, {}).items, std::vector<uint32_t>{kHidden});
    bias[7] = 1.01f * hidden;
    EXPECT_EQ(Scan(example.rows(), x, bias.data(), 1, {}).items, std::vector<uint32_t>{7});
  }
}

TEST_F(ScanRowsTest, SparesMostOfTheExactProducts) {
  static size_t n_coarse;
  n_coarse = 0;
  const ExampleRows example(RowType::kInt8, 8192, 64);
  const std::vector<float> floats = ExampleVector(64);
  SetCoarseKernels({[](const uint8_t* rows, size_t row_bytes, size_t n_rows, const uint8_t* digits,
                       int32_t* sums) {
                      n_coarse += n_rows;
                      CoarseInt8(rows, row_bytes, n_rows, digits, sums);
                    },
                    nullptr});
  Scan(example.rows(), Activations(floats, true), nullptr, 20, {});
  EXPECT_EQ(n_coarse, 8192 - 256);  // until k are known, a coarse product says nothing
}

TEST(KnownAnswers, AreThoseOfTheKernelsOnEveryTarget) {
  OnEveryTarget([] { EXPECT_TRUE(KernelsAreRight()); });
  EXPECT_TRUE(CoarseKernelsAreRight({CoarseInt8, CoarseInt4}));
}

TEST(NativeCoarseKernels, GiveTheSumsOfAnyRowLength) {
  const CoarseKernels kernels = NativeCoarseKernels();
  if (kernels.int8 == nullptr) GTEST_SKIP() << "this processor has no AVX-512 VNNI";
  Rng rng(2, 2);
  for (const size_t row_bytes : {32, 64, 96, 608, 1024}) {
    std::vector<uint8_t> rows(8 * row_bytes), digits(row_bytes);
    for (uint8_t& value : rows) value = static_cast<uint8_t>(rng.Below(256));
    for (uint8_t& digit : digits) digit = static_cast<uint8_t>(rng.Below(128));
    std::vector<int32_t> sums(8), expected(8);
    kernels.int8(rows.data(), row_bytes, 8, digits.data(), sums.data());
    CoarseInt8(rows.data(), row_bytes, 8, digits.data(), expected.data());
    EXPECT_EQ(sums, expected) << row_bytes;
  }
}

TEST(KnownAnswers, TellWrongKernels) {
  const auto forgets_the_sign = [](const uint8_t* rows, size_t row_bytes, size_t n_rows,
                                   const uint8_t* digits, int32_t* sums) {
    for (size_t r = 0; r < n_rows; ++r) {
      sums[r] = 0;
      for (size_t c = 0; c < row_bytes; ++c) sums[r] += rows[r * row_bytes + c] * digits[c];
    }
  };
  const auto writes_a_row_too_many = [](const uint8_t* rows, size_t row_bytes, size_t n_rows,
                                        const uint8_t* digits, int32_t* sums) {
    CoarseInt8(rows, row_bytes, n_rows + 1, digits, sums);
  };
  EXPECT_FALSE(CoarseKernelsAreRight({forgets_the_sign, nullptr}));
  EXPECT_FALSE(CoarseKernelsAreRight({writes_a_row_too_many, nullptr}));
  EXPECT_FALSE(CoarseKernelsAreRight({CoarseInt8, CoarseInt8}));
}

}  // namespace
}  // namespace vitrine
