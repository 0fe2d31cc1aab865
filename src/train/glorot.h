// The start of a dense layer.
#ifndef VITRINE_TRAIN_GLOROT_H_
#define VITRINE_TRAIN_GLOROT_H_

#include <cmath>

#include "core/matrix.h"
#include "core/parallel.h"
#include "core/rng.h"

namespace vitrine {

// Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks",
// AISTATS 2010, equation 16: uniform with variance 2 / (fan in + fan out). Row r draws from stream
// `stream` + r.
inline void GlorotUniform(uint64_t seed, uint64_t stream, MatrixView m) {
  const float limit = std::sqrt(6.0f / static_cast<float>(m.rows + m.cols));
  ParallelFor(m.rows, 64, [&](size_t first, size_t last, size_t) {
    for (size_t r = first; r < last; ++r) {
      Rng rng(seed, stream + r);
      for (size_t c = 0; c < m.cols; ++c) m(r, c) = limit * (2 * rng.Uniform() - 1);
    }
  });
}

}  // namespace vitrine

#endif  // VITRINE_TRAIN_GLOROT_H_
