// Activation functions and their derivatives, for host and device.
#ifndef VITRINE_MATH_ACTIVATIONS_H_
#define VITRINE_MATH_ACTIVATIONS_H_

#include <cmath>

#include "math/exponential.h"

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

// Maas, Hannun and Ng, "Rectifier nonlinearities improve neural network acoustic models", 2013;
// with slope 0 the plain rectifier.
struct LeakyRectifier {
  float slope = 0;  // below 0
  template <class T>
  VITRINE_HD T operator()(T x) const {
    return x > T{0} ? x : static_cast<T>(slope) * x;
  }
  template <class T>
  VITRINE_HD T Derivative(T y) const {
    return y > T{0} ? T{1} : static_cast<T>(slope);
  }
};

struct Logistic {
  template <class T>
  VITRINE_HD T operator()(T x) const {
    return T{1} / (T{1} + Exp(-x));
  }
  template <class T>
  VITRINE_HD T Derivative(T y) const {
    return y * (T{1} - y);
  }
};

// x times the logistic function of x. Its derivative needs x itself.
struct Swish {
  template <class T>
  VITRINE_HD T operator()(T x) const {
    return x / (T{1} + Exp(-x));
  }
  template <class T>
  VITRINE_HD T DerivativeAt(T x) const {
    const T share = T{1} / (T{1} + Exp(-x));
    return share * (T{1} + x * (T{1} - share));
  }
};

// The normal distribution function.
VITRINE_HD inline double NormalDistribution(double x) {
  return 0.5 * (1 + std::erf(x * 0.7071067811865476));
}
// Abramowitz and Stegun, "Handbook of mathematical functions", 7.1.26; within 1e-7. Less code and
// time than the library's, and the same on every machine.
VITRINE_HD inline float NormalDistribution(float x) {
  const float z = std::abs(x) * 0.70710678f;
  const float t = 1 / (1 + 0.3275911f * z);
  const float poly =
      t * (0.254829592f +
           t * (-0.284496736f + t * (1.421413741f + t * (-1.453152027f + t * 1.061405429f))));
  const float tail = 0.5f * poly * Exp(-z * z);
  return x < 0 ? tail : 1 - tail;
}

// Hendrycks and Gimpel, "Gaussian error linear units", 2016: x times the normal distribution
// function. Its derivative needs x itself.
struct Gelu {
  template <class T>
  VITRINE_HD T operator()(T x) const {
    return x * NormalDistribution(x);
  }
  template <class T>
  VITRINE_HD T DerivativeAt(T x) const {
    return NormalDistribution(x) + x * T(0.3989422804014327) * Exp(T(-0.5) * x * x);
  }
};

}  // namespace vitrine

#endif  // VITRINE_MATH_ACTIVATIONS_H_
