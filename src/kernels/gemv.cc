#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/gemv.cc"
#include "hwy/foreach_target.h"  // must come before highway.h
//
#include <type_traits>

#include "hwy/highway.h"
#include "kernels/gemv.h"
#include "kernels/row_types-inl.h"

HWY_BEFORE_NAMESPACE();
namespace vitrine {
namespace HWY_NAMESPACE {

// The sum of all blocks of 128 bits.
template <class D, class V>
HWY_INLINE auto SumOfBlocks(D d, V v) {
  if constexpr (hn::MaxLanes(d) <= 4) {
    return v;
  } else {
    const hn::Half<D> half;
    return SumOfBlocks(half, hn::Add(hn::LowerHalf(half, v), hn::UpperHalf(half, v)));
  }
}

// The sum of the lanes of a, that of b, ...: four lanes, each summed in the same order, which is
// also the same on every target of 128 bits.
template <class D, class V>
HWY_INLINE auto SumsOfFour(D d, V a, V b, V c, V e) {
  const hn::CappedTag<hn::TFromD<D>, 4> four;
  const auto a4 = SumOfBlocks(d, a), b4 = SumOfBlocks(d, b), c4 = SumOfBlocks(d, c),
             e4 = SumOfBlocks(d, e);
  const auto ab = hn::Add(hn::InterleaveLower(four, a4, b4), hn::InterleaveUpper(four, a4, b4));
  const auto ce = hn::Add(hn::InterleaveLower(four, c4, e4), hn::InterleaveUpper(four, c4, e4));
  return hn::Add(hn::ConcatLowerLower(four, ce, ab), hn::ConcatUpperUpper(four, ce, ab));
}

// Products of a row with the values [first, last) of x, in as many sums as additions are under way.
template <class Row>
HWY_INLINE auto OneRow(const uint8_t* HWY_RESTRICT row, const typename Row::X* HWY_RESTRICT x,
                       size_t first, size_t last) {
  auto sum0 = hn::Zero(typename Row::Sum()), sum1 = sum0, sum2 = sum0, sum3 = sum0;
  row += Row::Bytes(first);
  x += first;
  const size_t step = Row::Step();
  size_t left = last - first;
  for (; left >= 2 * step; left -= 2 * step, row += Row::Bytes(2 * step), x += 2 * step) {
    Row::Add(row, x, sum0, sum1);
    Row::Add(row + Row::Bytes(step), x + step, sum2, sum3);
  }
  if (left > 0) Row::Add(row, x, sum0, sum1);
  return hn::Add(hn::Add(sum0, sum2), hn::Add(sum1, sum3));
}

// 8127 * 128 * 2048 stays below 2^31.
constexpr size_t kExactColumns = 2048;

// Four rows at a time, strictly one after the other, though two could share each load of x:
// processors fetch ahead where memory is read from front to back, and some do not see that in two
// rows at once. Tables beyond the caches then take three times as long.
template <class Row>
void GemvOf(const TableRows& rows, const RowChoice& choice, const typename Row::X* HWY_RESTRICT x,
            float x_scale, int64_t x_sum, float* HWY_RESTRICT out) {
  const typename Row::Sum d;
  const hn::CappedTag<float, 4> four;
  const hn::CappedTag<hn::TFromD<typename Row::Sum>, 4> four_sums;
  constexpr bool is_whole = std::is_same_v<typename Row::X, int16_t>;
  const size_t step = is_whole ? kExactColumns : rows.stride;
  for (size_t i = 0; i < choice.count; i += 4) {
    size_t r[4];  // where fewer are left, the last one counts again
    for (size_t k = 0; k < 4; ++k) r[k] = choice[HWY_MIN(i + k, choice.count - 1)];
    auto sums = hn::Zero(four_sums);
    [[maybe_unused]] int64_t wide[4] = {};
    for (size_t c = 0; c < rows.stride; c += step) {
      const size_t end = HWY_MIN(c + step, rows.stride);
      hn::Vec<decltype(d)> row_sums[4];
      for (size_t k = 0; k < 4; ++k) row_sums[k] = OneRow<Row>(rows.Row(r[k]), x, c, end);
      sums = SumsOfFour(d, row_sums[0], row_sums[1], row_sums[2], row_sums[3]);
      if constexpr (is_whole) {
        if (rows.stride <= step) continue;
        int32_t part[4];
        hn::StoreU(sums, four_sums, part);
        for (size_t k = 0; k < 4; ++k) wide[k] += part[k];
      }
    }
    // Almost always the four lie side by side, and none of them counts again.
    const bool is_plain = choice.which == nullptr && i + 4 <= choice.count;
    auto products = hn::Zero(four);
    if constexpr (is_whole) {
      const int64_t surplus = rows.type == RowType::kInt4 ? 8 * x_sum : 0;
      if (rows.stride <= step) {
        sums = hn::Sub(sums, hn::Set(four_sums, static_cast<int32_t>(surplus)));
        products = hn::ConvertTo(four, sums);
      } else {
        float exact[4];
        for (size_t k = 0; k < 4; ++k) exact[k] = static_cast<float>(wide[k] - surplus);
        products = hn::LoadU(four, exact);
      }
      float scales[4];
      for (size_t k = 0; k < 4 && !is_plain; ++k) scales[k] = rows.scales[r[k]];
      const auto scale = hn::LoadU(four, is_plain ? rows.scales + r[0] : scales);
      products = hn::Mul(products, hn::Mul(scale, hn::Set(four, x_scale)));
    } else {
      products = sums;
    }
    if (is_plain) {
      hn::StoreU(products, four, out + i);
    } else {
      float last[4];
      hn::StoreU(products, four, last);
      for (size_t k = 0; k < HWY_MIN(4, choice.count - i); ++k) out[i + k] = last[k];
    }
  }
}

void GemvF32(const TableRows& rows, const float* x, float* out) {
  GemvOf<F32Row>(rows, {0, rows.rows}, x, 1, 0, out);
}

void GemvByType(const TableRows& rows, const RowChoice& choice, const Activations& x, float* out) {
  switch (rows.type) {
    case RowType::kF32:
      return GemvOf<F32Row>(rows, choice, x.floats.data(), 1, 0, out);
    case RowType::kF16:
      return GemvOf<F16Row>(rows, choice, x.floats.data(), 1, 0, out);
    case RowType::kInt8:
      return GemvOf<Int8Row>(rows, choice, x.values.data(), x.scale, x.sum, out);
    case RowType::kInt4:
      return GemvOf<Int4Row>(rows, choice, x.values.data(), x.scale, x.sum, out);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace vitrine
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace vitrine {

HWY_EXPORT(GemvF32);
HWY_EXPORT(GemvByType);

void Gemv(ConstMatrixView rows, const float* x, float* out) {
  HWY_DYNAMIC_DISPATCH(GemvF32)(TableRows::Of(rows), x, out);
}

void GemvRows(const TableRows& rows, const RowChoice& choice, const Activations& x, float* out) {
  HWY_DYNAMIC_DISPATCH(GemvByType)(rows, choice, x, out);
}

}  // namespace vitrine
#endif  // HWY_ONCE
