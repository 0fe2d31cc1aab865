// Dense float matrix products on the CPU, on every thread of core/parallel.h.
#ifndef VITRINE_BACKEND_CPU_GEMM_H_
#define VITRINE_BACKEND_CPU_GEMM_H_

#include <string>

#include "backend/backend.h"
#include "core/matrix.h"

namespace vitrine {

// out = alpha * op(a) * op(b) + beta * out. Shapes must fit. With beta 0, `out` may hold anything.
void Gemm(Trans trans_a, Trans trans_b, float alpha, const ConstMatrixView& a,
          const ConstMatrixView& b, float beta, const MatrixView& out);

// Which library does it on this machine, for reports: "OpenBLAS SkylakeX", "Eigen x86-64-v3".
std::string GemmLibrary();

}  // namespace vitrine

#endif  // VITRINE_BACKEND_CPU_GEMM_H_
