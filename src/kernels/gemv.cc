#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/gemv.cc"
#include "hwy/foreach_target.h"  // must come before highway.h
//
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
  size_t c = first;
  for (; c + 2 * Row::Step() <= last; c += 2 * Row::Step()) {
    Row::Add(row, x, c, sum0, sum1);
    Row::Add(row, x, c + Row::Step(), sum2, sum3);
  }
  if (c < last) Row::Add(row, x, c, sum0, sum1);
  return hn::Add(hn::Add(sum0, sum2), hn::Add(sum1, sum3));
}

// The same of four rows, `bytes` apart, in a lane each. Strictly one after the other, though two
// could share each load of x: processors fetch ahead where memory is read from front to back, and
// some do not see that in two rows at once. Tables beyond the caches then take three times as long.
template <class Row>
HWY_INLINE auto FourRows(const uint8_t* row, size_t bytes, const typename Row::X* HWY_RESTRICT x,
                         size_t first, size_t last) {
  const auto a = OneRow<Row>(row, x, first, last);
  const auto b = OneRow<Row>(row + bytes, x, first, last);
  const auto c = OneRow<Row>(row + 2 * bytes, x, first, last);
  const auto e = OneRow<Row>(row + 3 * bytes, x, first, last);
  return SumsOfFour(typename Row::Sum(), a, b, c, e);
}

template <class Row>
HWY_INLINE auto OneSum(const uint8_t* row, const typename Row::X* x, size_t first, size_t last) {
  const auto sum = OneRow<Row>(row, x, first, last);
  return hn::GetLane(SumsOfFour(typename Row::Sum(), sum, sum, sum, sum));
}

template <class Row>
void GemvFloat(const TableRows& rows, size_t first, size_t count, const float* HWY_RESTRICT x,
               float* HWY_RESTRICT out) {
  const hn::CappedTag<float, 4> d;
  const size_t bytes = rows.RowBytes();
  const uint8_t* row = rows.Row(first);
  size_t i = 0;
  for (; i + 4 <= count; i += 4, row += 4 * bytes) {
    hn::StoreU(FourRows<Row>(row, bytes, x, 0, rows.stride), d, out + i);
  }
  for (; i < count; ++i, row += bytes) out[i] = OneSum<Row>(row, x, 0, rows.stride);
}

// 8127 * 128 * 2048 stays below 2^31.
constexpr size_t kExactColumns = 2048;

template <class Row>
void GemvWhole(const TableRows& rows, size_t first, size_t count, const Activations& x,
               float* HWY_RESTRICT out) {
  const hn::CappedTag<float, 4> d;
  const hn::CappedTag<int32_t, 4> d32;
  const int64_t surplus = rows.type == RowType::kInt4 ? 8 * x.sum : 0;
  const size_t bytes = rows.RowBytes();
  const uint8_t* row = rows.Row(first);
  const float* scales = rows.scales + first;
  const int16_t* values = x.values.data();
  size_t i = 0;
  if (rows.stride <= kExactColumns) {
    for (; i + 4 <= count; i += 4, row += 4 * bytes) {
      const auto sums = FourRows<Row>(row, bytes, values, 0, rows.stride);
      const auto exact = hn::Sub(sums, hn::Set(d32, static_cast<int32_t>(surplus)));
      const auto scale = hn::Mul(hn::LoadU(d, scales + i), hn::Set(d, x.scale));
      hn::StoreU(hn::Mul(hn::ConvertTo(d, exact), scale), d, out + i);
    }
  }
  for (; i < count; ++i, row += bytes) {
    int64_t sum = -surplus;
    for (size_t c = 0; c < rows.stride; c += kExactColumns) {
      sum += OneSum<Row>(row, values, c, HWY_MIN(c + kExactColumns, rows.stride));
    }
    out[i] = static_cast<float>(sum) * (scales[i] * x.scale);
  }
}

void GemvF32(const TableRows& rows, const float* x, float* out) {
  GemvFloat<F32Row>(rows, 0, rows.rows, x, out);
}

void GemvByType(const TableRows& rows, size_t first, size_t count, const Activations& x,
                float* out) {
  switch (rows.type) {
    case RowType::kF32:
      return GemvFloat<F32Row>(rows, first, count, x.floats.data(), out);
    case RowType::kF16:
      return GemvFloat<F16Row>(rows, first, count, x.floats.data(), out);
    case RowType::kInt8:
      return GemvWhole<Int8Row>(rows, first, count, x, out);
    case RowType::kInt4:
      return GemvWhole<Int4Row>(rows, first, count, x, out);
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

void GemvRows(const TableRows& rows, size_t first, size_t count, const Activations& x, float* out) {
  HWY_DYNAMIC_DISPATCH(GemvByType)(rows, first, count, x, out);
}

}  // namespace vitrine
#endif  // HWY_ONCE
