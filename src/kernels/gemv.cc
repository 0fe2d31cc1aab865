#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/gemv.cc"
#include "hwy/foreach_target.h"  // must come before highway.h
//
#include <algorithm>

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

// The sums of four rows' products with the values [first, last) of x: four floats, or int32.
// Strictly one row after the other, though two could share each load of x: processors fetch ahead
// where memory is read from front to back, and some do not see that in two rows at once. Tables
// beyond the caches then take three times as long.
template <class Row>
void FourRows(const uint8_t* const* rows, const void* x, size_t first, size_t last, void* sums) {
  const typename Row::Sum d;
  using T = hn::TFromD<typename Row::Sum>;
  hn::Vec<decltype(d)> of_row[4];
  for (size_t k = 0; k < 4; ++k) {
    of_row[k] = OneRow<Row>(rows[k], static_cast<const typename Row::X*>(x), first, last);
  }
  hn::StoreU(SumsOfFour(d, of_row[0], of_row[1], of_row[2], of_row[3]), hn::CappedTag<T, 4>(),
             static_cast<T*>(sums));
}

// What differs by type is in there, so that the rest is there once.
using FourRowsFunction = void (*)(const uint8_t* const*, const void*, size_t, size_t, void*);
constexpr FourRowsFunction kFourRows[] = {FourRows<F32Row>, FourRows<F16Row>, FourRows<Int8Row>,
                                          FourRows<Int4Row>};

// The same of all columns, where sums of whole numbers may leave 32 bits.
void FourWideRows(FourRowsFunction four_rows, const uint8_t* const* rows, size_t stride,
                  const Activations& x, int64_t surplus, const float* scales, float* products) {
  int64_t wide[4] = {};
  for (size_t c = 0; c < stride; c += kExactColumns) {
    int32_t part[4];
    four_rows(rows, x.values.data(), c, HWY_MIN(c + kExactColumns, stride), part);
    for (size_t k = 0; k < 4; ++k) wide[k] += part[k];
  }
  for (size_t k = 0; k < 4; ++k) products[k] = static_cast<float>(wide[k] - surplus) * scales[k];
}

void GemvByType(const TableRows& rows, const RowChoice& choice, const Activations& x,
                float* HWY_RESTRICT out) {
  const FourRowsFunction four_rows = kFourRows[static_cast<size_t>(rows.type)];
  const int64_t surplus = rows.type == RowType::kInt4 ? 8 * x.sum : 0;
  const hn::CappedTag<float, 4> d;
  const hn::RebindToSigned<decltype(d)> d32;
  for (size_t i = 0; i < choice.count; i += 4) {
    const uint8_t* row[4];
    float scales[4], spare[4];
    for (size_t k = 0; k < 4; ++k) {  // where fewer are left, the last one counts again
      const size_t r = choice[HWY_MIN(i + k, choice.count - 1)];
      row[k] = rows.Row(r);
      scales[k] = rows.IsWhole() ? rows.scales[r] * x.scale : 1;
    }
    float* const products = i + 4 <= choice.count ? out + i : spare;
    if (!rows.IsWhole()) {
      four_rows(row, x.floats.data(), 0, rows.stride, products);
    } else if (rows.stride > kExactColumns) {
      FourWideRows(four_rows, row, rows.stride, x, surplus, scales, products);
    } else {
      int32_t sums[4];
      four_rows(row, x.values.data(), 0, rows.stride, sums);
      const auto exact = hn::Sub(hn::LoadU(d32, sums), hn::Set(d32, static_cast<int32_t>(surplus)));
      hn::StoreU(hn::Mul(hn::ConvertTo(d, exact), hn::LoadU(d, scales)), d, products);
    }
    if (products == spare) std::copy_n(spare, choice.count - i, out + i);
  }
}

// Four vectors share what is made of each row. xs: int16 values of rows.stride <= kExactColumns.
void GemmInt8(const TableRows& rows, const Activations* xs, float* HWY_RESTRICT out,
              size_t stride) {
  using Row = Int8Row;
  const Row::Sum d;
  const hn::CappedTag<float, 4> four;
  const float of_x[4] = {xs[0].scale, xs[1].scale, xs[2].scale, xs[3].scale};
  const auto x_scale = hn::LoadU(four, of_x);
  for (size_t r = 0; r < rows.rows; ++r, ++out) {
    const uint8_t* HWY_RESTRICT row = rows.data + r * rows.stride;
    const int16_t* HWY_RESTRICT x0 = xs[0].values.data();
    const int16_t* HWY_RESTRICT x1 = xs[1].values.data();
    const int16_t* HWY_RESTRICT x2 = xs[2].values.data();
    const int16_t* HWY_RESTRICT x3 = xs[3].values.data();
    auto a = hn::Zero(d), b = a, c = a, e = a, a1 = a, b1 = a, c1 = a, e1 = a;
    for (size_t i = 0; i < rows.stride; i += Row::Step()) {
      Row::Add(row + i, x0 + i, a, a1);
      Row::Add(row + i, x1 + i, b, b1);
      Row::Add(row + i, x2 + i, c, c1);
      Row::Add(row + i, x3 + i, e, e1);
    }
    const auto sums = SumsOfFour(d, hn::Add(a, a1), hn::Add(b, b1), hn::Add(c, c1), hn::Add(e, e1));
    const auto scale = hn::Mul(hn::Set(four, rows.scales[r]), x_scale);
    float products[4];
    hn::StoreU(hn::Mul(hn::ConvertTo(four, sums), scale), four, products);
    for (size_t k = 0; k < 4; ++k) out[k * stride] = products[k];
  }
}

void GemmByType(const TableRows& rows, std::span<const Activations> xs, float* out, size_t stride) {
  size_t i = 0;
  if (rows.type == RowType::kInt8 && rows.stride <= kExactColumns) {
    for (; i + 4 <= xs.size(); i += 4) GemmInt8(rows, &xs[i], out + i * stride, stride);
  }
  for (; i < xs.size(); ++i) GemvByType(rows, {0, rows.rows}, xs[i], out + i * stride);
}

}  // namespace HWY_NAMESPACE
}  // namespace vitrine
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace vitrine {

HWY_EXPORT(GemvByType);
HWY_EXPORT(GemmByType);

void Gemv(ConstMatrixView rows, const float* x, float* out) {
  GemvRows(TableRows::Of(rows), {0, rows.rows}, {{x, rows.stride}, false}, out);
}

void GemvRows(const TableRows& rows, const RowChoice& choice, const Activations& x, float* out) {
  HWY_DYNAMIC_DISPATCH(GemvByType)(rows, choice, x, out);
}

void GemmRows(const TableRows& rows, std::span<const Activations> xs, float* out, size_t stride) {
  HWY_DYNAMIC_DISPATCH(GemmByType)(rows, xs, out, stride);
}

}  // namespace vitrine
#endif  // HWY_ONCE
