#include "kernels/known_answers.h"

#include <algorithm>
#include <array>

#include "kernels/gemv.h"

namespace vitrine {
namespace {

// Two groups of four rows and one more, three steps of 32 values.
constexpr size_t kRows = 9, kColumns = 96;

// Numbers of each kind, the extreme ones among them.
constexpr int Int8At(size_t r, size_t c) {
  const size_t i = r * kColumns + c;
  return i % 13 == 0 ? -127 : i % 11 == 0 ? 127 : static_cast<int>(i * 73 % 255) - 127;
}
constexpr int Int4At(size_t r, size_t c) { return Int8At(r, c) * 7 / 127; }
constexpr int DigitAt(size_t c) { return c % 5 == 0 ? 127 : static_cast<int>(c * 37 % 128); }
constexpr int ValueAt(size_t c) { return c % 3 == 0 ? 8127 : -(static_cast<int>(c * 2731 % 8128)); }

using Sums = std::array<int32_t, kRows>;

constexpr Sums SumsOf(int (*weight)(size_t, size_t), int surplus, int (*activation)(size_t)) {
  Sums sums{};
  for (size_t r = 0; r < kRows; ++r) {
    for (size_t c = 0; c < kColumns; ++c) sums[r] += (weight(r, c) + surplus) * activation(c);
  }
  return sums;
}

// The compiler's own arithmetic, which no vector instruction has a part in.
constexpr Sums kInt8Values = SumsOf(Int8At, 0, ValueAt), kInt4Values = SumsOf(Int4At, 0, ValueAt),
               kInt8Digits = SumsOf(Int8At, 0, DigitAt), kInt4Digits = SumsOf(Int4At, 8, DigitAt);

struct Example {
  alignas(kAlignment) std::array<float, kRows * kColumns> f32;
  alignas(kAlignment) std::array<uint8_t, kRows * kColumns> int8;
  alignas(kAlignment) std::array<uint8_t, kRows * kColumns / 2> int4;
  std::array<float, kColumns> floats;  // the digits, as floats, whose sums are exact
  std::array<float, kRows> ones;
  Activations x{floats, false};

  Example() {
    for (size_t r = 0; r < kRows; ++r) {
      for (size_t c = 0; c < kColumns; ++c) {
        const size_t i = r * kColumns + c, half = kNarrowRowMultiple / 2;
        f32[i] = static_cast<float>(Int8At(r, c));
        int8[i] = static_cast<uint8_t>(Int8At(r, c));
        if (c / half % 2 == 0) {
          int4[(i - c % half) / 2 + c % half] =
              static_cast<uint8_t>(Int4At(r, c) + 8 + 16 * (Int4At(r, c + half) + 8));
        }
      }
    }
    ones.fill(1);
    x.scale = 1;
    for (size_t c = 0; c < kColumns; ++c) {
      floats[c] = static_cast<float>(DigitAt(c));
      x.values.push_back(static_cast<int16_t>(ValueAt(c)));
      x.digits.push_back(static_cast<uint8_t>(DigitAt(c)));
      x.sum += ValueAt(c);
    }
  }

  bool GemvGives(RowType type, const uint8_t* data, const Sums& sums) const {
    std::array<float, kRows> out{};
    GemvRows({type, data, kRows, kColumns, ones.data()}, {0, kRows}, x, out.data());
    return std::equal(out.begin(), out.end(), sums.begin(),
                      [](float a, int32_t b) { return a == static_cast<float>(b); });
  }
};

}  // namespace

bool KernelsAreRight() {
  const Example example;
  return example.GemvGives(RowType::kF32, reinterpret_cast<const uint8_t*>(example.f32.data()),
                           kInt8Digits) &&
         example.GemvGives(RowType::kInt8, example.int8.data(), kInt8Values) &&
         example.GemvGives(RowType::kInt4, example.int4.data(), kInt4Values);
}

bool CoarseKernelsAreRight(const CoarseKernels& kernels) {
  const Example example;
  const auto gives = [&](CoarseKernels::Sums kernel, const uint8_t* rows, size_t row_bytes,
                         const Sums& expected) {
    if (kernel == nullptr) return true;
    Sums sums{};
    kernel(rows, row_bytes, kRows - 1, example.x.digits.data(), sums.data());
    return std::equal(sums.begin(), sums.end() - 1, expected.begin()) && sums.back() == 0;
  };
  return gives(kernels.int8, example.int8.data(), kColumns, kInt8Digits) &&
         gives(kernels.int4, example.int4.data(), kColumns / 2, kInt4Digits);
}

}  // namespace vitrine
