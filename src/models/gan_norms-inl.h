// The body of gan_norms.h; included by the one file per backend that instantiates it.
#ifndef VITRINE_MODELS_GAN_NORMS_INL_H_
#define VITRINE_MODELS_GAN_NORMS_INL_H_

#include <cmath>

#include "models/gan_norms.h"

namespace vitrine {

// Length of the one row of `in`.
template <class T>
struct RowLength {
  BasicMatrixView<const T> in;
  BasicMatrixView<T> length;  // 1 x 1
  VITRINE_HD void operator()(size_t) const {
    T sum = 0;
    for (size_t c = 0; c < in.cols; ++c) sum += in(0, c) * in(0, c);
    length(0, 0) = std::sqrt(sum);
  }
};

// Divides by a length on the device, or by one where that is less than `least`.
template <class T>
struct DivideByLength {
  BasicMatrixView<const T> length;  // 1 x 1
  T least;
  BasicMatrixView<T> out;
  VITRINE_HD void operator()(size_t r, size_t c) const {
    if (length(0, 0) > least) out(r, c) /= length(0, 0);
  }
};

template <class B, class Visit>
void ForEachWeight(GanDiscriminator<B>& d, const Visit& visit) {
  if (d.condition_table.rows() > 0) visit(d.condition_table);
  visit(d.behaviour_table);
  for (auto& weight : d.layers.weights) visit(weight);
}

template <class T>
struct FillOnes {
  BasicMatrixView<T> out;
  VITRINE_HD void operator()(size_t r, size_t c) const { out(r, c) = T{1}; }
};

template <class B>
GanNorms<B>::GanNorms(B& backend, GanDiscriminator<B>& discriminator) {
  ForEachWeight(discriminator, [&](auto& weight) {
    left.emplace_back(1, weight.rows());
    right.emplace_back(1, weight.cols());
    length.emplace_back(1, 1);
    backend.ForEach(1, weight.rows(), FillOnes<typename B::Scalar>{left.back()});
  });
}

template <class B>
void LimitNorms(B& backend, GanNorms<B>& norms, GanDiscriminator<B>& discriminator) {
  using T = typename B::Scalar;
  size_t i = 0;
  ForEachWeight(discriminator, [&](auto& weight) {
    auto& left = norms.left[i];
    auto& right = norms.right[i];
    auto& length = norms.length[i++];
    const auto normalize = [&](auto& vector) {
      backend.ForEachRow(1, vector.cols(), RowLength<T>{vector, length});
      backend.ForEach(1, vector.cols(), DivideByLength<T>{length, T{0}, vector});
    };
    backend.Gemm(Trans::kNo, Trans::kNo, T{1}, left, weight, T{0}, right);
    normalize(right);
    backend.Gemm(Trans::kNo, Trans::kYes, T{1}, right, weight, T{0}, left);
    normalize(left);
    backend.ForEach(weight.rows(), weight.cols(), DivideByLength<T>{length, T{1}, weight});
  });
}

}  // namespace vitrine

#endif  // VITRINE_MODELS_GAN_NORMS_INL_H_
