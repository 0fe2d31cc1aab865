// Whole-vector operations: scaled sums, and softmax with its loss.
#ifndef VITRINE_KERNELS_VECTOR_OPS_H_
#define VITRINE_KERNELS_VECTOR_OPS_H_

#include <cstddef>
#include <cstdint>

namespace vitrine {

// y += a * x over n values; n a multiple of kRowMultiple.
void Axpy(float a, const float* x, float* y, size_t n);

// Replaces n logits x by softmax(x) * scale and returns log sum exp(x). n > 0, any number.
float SoftmaxInPlace(float* x, size_t n, float scale);

}  // namespace vitrine

#endif  // VITRINE_KERNELS_VECTOR_OPS_H_
