// Eigen's product under the name VITRINE_GEMM_NAME. The build compiles this file once per level of
// x86-64; renaming Eigen's namespace keeps the linker from folding the levels into one.
#define Eigen VITRINE_EIGEN_NAMESPACE
#include <Eigen/Core>

#include "backend/cpu/gemm_kernel.h"

namespace vitrine {
namespace {

using RowMajor = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using ConstMap = Eigen::Map<const RowMajor, 0, Eigen::OuterStride<>>;
using MutableMap = Eigen::Map<RowMajor, 0, Eigen::OuterStride<>>;

template <class A, class B>
void Multiply(float alpha, const A& a, const B& b, float beta, MutableMap& out) {
  if (beta == 0) {
    out.setZero();
  } else if (beta != 1) {
    out *= beta;
  }
  out.noalias() += alpha * (a * b);
}

}  // namespace

void VITRINE_GEMM_NAME(const GemmShape& s, float alpha, const float* a, const float* b, float beta,
                       float* out) {
  const auto index = [](size_t n) { return static_cast<Eigen::Index>(n); };
  const auto map = [&](Trans trans, size_t rows, size_t cols, const float* data, size_t stride) {
    const bool swap = trans == Trans::kYes;
    return ConstMap(data, index(swap ? cols : rows), index(swap ? rows : cols),
                    Eigen::OuterStride<>(index(stride)));
  };
  const ConstMap ma = map(s.trans_a, s.m, s.k, a, s.lda);
  const ConstMap mb = map(s.trans_b, s.k, s.n, b, s.ldb);
  MutableMap mc(out, index(s.m), index(s.n), Eigen::OuterStride<>(index(s.ldc)));
  if (s.trans_a == Trans::kNo && s.trans_b == Trans::kNo) {
    Multiply(alpha, ma, mb, beta, mc);
  } else if (s.trans_a == Trans::kNo) {
    Multiply(alpha, ma, mb.transpose(), beta, mc);
  } else if (s.trans_b == Trans::kNo) {
    Multiply(alpha, ma.transpose(), mb, beta, mc);
  } else {
    Multiply(alpha, ma.transpose(), mb.transpose(), beta, mc);
  }
}

}  // namespace vitrine
