// Counter-based random numbers: a draw depends on (seed, stream, position) and on nothing else, so
// it is the same whichever thread, process or order asks for it.
#ifndef VITRINE_CORE_RNG_H_
#define VITRINE_CORE_RNG_H_

#include <array>
#include <cmath>
#include <cstdint>

#include "core/host_device.h"

namespace vitrine {

// Philox 4x32 with 10 rounds: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC
// 2011.
VITRINE_HD inline std::array<uint32_t, 4> Philox(std::array<uint32_t, 4> counter, uint32_t key0,
                                                 uint32_t key1) {
  for (int round = 0; round < 10; ++round) {
    const uint64_t product0 = uint64_t{0xD2511F53u} * counter[0];
    const uint64_t product1 = uint64_t{0xCD9E8D57u} * counter[2];
    counter = {
        static_cast<uint32_t>(product1 >> 32) ^ counter[1] ^ key0, static_cast<uint32_t>(product1),
        static_cast<uint32_t>(product0 >> 32) ^ counter[3] ^ key1, static_cast<uint32_t>(product0)};
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
  return counter;
}

// Four 32-bit draws at `position` of `stream`.
VITRINE_HD inline std::array<uint32_t, 4> RandomBits(uint64_t seed, uint64_t stream,
                                                     uint64_t position) {
  return Philox({static_cast<uint32_t>(position), static_cast<uint32_t>(position >> 32),
                 static_cast<uint32_t>(stream), static_cast<uint32_t>(stream >> 32)},
                static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32));
}

// Uniform in (0, 1): never 0, so its logarithm is finite.
VITRINE_HD inline float ToUniform(uint32_t bits) {
  return (static_cast<float>(bits >> 8) + 0.5f) * (1.0f / 16777216.0f);
}

// A pair of standard normal draws (Box and Muller).
VITRINE_HD inline std::array<float, 2> ToNormal(uint32_t bits0, uint32_t bits1) {
  const float radius = std::sqrt(-2.0f * std::log(ToUniform(bits0)));
  const float angle = 6.283185307179586f * ToUniform(bits1);
  return {radius * std::cos(angle), radius * std::sin(angle)};
}

// Walks one stream in order; for code that draws one thing after another.
class Rng {
 public:
  Rng(uint64_t seed, uint64_t stream) : seed_(seed), stream_(stream) {}

  uint32_t Next() {
    if (used_ == 4) {
      block_ = RandomBits(seed_, stream_, position_++);
      used_ = 0;
    }
    return block_[used_++];
  }
  uint64_t Next64() {
    const uint64_t high = Next();
    return high << 32 | Next();
  }
  float Uniform() { return ToUniform(Next()); }
  // Uniform over [0, n); n > 0. Without bias worth the name for n below 2^32 (Lemire's reduction).
  uint32_t Below(uint32_t n) { return static_cast<uint32_t>(uint64_t{Next()} * n >> 32); }
  float Normal() {
    const uint32_t bits0 = Next();
    return ToNormal(bits0, Next())[0];
  }

 private:
  uint64_t seed_;
  uint64_t stream_;
  uint64_t position_ = 0;
  std::array<uint32_t, 4> block_{};
  int used_ = 4;
};

// Fisher-Yates; the same order on every machine (std::shuffle is not).
template <class Container>
void Shuffle(Container& values, Rng& rng) {
  for (uint32_t i = static_cast<uint32_t>(values.size()); i > 1; --i) {
    std::swap(values[i - 1], values[rng.Below(i)]);
  }
}

}  // namespace vitrine

#endif  // VITRINE_CORE_RNG_H_
