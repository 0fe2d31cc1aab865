#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/gemv.cc"
#include "hwy/foreach_target.h"  // must come before highway.h
//
#include <algorithm>
#include <cmath>

#include "hwy/highway.h"
#include "kernels/gemv.h"

HWY_BEFORE_NAMESPACE();
namespace vitrine {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// Four rows share each load of x; two accumulators a row hide the latency of the addition.
void Gemv(ConstMatrixView rows, const float* HWY_RESTRICT x, float* HWY_RESTRICT out) {
  const hn::CappedTag<float, kRowMultiple> d;
  const size_t lanes = hn::Lanes(d);
  const size_t n = rows.stride;
  size_t r = 0;
  for (; r + 4 <= rows.rows; r += 4) {
    const float* HWY_RESTRICT row0 = rows.Row(r);
    const float* HWY_RESTRICT row1 = rows.Row(r + 1);
    const float* HWY_RESTRICT row2 = rows.Row(r + 2);
    const float* HWY_RESTRICT row3 = rows.Row(r + 3);
    auto sum0 = hn::Zero(d), sum1 = hn::Zero(d), sum2 = hn::Zero(d), sum3 = hn::Zero(d);
    for (size_t c = 0; c < n; c += lanes) {
      const auto v = hn::LoadU(d, x + c);
      sum0 = hn::MulAdd(v, hn::LoadU(d, row0 + c), sum0);
      sum1 = hn::MulAdd(v, hn::LoadU(d, row1 + c), sum1);
      sum2 = hn::MulAdd(v, hn::LoadU(d, row2 + c), sum2);
      sum3 = hn::MulAdd(v, hn::LoadU(d, row3 + c), sum3);
    }
    out[r] = hn::GetLane(hn::SumOfLanes(d, sum0));
    out[r + 1] = hn::GetLane(hn::SumOfLanes(d, sum1));
    out[r + 2] = hn::GetLane(hn::SumOfLanes(d, sum2));
    out[r + 3] = hn::GetLane(hn::SumOfLanes(d, sum3));
  }
  for (; r < rows.rows; ++r) {
    auto sum = hn::Zero(d);
    for (size_t c = 0; c < n; c += lanes) {
      sum = hn::MulAdd(hn::LoadU(d, x + c), hn::LoadU(d, rows.Row(r) + c), sum);
    }
    out[r] = hn::GetLane(hn::SumOfLanes(d, sum));
  }
}

// 8191 * 127 * 2048 stays below 2^31.
constexpr size_t kExactColumns = 2048;

void GemvInt8(BasicMatrixView<const int8_t> rows, const float* HWY_RESTRICT row_scales,
              const int16_t* HWY_RESTRICT x, float x_scale, float* HWY_RESTRICT out) {
  const hn::CappedTag<int16_t, kInt8RowMultiple> d16;
  const hn::Rebind<int8_t, decltype(d16)> d8;
  const hn::RepartitionToWide<decltype(d16)> d32;
  const size_t lanes = hn::Lanes(d16);
  for (size_t r = 0; r < rows.rows; ++r) {
    const int8_t* HWY_RESTRICT row = rows.Row(r);
    int64_t total = 0;
    for (size_t first = 0; first < rows.stride; first += kExactColumns) {
      const size_t last = HWY_MIN(first + kExactColumns, rows.stride);
      auto sum0 = hn::Zero(d32), sum1 = hn::Zero(d32);
      for (size_t c = first; c < last; c += lanes) {
        const auto weights = hn::PromoteTo(d16, hn::LoadU(d8, row + c));
        sum0 = hn::ReorderWidenMulAccumulate(d32, weights, hn::LoadU(d16, x + c), sum0, sum1);
      }
      total += hn::GetLane(hn::SumOfLanes(d32, hn::Add(sum0, sum1)));
    }
    out[r] = static_cast<float>(total) * (row_scales[r] * x_scale);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace vitrine
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace vitrine {

HWY_EXPORT(Gemv);
HWY_EXPORT(GemvInt8);

void Gemv(ConstMatrixView rows, const float* x, float* out) {
  HWY_DYNAMIC_DISPATCH(Gemv)(rows, x, out);
}

float QuantizeActivations(std::span<const float> x, int16_t* quantized) {
  constexpr float kMax = 8191.0f;
  float largest = 0;
  for (const float value : x) largest = std::max(largest, std::abs(value));
  const float scale = largest / kMax;
  const float inverse = largest > 0 ? kMax / largest : 0.0f;
  for (size_t i = 0; i < x.size(); ++i) {
    // Half away from zero, spelled out: the same on every host and rounding mode.
    const float scaled = std::clamp(x[i] * inverse, -kMax, kMax);
    quantized[i] = static_cast<int16_t>(scaled < 0 ? scaled - 0.5f : scaled + 0.5f);
  }
  std::fill(quantized + x.size(), quantized + PaddedInt8Dim(x.size()), int16_t{0});
  return scale;
}

void GemvInt8(BasicMatrixView<const int8_t> rows, const float* row_scales, const int16_t* x,
              float x_scale, float* out) {
  HWY_DYNAMIC_DISPATCH(GemvInt8)(rows, row_scales, x, x_scale, out);
}

}  // namespace vitrine
#endif  // HWY_ONCE
