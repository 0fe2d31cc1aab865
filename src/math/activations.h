// Activation functions and their derivatives, for host and device.
#ifndef VITRINE_MATH_ACTIVATIONS_H_
#define VITRINE_MATH_ACTIVATIONS_H_

#include <cmath>

#include "core/rng.h"

namespace vitrine {

struct Identity {
  template <class T>
  VITRINE_HD T operator()(T x) const {
    return x;
  }
  // The derivative at x, given y = f(x).
  template <class T>
  VITRINE_HD T Derivative(T) const {
    return T{1};
  }
};

struct Tanh {
  template <class T>
  VITRINE_HD T operator()(T x) const {
    return std::tanh(x);
  }
  template <class T>
  VITRINE_HD T Derivative(T y) const {
    return T{1} - y * y;
  }
};

}  // namespace vitrine

#endif  // VITRINE_MATH_ACTIVATIONS_H_
