#include "train/gan_item_vectors.h"

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <utility>

#include "backend/cpu/cpu_backend.h"
#include "layers/elementwise.h"
#include "models/gan.h"

namespace vitrine {
namespace {

constexpr float kNoShopper = 0.5f;     // added to each count, so that none has a logarithm
constexpr double kFoldInRidge = 1e-3;  // of the mean eigenvalue

// log of the sum over c of exp(logits[c] + bias(0, c)).
float LogSumExp(std::span<const float> logits, const ConstMatrixView& bias) {
  float largest = -std::numeric_limits<float>::infinity();
  for (size_t c = 0; c < logits.size(); ++c) largest = std::max(largest, logits[c] + bias(0, c));
  double sum = 0;
  for (size_t c = 0; c < logits.size(); ++c) sum += std::exp(logits[c] + bias(0, c) - largest);
  return largest + static_cast<float>(std::log(sum));
}

// Gives every row of ones the norm 1.
void ScaleRowsToUnit(Csr& ones) {
  ones.values.clear();
  for (size_t r = 0; r < ones.rows(); ++r) {
    const size_t n = ones.view().Row(r).size();
    ones.values.insert(ones.values.end(), n,
                       static_cast<float>(1 / std::sqrt(static_cast<double>(n))));
  }
}

}  // namespace

GanItemVectors FitItemVectors(const GanShape& shape, const Csr& vectors,
                              const GanGenerator<CpuBackend>& generator, uint64_t seed,
                              size_t tile_rows) {
  const size_t n_items = vectors.rows(), width = shape.generator.back();
  CpuBackend backend;
  Matrix items(n_items, width), bias(1, n_items);
  const size_t tile = std::min(tile_rows, n_items);
  GanActivations<CpuBackend> act(shape, tile);
  Matrix logits(tile, shape.n_items);
  for (size_t first = 0; first < n_items; first += tile) {
    const size_t n = std::min(tile, n_items - first);
    Csr rows{.cols = shape.n_items};
    for (size_t r = first; r < first + n; ++r) {
      const auto shoppers = vectors.view().Row(r);
      rows.indices.insert(rows.indices.end(), shoppers.begin(), shoppers.end());
      rows.EndRow();
    }
    ScaleRowsToUnit(rows);
    const MatrixView sum = items.view().Rows(first, n);
    for (uint32_t draw = 0; draw < kGanServeDraws; ++draw) {
      const std::vector<uint32_t> draws(n, draw);
      GanGenerate(
          backend, shape,
          {.condition = rows, .behaviour = rows, .noise = {seed, kGanServeStream, draws.data()}},
          generator, act);
      AddScaled<CpuBackend, float>(backend, 1.0f / kGanServeDraws,
                                   act.hidden.back().view().Rows(0, n), 1.0f, sum, sum);
    }
    backend.Gemm(Trans::kNo, Trans::kYes, 1, sum, generator.item_table, 0,
                 logits.view().Rows(0, n));
    for (size_t r = 0; r < n; ++r) {
      const auto shoppers = static_cast<float>(vectors.view().Row(first + r).size());
      bias(0, first + r) = std::log(shoppers + kNoShopper) -
                           LogSumExp(logits.view().RowSpan(r), generator.item_bias.view());
    }
  }

  // W ~ S A, by least squares with a light ridge: A = (S^T S + r I)^-1 S^T W.
  Csr histories = Transpose(vectors);
  const size_t n_shoppers = histories.rows();
  ScaleRowsToUnit(histories);
  Matrix sums(n_shoppers, width), square(width, width), product(width, width), map(width, width);
  backend.SparseTimesDense(histories, items, sums);
  backend.Gemm(Trans::kYes, Trans::kNo, 1, sums, sums, 0, square);
  backend.Gemm(Trans::kYes, Trans::kNo, 1, sums, generator.item_table, 0, product);
  const auto in_double = [](const Matrix& m) {
    using Rows = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    return Eigen::MatrixXd(Eigen::Map<const Rows, 0, Eigen::OuterStride<>>(
                               m.data(), static_cast<Eigen::Index>(m.rows()),
                               static_cast<Eigen::Index>(m.cols()),
                               Eigen::OuterStride<>(static_cast<Eigen::Index>(m.stride())))
                               .cast<double>());
  };
  Eigen::MatrixXd normal = in_double(square);
  normal.diagonal().array() += kFoldInRidge * normal.trace() / static_cast<double>(width) + 1e-9;
  const Eigen::MatrixXd solved = normal.ldlt().solve(in_double(product));
  for (size_t r = 0; r < width; ++r) {
    for (size_t c = 0; c < width; ++c) {  // transposed: it is applied as a layer
      map(r, c) =
          static_cast<float>(solved(static_cast<Eigen::Index>(c), static_cast<Eigen::Index>(r)));
    }
  }
  return {std::move(items), std::move(map), std::move(bias)};
}

}  // namespace vitrine
