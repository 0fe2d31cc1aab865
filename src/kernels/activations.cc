#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/activations.cc"
#include "hwy/foreach_target.h"  // must come before highway.h
//
#include <cmath>

#include "hwy/highway.h"
#include "kernels/activations.h"
#include "kernels/table_rows.h"

HWY_BEFORE_NAMESPACE();
namespace vitrine {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

void ToWhole(Activations& x) {
  constexpr float kMax = 8127;
  constexpr int kDigitZero = 64;
  const hn::CappedTag<float, kRowMultiple> d;
  const hn::RebindToSigned<decltype(d)> d32;
  const hn::Rebind<int16_t, decltype(d)> d16;
  const hn::Rebind<uint8_t, decltype(d)> d8;
  const size_t n = x.floats.size();
  const float* HWY_RESTRICT floats = x.floats.data();

  auto most = hn::Zero(d);
  for (size_t i = 0; i < n; i += hn::Lanes(d)) {
    const auto size = hn::Abs(hn::LoadU(d, floats + i));
    most = hn::IfThenElse(hn::Gt(size, most), size, most);  // passes over what is no number
  }
  const float largest = hn::GetLane(hn::MaxOfLanes(d, most));
  x.scale = largest / kMax;

  const auto vlargest = hn::Set(d, largest), vmax = hn::Set(d, kMax), half = hn::Set(d, 0.5f);
  int64_t rest_squares = 0;
  constexpr size_t kChunk = size_t{1} << 16;  // whose sums stay below 2^31
  for (size_t first = 0; first < n; first += kChunk) {
    auto sum = hn::Zero(d32), digits_sum = sum, rest_square = sum;
    for (size_t i = first; i < HWY_MIN(n, first + kChunk); i += hn::Lanes(d)) {
      const auto scaled = hn::Mul(hn::Div(hn::LoadU(d, floats + i), vlargest), vmax);
      // Half away from zero, spelled out: the same on every host and rounding mode.
      const auto away = hn::Add(scaled, hn::CopySign(half, scaled));
      const auto value = hn::ConvertTo(d32, hn::IfThenElseZero(hn::Eq(scaled, scaled), away));
      const auto digit = hn::ShiftRight<7>(hn::Add(value, hn::Set(d32, 128 * kDigitZero + 64)));
      const auto rest = hn::Sub(value, hn::ShiftLeft<7>(hn::Sub(digit, hn::Set(d32, kDigitZero))));
      hn::StoreU(hn::DemoteTo(d16, value), d16, x.values.data() + i);
      hn::StoreU(hn::DemoteTo(d8, digit), d8, x.digits.data() + i);
      sum = hn::Add(sum, value);
      digits_sum = hn::Add(digits_sum, digit);
      rest_square = hn::Add(rest_square, hn::Mul(rest, rest));
    }
    x.sum += hn::GetLane(hn::SumOfLanes(d32, sum));
    x.digits_sum += hn::GetLane(hn::SumOfLanes(d32, digits_sum));
    rest_squares += hn::GetLane(hn::SumOfLanes(d32, rest_square));
  }
  x.rest_norm = std::sqrt(static_cast<float>(rest_squares));
}

}  // namespace HWY_NAMESPACE
}  // namespace vitrine
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace vitrine {

HWY_EXPORT(ToWhole);

Activations::Activations(std::span<const float> x, bool whole) : floats(x) {
  if (!whole) return;
  values.resize(x.size());
  digits.resize(x.size());
  HWY_DYNAMIC_DISPATCH(ToWhole)(*this);
}

}  // namespace vitrine
#endif  // HWY_ONCE
