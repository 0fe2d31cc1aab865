// The sizes of a GAN over behaviour vectors, and the noise that its generator is fed.
#ifndef VITRINE_MODELS_GAN_SHAPE_H_
#define VITRINE_MODELS_GAN_SHAPE_H_

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
  bool rectified = false;  // the generator's activation: the rectifier, else tanh
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
