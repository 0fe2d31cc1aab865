// What happens place by place between the products: activations, sums, dropout.
#ifndef VITRINE_LAYERS_ELEMENTWISE_H_
#define VITRINE_LAYERS_ELEMENTWISE_H_

#include "backend/backend.h"
#include "core/rng.h"

namespace vitrine {

template <class T, class Activation>
struct Activate {
  BasicMatrixView<const T> in;
  BasicMatrixView<T> out;
  Activation activation;
  VITRINE_HD void operator()(size_t r, size_t c) const { out(r, c) = activation(in(r, c)); }
};

template <class T, class Activation>
struct MultiplyDerivativeAt {
  BasicMatrixView<const T> in;
  BasicMatrixView<T> d_out;
  Activation activation;
  VITRINE_HD void operator()(size_t r, size_t c) const {
    d_out(r, c) *= activation.DerivativeAt(in(r, c));
  }
};

template <class T>
struct WeightedSum {
  T a, b;
  BasicMatrixView<const T> x, y;
  BasicMatrixView<T> out;
  VITRINE_HD void operator()(size_t r, size_t c) const { out(r, c) = a * x(r, c) + b * y(r, c); }
};

template <class T>
struct PlaceProduct {
  BasicMatrixView<const T> x, y;
  BasicMatrixView<T> out;
  VITRINE_HD void operator()(size_t r, size_t c) const { out(r, c) = x(r, c) * y(r, c); }
};

// out = activation(in).
template <class B, class Activation, class T = typename B::Scalar>
void ActivationForward(B& backend, const BasicMatrixView<const T>& in, Activation activation,
                       const BasicMatrixView<T>& out) {
  backend.ForEach(out.rows, out.cols, Activate<T, Activation>{in, out, activation});
}

// d_out becomes the gradient before the activation, given the layer's input.
template <class B, class Activation, class T = typename B::Scalar>
void ActivationBackwardAt(B& backend, const BasicMatrixView<const T>& in, Activation activation,
                          const BasicMatrixView<T>& d_out) {
  backend.ForEach(d_out.rows, d_out.cols,
                  MultiplyDerivativeAt<T, Activation>{in, d_out, activation});
}

// out = a x + b y; out may be x or y.
template <class B, class T = typename B::Scalar>
void AddScaled(B& backend, T a, const BasicMatrixView<const T>& x, T b,
               const BasicMatrixView<const T>& y, const BasicMatrixView<T>& out) {
  backend.ForEach(out.rows, out.cols, WeightedSum<T>{a, b, x, y, out});
}

// out = x * y, place by place; out may be x or y.
template <class B, class T = typename B::Scalar>
void Multiply(B& backend, const BasicMatrixView<const T>& x, const BasicMatrixView<const T>& y,
              const BasicMatrixView<T>& out) {
  backend.ForEach(out.rows, out.cols, PlaceProduct<T>{x, y, out});
}

// Which places a step drops, as a share: Srivastava et al., "Dropout", JMLR 2014. What is kept is
// scaled up to keep its expectation.
struct Dropout {
  float share = 0;
  uint64_t seed = 0;
  uint64_t stream = 0;  // of the step and the place in the network
};

template <class T>
struct DrawMask {
  Dropout dropout;
  BasicMatrixView<T> mask;
  VITRINE_HD void operator()(size_t r) const {
    const T kept = T{1} / (T{1} - static_cast<T>(dropout.share));
    for (size_t c = 0; c < mask.cols; c += 4) {
      const auto bits = RandomBits(dropout.seed, dropout.stream, uint64_t{r} << 32 | c);
      for (size_t i = 0; i < 4 && c + i < mask.cols; ++i) {
        mask(r, c + i) = ToUniform(bits[i]) < dropout.share ? T{0} : kept;
      }
    }
  }
};

// mask = 0 for what is dropped, 1 / (1 - share) for what is kept.
template <class B, class T = typename B::Scalar>
void DrawDropout(B& backend, const Dropout& dropout, const BasicMatrixView<T>& mask) {
  backend.ForEachRow(mask.rows, 8 * mask.cols, DrawMask<T>{dropout, mask});
}

}  // namespace vitrine

#endif  // VITRINE_LAYERS_ELEMENTWISE_H_
