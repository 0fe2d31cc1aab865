// Products with rows of every type, both ways, against obvious loops, on every SIMD target that
// this machine has.
#include "kernels/gemv.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/rng.h"
#include "kernels/example_rows.h"
#include "kernels/gather.h"

namespace vitrine {
namespace {

// One value, whole steps, one more than a step, two chunks of exact sums and three.
constexpr size_t kDims[] = {1, 16, 31, 32, 33, 50, 600, 2048, 5000};

TEST(Gemv, MatchesTheObviousLoop) {
  OnEveryTarget([] {
    for (const size_t rows : {1, 4, 7}) {
      for (const size_t cols : {1, 16, 50}) {
        Matrix m(rows, cols), x(1, cols);
        Rng rng(rows, cols);
        for (size_t c = 0; c < cols; ++c) x(0, c) = rng.Normal();
        for (size_t r = 0; r < rows; ++r) {
          for (size_t c = 0; c < cols; ++c) m(r, c) = rng.Normal();
        }
        std::vector<float> out(rows);
        Gemv(m, x.data(), out.data());
        for (size_t r = 0; r < rows; ++r) {
          double sum = 0;
          for (size_t c = 0; c < cols; ++c) sum += static_cast<double>(m(r, c)) * x(0, c);
          EXPECT_NEAR(out[r], sum, 1e-4);
        }
      }
    }
  });
}

TEST(GemvRows, OfFloatsMatchTheObviousLoop) {
  for (const RowType type : {RowType::kF32, RowType::kF16}) {
    for (const size_t dim : kDims) {
      const ExampleRows example(type, 7, dim);
      const std::vector<float> x = ExampleVector(dim);
      OnEveryTarget([&] {
        std::vector<float> out(7);
        GemvRows(example.rows(), {0, 7}, Activations(x, false), out.data());
        for (size_t r = 0; r < 7; ++r) {
          double sum = 0, size = 1;
          for (size_t c = 0; c < dim; ++c) {
            const double product = example.Value(r, c) * static_cast<double>(x[c]);
            sum += product;
            size += std::abs(product);
          }
          EXPECT_NEAR(out[r], sum, 1e-6 * size) << dim;
        }
      });
    }
  }
}

TEST(GemvRows, ReadHalfFloatsOfEverySize) {
  std::vector<Eigen::half> row(32);
  std::vector<float> x(32);
  const float values[] = {6e-8f, -6e-5f, 1e-5f, 0.333f, -1, 65504, 0};  // the first three subnormal
  for (size_t c = 0; c < std::size(values); ++c) {
    row[c] = Eigen::half(values[c]);
    OnEveryTarget([&] {
      std::fill(x.begin(), x.end(), 0.0f);
      x[c] = 1;
      float out = 1;
      const auto* data = reinterpret_cast<const uint8_t*>(row.data());
      GemvRows({RowType::kF16, data, 1, 32, nullptr}, {0, 1}, Activations(x, false), &out);
      EXPECT_EQ(out, static_cast<float>(row[c]));
    });
  }
}

TEST(GemvRows, OfWholeNumbersAreExactOnEveryTarget) {
  for (const RowType type : {RowType::kInt8, RowType::kInt4}) {
    for (const size_t dim : kDims) {
      for (const size_t n_rows : {1, 3, 4, 5, 9}) {
        const ExampleRows example(type, n_rows, dim);
        const std::vector<float> floats = ExampleVector(dim);
        Activations x(floats, true);
        // The largest sums that there can be.
        for (size_t c = 0; c < dim && dim % 2 == 0; ++c) x.values[c] = 8127;
        x.sum = 0;
        for (const int value : x.values) x.sum += value;
        OnEveryTarget([&] {
          std::vector<float> out(n_rows);
          GemvRows(example.rows(), {0, n_rows}, x, out.data());
          for (size_t r = 0; r < n_rows; ++r) {
            int64_t sum = 0;
            for (size_t c = 0; c < dim; ++c) sum += int64_t{example.Number(r, c)} * x.values[c];
            EXPECT_EQ(out[r], static_cast<float>(sum) * (example.rows().scales[r] * x.scale))
                << dim << ", row " << r;
          }
        });
      }
    }
  }
}

TEST(GemvRows, GiveTheSameForARowAloneAmongOthersAndChosen) {
  for (const RowType type : kRowTypes) {
    const ExampleRows example(type, 6, 600);
    const std::vector<float> floats = ExampleVector(600);
    const Activations x(floats, example.rows().IsWhole());
    OnEveryTarget([&] {
      std::vector<float> all(6);
      GemvRows(example.rows(), {0, 6}, x, all.data());
      for (size_t r = 0; r < 6; ++r) {
        float alone = 0;
        GemvRows(example.rows(), {r, 1}, x, &alone);
        EXPECT_EQ(alone, all[r]);
      }
      const std::vector<uint32_t> which = {4, 0, 3, 1, 2};  // one group of four, and one of one
      std::vector<float> chosen(which.size());
      GemvRows(example.rows(), {1, which.size(), which.data()}, x, chosen.data());
      for (size_t i = 0; i < which.size(); ++i) EXPECT_EQ(chosen[i], all[1 + which[i]]);
    });
  }
}

TEST(GemmRows, GivesWhatGemvRowsGivesForEachVector) {
  for (const RowType type : kRowTypes) {
    for (const size_t dim : {33, 600, 5000}) {
      const ExampleRows example(type, 5, dim);
      std::vector<std::vector<float>> vectors;
      for (size_t i = 0; i < 6; ++i) {
        vectors.push_back(ExampleVector(dim));
        for (float& value : vectors.back()) value *= 1 + static_cast<float>(i);
        vectors.back()[i] = 7;
      }
      OnEveryTarget([&] {
        std::vector<Activations> xs;
        for (const auto& x : vectors) xs.emplace_back(x, example.rows().IsWhole());
        std::vector<float> together(xs.size() * 8), alone(5);
        GemmRows(example.rows(), xs, together.data(), 8);
        for (size_t i = 0; i < xs.size(); ++i) {
          GemvRows(example.rows(), {0, 5}, xs[i], alone.data());
          for (size_t r = 0; r < 5; ++r) EXPECT_EQ(together[i * 8 + r], alone[r]) << dim;
        }
      });
    }
  }
}

TEST(GatherRows, MatchesTheObviousLoop) {
  for (const RowType type : kRowTypes) {
    for (const size_t dim : {1, 31, 64, 600}) {
      const ExampleRows example(type, 12, dim);
      for (const size_t n : {0, 1, 4, 9}) {  // rows in flight, and what is left over
        std::vector<uint32_t> items;
        std::vector<float> weights;
        for (size_t k = 0; k < n; ++k) {
          items.push_back(static_cast<uint32_t>(k * 5 % 12));
          weights.push_back(0.5f - static_cast<float>(k));
        }
        OnEveryTarget([&] {
          std::vector<float> sum(example.rows().stride, 1.0f);
          GatherRows(example.rows(), items, weights, 0, sum);
          for (size_t c = 0; c < sum.size(); ++c) {
            double expected = 1;
            for (size_t k = 0; k < n; ++k) {
              expected += static_cast<double>(weights[k]) * example.Value(items[k], c);
            }
            EXPECT_NEAR(sum[c], expected, 1e-3) << dim << ", column " << c;
          }
        });
      }
    }
  }
}

TEST(GatherRows, OfSomeColumnsGivesTheSameBits) {
  const std::vector<uint32_t> items = {3, 0, 1, 5, 2};
  const std::vector<float> weights = {1, -2, 0.5f, 0.125f, 3};
  for (const RowType type : kRowTypes) {
    const ExampleRows example(type, 6, 128);
    OnEveryTarget([&] {
      std::vector<float> whole(128), parts(128);
      GatherRows(example.rows(), items, weights, 0, whole);
      for (size_t first = 0; first < 128; first += 32) {
        GatherRows(example.rows(), items, weights, first, std::span(parts).subspan(first, 32));
      }
      EXPECT_EQ(parts, whole);
    });
  }
}

TEST(Activations, ErrByHalfAStepAtMost) {
  const std::vector<float> floats = ExampleVector(100);
  const Activations x(floats, true);
  int largest = 0;
  for (size_t i = 0; i < floats.size(); ++i) {
    EXPECT_NEAR(static_cast<float>(x.values[i]) * x.scale, floats[i], x.scale * 0.501f);
    largest = std::max(largest, std::abs(int{x.values[i]}));
  }
  EXPECT_EQ(largest, 8127);
  for (size_t i = 100; i < floats.size(); ++i) EXPECT_EQ(x.values[i], 0);
}

TEST(Activations, ConsistOfDigitsAndRests) {
  std::vector<float> floats = ExampleVector(5000);
  floats[0] = 100;
  floats[1] = -100;
  const Activations x(floats, true);
  int64_t sum = 0, digits_sum = 0;
  double square = 0;
  for (size_t i = 0; i < floats.size(); ++i) {
    const int rest = x.values[i] - 128 * (x.digits[i] - 64);
    EXPECT_TRUE(x.digits[i] >= 1 && x.digits[i] <= 127 && rest >= -64 && rest <= 63) << i;
    sum += x.values[i];
    digits_sum += x.digits[i];
    square += rest * rest;
  }
  EXPECT_EQ(x.sum, sum);
  EXPECT_EQ(x.digits_sum, digits_sum);
  EXPECT_NEAR(x.rest_norm, std::sqrt(square), 1e-3);
}

TEST(Activations, OfZerosAndOfWhatIsNoNumberAreZero) {
  std::vector<float> floats(32);
  EXPECT_EQ(Activations(floats, true).scale, 0.0f);
  EXPECT_EQ(Activations(floats, true).values, std::vector<int16_t>(32));
  floats[3] = NAN;
  floats[4] = 1e-45f;  // the least there is
  const Activations x(floats, true);
  EXPECT_EQ(x.values[3], 0);
  EXPECT_EQ(x.values[4], 8127);
}

}  // namespace
}  // namespace vitrine
