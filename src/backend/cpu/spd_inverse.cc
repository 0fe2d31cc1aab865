#include "backend/cpu/spd_inverse.h"

#include <Eigen/Cholesky>

#include "backend/cpu/gemm.h"

namespace vitrine {
namespace {

constexpr size_t kDirect = 256;  // up to here Cholesky, in double

Status InvertDirectly(MatrixView a) {
  const auto n = static_cast<Eigen::Index>(a.rows);
  Eigen::MatrixXd m(n, n);
  for (Eigen::Index r = 0; r < n; ++r) {
    for (Eigen::Index c = 0; c < n; ++c) m(r, c) = a(r, c);
  }
  const Eigen::LLT<Eigen::MatrixXd> cholesky(m);
  if (cholesky.info() != Eigen::Success) {
    return {ErrorCode::kInvalidArgument,
            "the item-item matrix is not positive definite; use a larger --lambda"};
  }
  m = cholesky.solve(Eigen::MatrixXd::Identity(n, n));
  for (Eigen::Index r = 0; r < n; ++r) {
    for (Eigen::Index c = 0; c < n; ++c) a(r, c) = static_cast<float>(m(r, c));
  }
  return {};
}

MatrixView Block(MatrixView a, size_t row, size_t col, size_t rows, size_t cols) {
  return {a.Row(row) + col, rows, cols, a.stride};
}

}  // namespace

// With a = [A B; B' C], P = inverse(A) and S = C - B' P B, the inverse is
// [P + P B Q B' P, -P B Q; -(P B Q)', Q] where Q = inverse(S).
Status InvertSpd(MatrixView a) {
  const size_t n = a.rows;
  if (n <= kDirect) return InvertDirectly(a);
  const size_t half = RoundUp(n / 2, kRowMultiple);
  const size_t rest = n - half;
  const MatrixView upper_left = Block(a, 0, 0, half, half);
  const MatrixView upper_right = Block(a, 0, half, half, rest);
  const MatrixView lower_left = Block(a, half, 0, rest, half);
  const MatrixView lower_right = Block(a, half, half, rest, rest);

  VITRINE_RETURN_IF_ERROR(InvertSpd(upper_left));  // P
  Matrix pb(half, rest);
  Gemm(Trans::kNo, Trans::kNo, 1, upper_left, upper_right, 0, pb);
  Gemm(Trans::kYes, Trans::kNo, -1, upper_right, pb, 1, lower_right);  // S
  VITRINE_RETURN_IF_ERROR(InvertSpd(lower_right));                     // Q
  Gemm(Trans::kNo, Trans::kNo, -1, pb, lower_right, 0, upper_right);   // -P B Q
  Gemm(Trans::kNo, Trans::kYes, -1, upper_right, pb, 1, upper_left);
  for (size_t r = 0; r < half; ++r) {
    for (size_t c = 0; c < rest; ++c) lower_left(c, r) = upper_right(r, c);
  }
  return {};
}

}  // namespace vitrine
