// The softmax over a target and a sample of the other classes, in place of all of them: Blanc and
// Rendle, "Adaptive sampled softmax with kernel based sampling", ICML 2018, equations 2 and 3.
// Forward beside backward, over any backend.
//
// All rows of a batch share the sample. A drawn class's logit loses the logarithm of how often it
// was to be drawn, so that the normaliser estimates that of the whole softmax; a draw that is a
// row's own target counts nothing there.
#ifndef VITRINE_LAYERS_SAMPLED_SOFTMAX_H_
#define VITRINE_LAYERS_SAMPLED_SOFTMAX_H_

#include <cstdint>

#include "backend/backend.h"

namespace vitrine {

// In the backend's memory.
struct ClassSample {
  const uint32_t* targets = nullptr;  // a class per row
  const uint32_t* drawn = nullptr;    // `size` classes
  const float* correction = nullptr;  // of each: -log(size * its probability)
  size_t size = 0;
};

// Column 0 of the logits: the target's.
template <class T>
struct TargetLogit {
  BasicMatrixView<const T> x, target;  // n x dim
  BasicMatrixView<T> logits;
  VITRINE_HD void operator()(size_t r) const {
    T sum = 0;
    for (size_t c = 0; c < x.cols; ++c) sum += x(r, c) * target(r, c);
    logits(r, 0) = sum;
  }
};

template <class T>
struct CorrectLogit {
  ClassSample sample;
  BasicMatrixView<T> logits;  // n x size
  VITRINE_HD void operator()(size_t r, size_t c) const {
    constexpr T kNever = T(-1e30);
    const bool is_target = sample.drawn[c] == sample.targets[r];
    logits(r, c) = is_target ? kNever : logits(r, c) + static_cast<T>(sample.correction[c]);
  }
};

template <class T>
struct TargetGradient {
  BasicMatrixView<const T> d_logits, x, target;
  BasicMatrixView<T> d_x, d_target;
  VITRINE_HD void operator()(size_t r, size_t c) const {
    d_x(r, c) += d_logits(r, 0) * target(r, c);
    d_target(r, c) = d_logits(r, 0) * x(r, c);
  }
};

// logits (n x (1 + size)) of x (n x dim): first the row's target, then the sample. `target` (n x
// dim) and `drawn` (size x dim) are the vectors of the classes.
template <class B, class T = typename B::Scalar>
void SampledLogits(B& backend, const ClassSample& sample, const BasicMatrixView<const T>& x,
                   const BasicMatrixView<const T>& target, const BasicMatrixView<const T>& drawn,
                   const BasicMatrixView<T>& logits) {
  const BasicMatrixView<T> others = logits.Columns(1, sample.size);
  backend.Gemm(Trans::kNo, Trans::kYes, T{1}, x, drawn, T{0}, others);
  backend.ForEach(others.rows, others.cols, CorrectLogit<T>{sample, others});
  backend.ForEachRow(x.rows, x.cols, TargetLogit<T>{x, target, logits});
}

// The gradients of all three.
template <class B, class T = typename B::Scalar>
void SampledLogitsBackward(B& backend, const BasicMatrixView<const T>& d_logits,
                           const BasicMatrixView<const T>& x,
                           const BasicMatrixView<const T>& target,
                           const BasicMatrixView<const T>& drawn, const BasicMatrixView<T>& d_x,
                           const BasicMatrixView<T>& d_target, const BasicMatrixView<T>& d_drawn) {
  const BasicMatrixView<const T> others = d_logits.Columns(1, drawn.rows);
  backend.Gemm(Trans::kNo, Trans::kNo, T{1}, others, drawn, T{0}, d_x);
  backend.Gemm(Trans::kYes, Trans::kNo, T{1}, others, x, T{0}, d_drawn);
  backend.ForEach(x.rows, x.cols, TargetGradient<T>{d_logits, x, target, d_x, d_target});
}

}  // namespace vitrine

#endif  // VITRINE_LAYERS_SAMPLED_SOFTMAX_H_
