// One thread's dense product, as each library gives it. The leading dimensions are row strides.
#ifndef VITRINE_BACKEND_CPU_GEMM_KERNEL_H_
#define VITRINE_BACKEND_CPU_GEMM_KERNEL_H_

#include <cstddef>

#include "backend/backend.h"

namespace vitrine {

struct GemmShape {
  Trans trans_a, trans_b;
  size_t m, n, k;        // out is m x n, k is summed over
  size_t lda, ldb, ldc;  // row strides of a, b and out, in floats
};

using GemmKernel = void (*)(const GemmShape& shape, float alpha, const float* a, const float* b,
                            float beta, float* out);

// Eigen, compiled once per level of x86-64 (gemm_eigen.cc); elsewhere only the base exists.
void GemmEigenBase(const GemmShape& shape, float alpha, const float* a, const float* b, float beta,
                   float* out);
#if defined(VITRINE_X86_LEVELS)
void GemmEigenV3(const GemmShape& shape, float alpha, const float* a, const float* b, float beta,
                 float* out);
void GemmEigenV4(const GemmShape& shape, float alpha, const float* a, const float* b, float beta,
                 float* out);

// Factors rounded to bf16; for processors with AVX512_BF16 alone (gemm_bf16.cc).
void GemmBf16(const GemmShape& shape, float alpha, const float* a, const float* b, float beta,
              float* out);
#endif

}  // namespace vitrine

#endif  // VITRINE_BACKEND_CPU_GEMM_KERNEL_H_
