#include "kernels/activations.h"

#include <algorithm>
#include <cmath>

namespace vitrine {
namespace {

constexpr float kMax = 8127;
constexpr int kDigitZero = 64;

}  // namespace

Activations::Activations(std::span<const float> x, bool whole) : floats(x) {
  if (!whole) return;
  values.resize(x.size());
  digits.resize(x.size());
  float largest = 0;
  for (const float value : x) largest = std::max(largest, std::abs(value));
  scale = largest / kMax;
  for (size_t i = 0; i < x.size(); ++i) {
    // Half away from zero, spelled out: the same on every host and rounding mode. What is no number
    // stays 0.
    const float scaled = x[i] / largest * kMax;
    if (scaled > 0) values[i] = static_cast<int16_t>(scaled + 0.5f);
    if (scaled < 0) values[i] = static_cast<int16_t>(scaled - 0.5f);
  }
  int64_t rest_square = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    const int digit = (values[i] + 128 * kDigitZero + 64) >> 7;
    const int rest = values[i] - 128 * (digit - kDigitZero);
    digits[i] = static_cast<uint8_t>(digit);
    sum += values[i];
    digits_sum += digit;
    rest_square += rest * rest;
  }
  rest_norm = std::sqrt(static_cast<float>(rest_square));
}

}  // namespace vitrine
