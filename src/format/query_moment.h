// What vectors that rows are multiplied with say of errors in the rows: which columns go together.
#ifndef VITRINE_FORMAT_QUERY_MOMENT_H_
#define VITRINE_FORMAT_QUERY_MOMENT_H_

#include <Eigen/Core>
#include <cmath>
#include <cstddef>

#include "core/matrix.h"

namespace vitrine {

// Beside those of products, the share of the errors of the rows themselves, which an encoder may
// read.
inline constexpr double kOwnShare = 0.1;

// The second moment (cols x cols) of `queries` (cols values each, and padding) as a share of its
// trace; empty where they have nothing to say, or there are none.
inline Eigen::MatrixXd QueryMoment(const ConstMatrixView& queries, size_t cols) {
  if (queries.rows == 0) return {};
  const auto n = static_cast<Eigen::Index>(cols);
  Eigen::MatrixXd moment = Eigen::MatrixXd::Zero(n, n);
  for (size_t r = 0; r < queries.rows; ++r) {
    const Eigen::RowVectorXd query =
        Eigen::Map<const Eigen::RowVectorXf>(queries.Row(r), n).cast<double>();
    moment += query.transpose() * query;
  }
  const double trace = moment.trace();
  if (!(trace > 0) || !std::isfinite(trace)) return {};
  return moment / trace;
}

}  // namespace vitrine

#endif  // VITRINE_FORMAT_QUERY_MOMENT_H_
