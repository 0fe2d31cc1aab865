// e to the x, for host and device, in a form that compilers turn into vectors.
#ifndef VITRINE_MATH_EXPONENTIAL_H_
#define VITRINE_MATH_EXPONENTIAL_H_

#include <cmath>
#include <cstdint>

#include "core/host_device.h"

namespace vitrine {

VITRINE_HD inline double Exp(double x) { return std::exp(x); }

// Within 2e-7 of e^x, relatively, for x from -87.3 to 88.3; beyond, the value at that end. By
// Cephes (Moshier, "Methods and programs for mathematical functions", 1989): x = n ln 2 + r, and a
// polynomial for e^r.
VITRINE_HD inline float Exp(float x) {
#if defined(__CUDA_ARCH__)
  return std::exp(x);
#else
  // Added to a small float, it leaves the nearest whole number in the lowest bits.
  constexpr float kShift = 12582912.0f;  // 1.5 * 2^23
  constexpr uint32_t kShiftBits = 0x4B400000u;
  x = x < -87.3f ? -87.3f : x;
  x = x > 88.3f ? 88.3f : x;
  const float shifted = x * 1.44269504f + kShift;
  const float n = shifted - kShift;
  const float r = (x - n * 0.693359375f) - n * -2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * (r * r) + r + 1.0f;
  // The builtin: Emscripten 3.1.6 has no std::bit_cast.
  const uint32_t bits = __builtin_bit_cast(uint32_t, shifted) - kShiftBits + 127;
  return p * __builtin_bit_cast(float, bits << 23);
#endif
}

}  // namespace vitrine

#endif  // VITRINE_MATH_EXPONENTIAL_H_
