// Optimizer steps of whole matrices and of all parts of a model, over any backend.
#ifndef VITRINE_MODELS_ADAM_STEP_H_
#define VITRINE_MODELS_ADAM_STEP_H_

#include <algorithm>
#include <cstdint>
#include <vector>

#include "core/matrix.h"
#include "core/rng.h"
#include "math/optimizers.h"

namespace vitrine {

template <class T>
struct AdamStep {
  Adam<T> adam;
  BasicMatrixView<const T> gradient;
  BasicMatrixView<T> parameter, mean, square;
  VITRINE_HD void operator()(size_t r, size_t c) const {
    adam(parameter(r, c), gradient(r, c), mean(r, c), square(r, c));
  }
};

template <class B>
void StepAdam(B& backend, const Adam<typename B::Scalar>& adam,
              const BasicMatrixView<const typename B::Scalar>& gradient,
              const BasicMatrixView<typename B::Scalar>& parameter,
              const BasicMatrixView<typename B::Scalar>& mean,
              const BasicMatrixView<typename B::Scalar>& square) {
  backend.ForEach(parameter.rows, parameter.cols,
                  AdamStep<typename B::Scalar>{adam, gradient, parameter, mean, square});
}

// One Adam step of every part of a struct of matrices that has a static ForEachPart(self, visit).
template <class B, class Parts>
void StepAdamOfAll(B& backend, const Adam<typename B::Scalar>& adam, const Parts& grads,
                   Parts& params, Parts& mean, Parts& square) {
  using Part = typename B::Matrix;
  std::vector<const Part*> gradients;
  std::vector<Part*> means, squares;
  const auto collect = [](auto& into) {
    return [&into](const auto&, auto& matrix) { into.push_back(&matrix); };
  };
  Parts::ForEachPart(grads, collect(gradients));
  Parts::ForEachPart(mean, collect(means));
  Parts::ForEachPart(square, collect(squares));
  size_t i = 0;
  Parts::ForEachPart(params, [&](const auto&, Part& parameter) {
    StepAdam(backend, adam, *gradients[i], parameter, *means[i], *squares[i]);
    ++i;
  });
}

template <class T>
struct MoveTowards {
  T share;
  BasicMatrixView<const T> parameter;
  BasicMatrixView<T> average;
  VITRINE_HD void operator()(size_t r, size_t c) const {
    average(r, c) += share * (parameter(r, c) - average(r, c));
  }
};

// A running average of the parameters after step t = 1, 2, ...: Polyak and Juditsky, "Acceleration
// of stochastic approximation by averaging", 1992, with exponential weights. The first steps, when
// there is little to average, weigh more.
template <class B, class Parts>
void UpdateAverage(B& backend, double decay, uint64_t t, const Parts& params, Parts& average) {
  using T = typename B::Scalar;
  using Part = typename B::Matrix;
  const auto n = static_cast<double>(t);
  const T share = static_cast<T>(1 - std::min(decay, (1 + n) / (10 + n)));
  std::vector<Part*> averages;
  Parts::ForEachPart(average, [&](const auto&, Part& m) { averages.push_back(&m); });
  size_t i = 0;
  Parts::ForEachPart(params, [&](const auto&, const Part& m) {
    backend.ForEach(m.rows(), m.cols(), MoveTowards<T>{share, m, *averages[i++]});
  });
}

}  // namespace vitrine

#endif  // VITRINE_MODELS_ADAM_STEP_H_
