// Optimizer steps for one parameter, for host and device.
#ifndef VITRINE_MATH_OPTIMIZERS_H_
#define VITRINE_MATH_OPTIMIZERS_H_

#include <cmath>

#include "core/rng.h"

namespace vitrine {

// Kingma and Ba, "Adam: a method for stochastic optimization", ICLR 2015, algorithm 1, with the two
// bias corrections of step t folded into the rate and the epsilon's place kept.
template <class T>
struct Adam {
  T rate = T(1e-3);
  T beta1 = T(0.9);
  T beta2 = T(0.999);
  T epsilon = T(1e-8);
  T correction1 = T(1);  // 1 - beta1^t
  T correction2 = T(1);  // 1 - beta2^t

  // Sets the corrections for step t = 1, 2, ...
  void SetStep(double t) {
    correction1 = static_cast<T>(1.0 - std::pow(static_cast<double>(beta1), t));
    correction2 = static_cast<T>(1.0 - std::pow(static_cast<double>(beta2), t));
  }
  VITRINE_HD void operator()(T& parameter, T gradient, T& mean, T& square) const {
    mean += (T(1) - beta1) * (gradient - mean);
    square += (T(1) - beta2) * (gradient * gradient - square);
    parameter -= rate * (mean / correction1) / (std::sqrt(square / correction2) + epsilon);
  }
};

}  // namespace vitrine

#endif  // VITRINE_MATH_OPTIMIZERS_H_
