#include "format/int4_rounding.h"

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "format/query_moment.h"

namespace vitrine {
namespace {

constexpr int kMost = 7;
// Of the scale at which no product counts: larger errors that make up for each other want less.
constexpr float kScales[] = {0.9f, 1.0f, 1.1f, 1.2f};

int8_t Nearest(float value, float scale) {
  return static_cast<int8_t>(
      std::clamp(static_cast<int>(std::lround(value / scale)), -kMost, kMost));
}

// The scale at which the squares of the errors add up to least, of some that let the largest
// magnitudes be cut off.
float LeastSquaresScale(std::span<const float> row) {
  float whole = 0;
  for (const float value : row) whole = std::max(whole, std::abs(value) / kMost);
  float best = whole;
  double least = std::numeric_limits<double>::infinity();
  for (int step = 0; step < 24 && whole > 0; ++step) {
    const float scale = whole * (1 - 0.025f * static_cast<float>(step));
    double error = 0;
    for (const float value : row) {
      const double off = value - scale * static_cast<float>(Nearest(value, scale));
      error += off * off;
    }
    if (error < least) {
      least = error;
      best = scale;
    }
  }
  return best;
}

}  // namespace

Int4Rounding::Int4Rounding(const ConstMatrixView& queries, size_t cols) : order_(cols) {
  std::iota(order_.begin(), order_.end(), 0);
  const Eigen::MatrixXd moment = QueryMoment(queries, cols);
  if (moment.size() == 0) return;
  const Eigen::Index n = moment.rows();
  std::ranges::stable_sort(order_, std::greater<>(), [&](Eigen::Index c) { return moment(c, c); });
  Eigen::MatrixXd ordered(n, n);
  for (Eigen::Index r = 0; r < n; ++r) {
    for (Eigen::Index c = 0; c < n; ++c) {
      ordered(r, c) = moment(order_[static_cast<size_t>(r)], order_[static_cast<size_t>(c)]);
    }
  }
  ordered.diagonal().array() += kOwnShare / static_cast<double>(n);
  const Eigen::MatrixXd inverse = ordered.llt().solve(Eigen::MatrixXd::Identity(n, n));
  factor_ = Eigen::MatrixXd(inverse.llt().matrixU()).cast<float>();
}

float Int4Rounding::RoundAt(float scale, const Eigen::RowVectorXf& row,
                            std::span<int8_t> rounded) const {
  Eigen::RowVectorXf left(row.size());
  for (Eigen::Index i = 0; i < row.size(); ++i) left[i] = row[order_[static_cast<size_t>(i)]];
  float changed = 0;
  for (Eigen::Index i = 0; i < row.size(); ++i) {
    const int8_t whole = Nearest(left[i], scale);
    rounded[static_cast<size_t>(order_[static_cast<size_t>(i)])] = whole;
    const float off = (left[i] - scale * static_cast<float>(whole)) / factor_(i, i);
    changed += off * off;
    const Eigen::Index after = row.size() - i - 1;
    left.tail(after) -= off * factor_.row(i).tail(after);
  }
  return changed;
}

float Int4Rounding::Round(std::span<const float> row, std::span<int8_t> rounded) const {
  const float alone = LeastSquaresScale(row);
  if (factor_.size() == 0 || alone == 0) {
    for (size_t c = 0; c < row.size(); ++c) rounded[c] = alone > 0 ? Nearest(row[c], alone) : 0;
    return alone;
  }
  const Eigen::Map<const Eigen::RowVectorXf> values(row.data(),
                                                    static_cast<Eigen::Index>(row.size()));
  float best = alone, least = std::numeric_limits<float>::infinity();
  std::vector<int8_t> tried(row.size());
  for (const float share : kScales) {
    const float changed = RoundAt(share * alone, values, tried);
    if (!(changed < least)) continue;
    least = changed;
    best = share * alone;
    std::ranges::copy(tried, rounded.begin());
  }
  return best;
}

}  // namespace vitrine
