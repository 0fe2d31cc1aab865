// The sizes of a GAN over behaviour vectors, and the noise that its generator is fed.
#ifndef VITRINE_MODELS_GAN_SHAPE_H_
#define VITRINE_MODELS_GAN_SHAPE_H_

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/rng.h"
#include "math/activations.h"

namespace vitrine {

struct GanShape {
  size_t n_items = 0;                         // length of a behaviour vector
  size_t noise = 64;                          // length of the generator's noise
  std::vector<size_t> generator = {300};      // widths of its hidden layers
  std::vector<size_t> discriminator = {125};  // likewise
  bool conditional = true;                    // whether both networks see a part of the behaviour
  // Length of a shopper's context, beside the behaviour in the condition; only where conditional.
  size_t context = 0;
  bool rectified = false;  // the generator's activation: the rectifier, else tanh

  // Columns of a condition.
  size_t condition() const { return conditional ? n_items + context : 0; }
};

// Value c of the noise of `draw`: another draw, another behaviour; the same draw, the same, to the
// bit on every host. Near enough to normal, with mean 0 and variance 1: the sum of twelve uniform
// values (Irwin and Hall), which costs a page no code for logarithms and cosines.
VITRINE_HD inline float GanNoise(uint64_t seed, uint64_t stream, uint32_t draw, uint32_t c) {
  float sum = -6;
  for (uint32_t i = 0; i < 3; ++i) {
    for (const uint32_t bits : RandomBits(seed, stream + i, uint64_t{draw} << 32 | c)) {
      sum += ToUniform(bits);
    }
  }
  return sum;
}

// Of each of the n values that a context has.
inline float GanContextWeight(size_t n) { return 1.0f / std::sqrt(static_cast<float>(n)); }

// The generator's activation.
struct GanActivation {
  bool rectified;
  template <class T>
  VITRINE_HD T operator()(T x) const {
    return rectified ? LeakyRectifier{}(x) : Tanh{}(x);
  }
  template <class T>
  VITRINE_HD T Derivative(T y) const {
    return rectified ? LeakyRectifier{}.Derivative(y) : Tanh{}.Derivative(y);
  }
};

}  // namespace vitrine

#endif  // VITRINE_MODELS_GAN_SHAPE_H_
