// What the tests of training steps share: random parameters, gradients against finite differences,
// and one backend's matrices against another's. Parts are structs of matrices with a static
// ForEachPart(self, visit(name, matrix)).
#ifndef VITRINE_TESTS_NATIVE_MODELS_GRADIENT_CHECKS_H_
#define VITRINE_TESTS_NATIVE_MODELS_GRADIENT_CHECKS_H_

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "core/matrix.h"
#include "core/rng.h"

namespace vitrine {

template <class Parts>
void Randomize(Parts& parts, uint64_t seed, float deviation) {
  uint64_t part = 0;
  Parts::ForEachPart(parts, [&](const auto&, auto& m) {
    Rng rng(seed, part++);
    for (size_t r = 0; r < m.rows(); ++r) {
      for (size_t c = 0; c < m.cols(); ++c) m(r, c) = deviation * rng.Normal();
    }
  });
}

inline bool EveryPart(const std::string&) { return true; }

struct GradientsChecked {
  size_t places = 0;
  size_t moved = 0;  // with a gradient of more than 1e-4
};

// Moves every other place of the parts of `params` that `is_trained` names by `step`, up and down,
// and expects `loss()`, which reads them, to answer as `grads` say, within `tolerance`.
template <class Parts, class Loss, class IsTrained>
GradientsChecked ExpectGradients(Parts& params, const Parts& grads, double step, double tolerance,
                                 const Loss& loss, const IsTrained& is_trained) {
  std::vector<BasicMatrix<double>*> parts;
  Parts::ForEachPart(params, [&](const auto&, auto& m) { parts.push_back(&m); });
  size_t part = 0;
  GradientsChecked checked;
  Parts::ForEachPart(grads, [&](const auto& name, const auto& gradient) {
    BasicMatrix<double>& m = *parts[part++];
    if (!is_trained(name)) return;
    for (size_t r = 0; r < m.rows(); ++r) {
      for (size_t c = r % 2; c < m.cols(); c += 2) {
        const double value = m(r, c);
        m(r, c) = value + step;
        const double up = loss();
        m(r, c) = value - step;
        const double down = loss();
        m(r, c) = value;
        EXPECT_NEAR(gradient(r, c), (up - down) / (2 * step), tolerance)
            << name << " at " << r << ", " << c;
        ++checked.places;
        checked.moved += std::abs(gradient(r, c)) > 1e-4;
      }
    }
  });
  return checked;
}

// Also that the padding is 0 still.
template <class Parts, class ExpectedParts, class IsTrained>
void ExpectPartsNear(const Parts& parts, const ExpectedParts& expected_parts, double tolerance,
                     const IsTrained& is_trained) {
  std::vector<const BasicMatrix<double>*> expected;
  ExpectedParts::ForEachPart(expected_parts,
                             [&](const auto&, const auto& m) { expected.push_back(&m); });
  size_t part = 0;
  Parts::ForEachPart(parts, [&](const auto& name, const Matrix& m) {
    const auto& e = *expected[part++];
    if (!is_trained(name)) return;
    for (size_t r = 0; r < m.rows(); ++r) {
      for (size_t c = 0; c < m.cols(); ++c) {
        EXPECT_NEAR(m(r, c), e(r, c), tolerance) << name << " at " << r << ", " << c;
      }
      for (size_t c = m.cols(); c < m.stride(); ++c) EXPECT_EQ(m.Row(r)[c], 0.0f) << name;
    }
  });
}

}  // namespace vitrine

#endif  // VITRINE_TESTS_NATIVE_MODELS_GRADIENT_CHECKS_H_
