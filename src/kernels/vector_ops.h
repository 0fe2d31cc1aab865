// Whole-vector operations: scaled sums, softmax with its loss, tanh.
#ifndef VITRINE_KERNELS_VECTOR_OPS_H_
#define VITRINE_KERNELS_VECTOR_OPS_H_

#include <cstddef>
#include <cstdint>

namespace vitrine {

// y += a * x over n values; n a multiple of kRowMultiple.
void Axpy(float a, const float* x, float* y, size_t n);

// Replaces n logits x by softmax(x) * scale and returns log sum exp(x). n > 0, any number.
float SoftmaxInPlace(float* x, size_t n, float scale);

// Replaces n values by their hyperbolic tangents. `x` holds PaddedDim(n) values; padding of 0
// stays.
void TanhInPlace(float* x, size_t n);

// Replaces n values by Gelu of them; n a multiple of kRowMultiple.
void GeluInPlace(float* x, size_t n);

// Layer normalisation in place, gain * (x - mean) / sqrt(variance + epsilon) + bias, of n > 0
// values. `x` holds PaddedDim(n) values, its padding 0.
void Normalize(const float* gain, const float* bias, size_t n, float epsilon, float* x);

}  // namespace vitrine

#endif  // VITRINE_KERNELS_VECTOR_OPS_H_
