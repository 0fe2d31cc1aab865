// One Adam step of a whole matrix, over any backend.
#ifndef VITRINE_MODELS_ADAM_STEP_H_
#define VITRINE_MODELS_ADAM_STEP_H_

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

template <class B, class T = typename B::Scalar>
void StepAdam(B& backend, const Adam<T>& adam, const typename B::Matrix& gradient,
              typename B::Matrix& parameter, typename B::Matrix& mean, typename B::Matrix& square) {
  backend.ForEach(parameter.rows(), parameter.cols(),
                  AdamStep<T>{adam, gradient, parameter, mean, square});
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

}  // namespace vitrine

#endif  // VITRINE_MODELS_ADAM_STEP_H_
