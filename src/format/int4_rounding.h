// Rounds rows of floats to int4, -7 .. 7 times a scale, so that their products with vectors of a
// known kind change least.
#ifndef VITRINE_FORMAT_INT4_ROUNDING_H_
#define VITRINE_FORMAT_INT4_ROUNDING_H_

#include <Eigen/Core>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/matrix.h"

namespace vitrine {

class Int4Rounding {
 public:
  // For rows of `cols` values. `queries`: vectors (cols values and padding) like those that rows
  // will be multiplied with; where there are none, every value's error counts alike.
  Int4Rounding(const ConstMatrixView& queries, size_t cols);

  // Writes the whole numbers of `row` to `rounded` and returns their scale; 0 for a row of zeros.
  // Value after value, the error of one is made good by those after it, in the measure in which
  // queries have both (Frantar et al., "GPTQ", 2023, whose order is that of the layer's inputs).
  float Round(std::span<const float> row, std::span<int8_t> rounded) const;

 private:
  using Rows = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  // Rounds at a scale; returns how much products change, squared.
  float RoundAt(float scale, const Eigen::RowVectorXf& row, std::span<int8_t> rounded) const;

  std::vector<Eigen::Index> order_;  // columns, those that queries have most of first
  // U with U'U = H^-1, H the second moment of queries in that order; none without queries.
  Rows factor_;
};

}  // namespace vitrine

#endif  // VITRINE_FORMAT_INT4_ROUNDING_H_
