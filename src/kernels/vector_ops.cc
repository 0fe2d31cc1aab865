#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/vector_ops.cc"
#include "hwy/foreach_target.h"  // must come before highway.h
//
#include <cmath>

#include "core/matrix.h"
#include "hwy/contrib/math/math-inl.h"
#include "hwy/highway.h"
#include "kernels/vector_ops.h"
#include "math/activations.h"

HWY_BEFORE_NAMESPACE();
namespace vitrine {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// The sum of all lanes, by halves: the same on every target of 128 bits, with vectors or without.
template <class D, class V>
HWY_INLINE float SumByHalves(D d, V v) {
  HWY_ALIGN float lanes[hn::MaxLanes(D())];
  hn::Store(v, d, lanes);
  for (size_t n = hn::Lanes(d) / 2; n > 0; n /= 2) {
    for (size_t i = 0; i < n; ++i) lanes[i] += lanes[i + n];
  }
  return lanes[0];
}

void Axpy(float a, const float* HWY_RESTRICT x, float* HWY_RESTRICT y, size_t n) {
  const hn::CappedTag<float, kRowMultiple> d;
  const auto va = hn::Set(d, a);
  for (size_t i = 0; i < n; i += hn::Lanes(d)) {
    hn::StoreU(hn::MulAdd(va, hn::LoadU(d, x + i), hn::LoadU(d, y + i)), d, y + i);
  }
}

float SoftmaxInPlace(float* HWY_RESTRICT x, size_t n, float scale) {
  const hn::ScalableTag<float> d;
  const size_t lanes = hn::Lanes(d);
  const size_t whole = n / lanes * lanes;

  auto largest = hn::Set(d, x[0]);
  for (size_t i = 0; i < whole; i += lanes) largest = hn::Max(largest, hn::LoadU(d, x + i));
  float max = hn::GetLane(hn::MaxOfLanes(d, largest));
  for (size_t i = whole; i < n; ++i) max = HWY_MAX(max, x[i]);

  const auto vmax = hn::Set(d, max);
  auto sums = hn::Zero(d);
  for (size_t i = 0; i < whole; i += lanes) {
    const auto e = hn::Exp(d, hn::Sub(hn::LoadU(d, x + i), vmax));
    sums = hn::Add(sums, e);
    hn::StoreU(e, d, x + i);
  }
  float sum = SumByHalves(d, sums);
  for (size_t i = whole; i < n; ++i) sum += x[i] = Exp(x[i] - max);

  const float factor = scale / sum;
  const auto vfactor = hn::Set(d, factor);
  for (size_t i = 0; i < whole; i += lanes) {
    hn::StoreU(hn::Mul(hn::LoadU(d, x + i), vfactor), d, x + i);
  }
  for (size_t i = whole; i < n; ++i) x[i] *= factor;
  return max + std::log(sum);
}

void TanhInPlace(float* HWY_RESTRICT x, size_t n) {
  const hn::CappedTag<float, kRowMultiple> d;
  for (size_t i = 0; i < n; i += hn::Lanes(d)) {
    hn::StoreU(hn::Tanh(d, hn::LoadU(d, x + i)), d, x + i);
  }
}

void GeluInPlace(float* HWY_RESTRICT x, size_t n) {
#if defined(__clang__)  // vectors, but one at a time, or the code grows
#pragma clang loop vectorize_width(4) interleave_count(1) unroll(disable)
#endif
  for (size_t i = 0; i < n / 4 * 4; ++i) x[i] = Gelu{}(x[i]);
}

void Normalize(const float* HWY_RESTRICT gain, const float* HWY_RESTRICT bias, size_t n,
               float epsilon, float* HWY_RESTRICT x) {
  const hn::CappedTag<float, 4> d;
  auto sums = hn::Zero(d), squares = sums;
  for (size_t i = 0; i < n; i += hn::Lanes(d)) sums = hn::Add(sums, hn::LoadU(d, x + i));
  const float mean = SumByHalves(d, sums) / static_cast<float>(n);
  for (size_t i = 0; i < n; i += hn::Lanes(d)) {
    const auto off = hn::Sub(hn::LoadU(d, x + i), hn::Set(d, mean));
    const auto inside = hn::IfThenElseZero(hn::FirstN(d, n - i), off);
    squares = hn::MulAdd(inside, inside, squares);
    hn::StoreU(inside, d, x + i);
  }
  const float square = SumByHalves(d, squares);
  const float inverse = 1 / std::sqrt(square / static_cast<float>(n) + epsilon);
  size_t i = 0;
  for (; i + hn::Lanes(d) <= n; i += hn::Lanes(d)) {
    const auto normal = hn::Mul(hn::LoadU(d, x + i), hn::Set(d, inverse));
    hn::StoreU(hn::MulAdd(hn::LoadU(d, gain + i), normal, hn::LoadU(d, bias + i)), d, x + i);
  }
  for (; i < n; ++i) x[i] = gain[i] * (x[i] * inverse) + bias[i];
}

}  // namespace HWY_NAMESPACE
}  // namespace vitrine
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace vitrine {

HWY_EXPORT(Axpy);
HWY_EXPORT(GeluInPlace);
HWY_EXPORT(Normalize);
HWY_EXPORT(SoftmaxInPlace);
HWY_EXPORT(TanhInPlace);

void Axpy(float a, const float* x, float* y, size_t n) { HWY_DYNAMIC_DISPATCH(Axpy)(a, x, y, n); }

float SoftmaxInPlace(float* x, size_t n, float scale) {
  return HWY_DYNAMIC_DISPATCH(SoftmaxInPlace)(x, n, scale);
}

void GeluInPlace(float* x, size_t n) { HWY_DYNAMIC_DISPATCH(GeluInPlace)(x, n); }

void Normalize(const float* gain, const float* bias, size_t n, float epsilon, float* x) {
  HWY_DYNAMIC_DISPATCH(Normalize)(gain, bias, n, epsilon, x);
}

void TanhInPlace(float* x, size_t n) { HWY_DYNAMIC_DISPATCH(TanhInPlace)(x, n); }

}  // namespace vitrine
#endif  // HWY_ONCE
