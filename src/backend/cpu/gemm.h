// Dense float matrix products on the CPU, on every thread of core/parallel.h.
#ifndef VITRINE_BACKEND_CPU_GEMM_H_
#define VITRINE_BACKEND_CPU_GEMM_H_

#include <cstdint>
#include <string>

#include "backend/backend.h"
#include "core/matrix.h"

namespace vitrine {

// What the factors of a product are rounded to; sums stay in f32.
enum class Precision : uint8_t { kF32, kBf16 };
inline constexpr const char* kPrecisionNames[] = {"f32", "bf16"};

// Whether this processor has products in bf16.
bool HasBf16();

// out = alpha * op(a) * op(b) + beta * out. Shapes must fit. With beta 0, `out` may hold anything.
// kBf16 only where HasBf16().
void Gemm(Trans trans_a, Trans trans_b, float alpha, const ConstMatrixView& a,
          const ConstMatrixView& b, float beta, const MatrixView& out,
          Precision precision = Precision::kF32);

// Which library does it on this machine, for reports: "OpenBLAS SkylakeX", "Eigen x86-64-v3".
std::string GemmLibrary();

}  // namespace vitrine

#endif  // VITRINE_BACKEND_CPU_GEMM_H_
