// Draws from distributions, written out so that every machine makes the same ones.
#ifndef VITRINE_GENERATE_SAMPLING_H_
#define VITRINE_GENERATE_SAMPLING_H_

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/rng.h"

namespace vitrine::generate {

// What a stream of random numbers is for; with an index it names the stream.
enum class Purpose : uint64_t {
  kAssortment = 1,
  kTitle,
  kDescription,
  kCampaign,
  kTraits,
  kBehaviour,
};

inline Rng Stream(uint64_t seed, Purpose purpose, uint64_t index) {
  return Rng(seed, static_cast<uint64_t>(purpose) << 48 | index);
}

inline bool Chance(double probability, Rng& rng) { return rng.Uniform() < probability; }

inline double Between(double low, double high, Rng& rng) {
  return low + (high - low) * rng.Uniform();
}

template <class Container>
auto& Pick(Container& values, Rng& rng) {
  return values[rng.Below(static_cast<uint32_t>(values.size()))];
}

// An index drawn with probability proportional to its weight: one pass, for few weights.
// Precondition: weights >= 0 with a positive sum.
template <class T>
size_t PickWeighted(std::span<const T> weights, Rng& rng) {
  double sum = 0;
  for (const T weight : weights) sum += weight;
  double left = sum * rng.Uniform();
  size_t last = 0;
  for (size_t i = 0; i < weights.size(); ++i) {
    if (weights[i] <= 0) continue;
    last = i;
    left -= weights[i];
    if (left < 0) return i;
  }
  return last;  // the sum was rounded up
}

// Gamma(shape, 1). Marsaglia and Tsang, "A simple method for generating gamma variables", 2000;
// shapes below 1 by their boost.
inline double Gamma(double shape, Rng& rng) {
  if (shape < 1) return Gamma(shape + 1, rng) * std::pow(rng.Uniform(), 1 / shape);
  const double d = shape - 1.0 / 3;
  const double c = 1 / std::sqrt(9 * d);
  while (true) {
    const double x = rng.Normal();
    const double v = 1 + c * x;
    if (v <= 0) continue;
    const double cube = v * v * v;
    if (std::log(rng.Uniform()) < 0.5 * x * x + d * (1 - cube + std::log(cube))) return d * cube;
  }
}

inline double Beta(double a, double b, Rng& rng) {
  const double x = Gamma(a, rng);
  return x / (x + Gamma(b, rng));
}

// Draws index i with probability weights[i] / sum in constant time. Walker's aliases, built by
// Vose's method.
class AliasTable {
 public:
  AliasTable() = default;
  // Precondition: weights >= 0 with a positive sum.
  explicit AliasTable(std::span<const float> weights);
  uint32_t Sample(Rng& rng) const {
    const Slot& slot = slots_[rng.Below(static_cast<uint32_t>(slots_.size()))];
    return rng.Uniform() < slot.threshold ? slot.own : slot.alias;
  }
  size_t size() const { return slots_.size(); }

 private:
  struct Slot {
    float threshold;
    uint32_t own;
    uint32_t alias;
  };
  std::vector<Slot> slots_;
};

}  // namespace vitrine::generate

#endif  // VITRINE_GENERATE_SAMPLING_H_
