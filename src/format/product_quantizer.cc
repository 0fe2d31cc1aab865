#include "format/product_quantizer.h"

#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <Eigen/Eigenvalues>
#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

#include "core/parallel.h"
#include "core/rng.h"
#include "format/query_moment.h"

namespace vitrine {
namespace {

using Rows = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

constexpr uint64_t kSeed = 1;
constexpr size_t kMostSample = 1 << 15;  // rows that the codebook is learned from
constexpr size_t kBlock = 64;            // rows whose costs lie in the second cache
constexpr int kMeansRounds = 6, kLearnRounds = 8;
constexpr int kLearnTries = 2, kFinalTries = 4;  // of each row, from disturbed codes
constexpr int kSweeps = 4;                       // through the parts, at most, for one try

Eigen::Index Index(size_t i) { return static_cast<Eigen::Index>(i); }

Eigen::Map<const Rows, 0, Eigen::OuterStride<>> MapOf(const ConstMatrixView& m) {
  return {m.data, Index(m.rows), Index(m.cols), Eigen::OuterStride<>(Index(m.stride))};
}

// The codebook while codes are chosen. With x a row, c_p the entries that its codes name,
//   |x - sum c_p|^2 = |x|^2 + sum over p of (|c_p|^2 - 2 <x, c_p>)
//                           + sum over p < q of 2 <c_p, c_q>.
struct Codebook {
  size_t parts, entries;
  Rows rows;     // parts * entries x cols
  Rows doubled;  // 2 rows * rows^T

  size_t At(size_t part, size_t code) const { return part * entries + code; }
  void Pair() { doubled.noalias() = 2 * rows * rows.transpose(); }
};

// Codes of up to kBlock rows, improved together, so that a part's pairs are read from the cache.
class BlockEncoder {
 public:
  BlockEncoder(const Codebook& book, const Eigen::Ref<const Rows>& x) : book_(book) {
    unary_.noalias() = -2 * x * book.rows.transpose();
    unary_.rowwise() += 0.5f * book.doubled.diagonal().transpose();
  }

  // One part after the other, to what is there already.
  void Start(uint8_t* codes) {
    for (size_t part = 0; part < book_.parts; ++part) Choose(part, 0, part, codes);
  }

  // `first_row`: of the table, for draws that do not depend on the blocks.
  void Improve(size_t first_row, int tries, uint8_t* codes) {
    const auto n = static_cast<size_t>(unary_.rows());
    Settle(codes);
    std::vector<uint8_t> tried(codes, codes + n * book_.parts);
    for (int attempt = 0; attempt < tries; ++attempt) {
      for (size_t r = 0; r < n; ++r) {
        uint8_t* own = &tried[r * book_.parts];
        std::copy_n(codes + r * book_.parts, book_.parts, own);
        Rng rng(kSeed + 1 + static_cast<uint64_t>(attempt), first_row + r);
        for (size_t i = 0; i < book_.parts / 4 + 1; ++i) {
          const uint32_t part = rng.Below(static_cast<uint32_t>(book_.parts));
          own[part] = static_cast<uint8_t>(rng.Below(static_cast<uint32_t>(book_.entries)));
        }
      }
      Settle(tried.data());
      for (size_t r = 0; r < n; ++r) {
        uint8_t* own = codes + r * book_.parts;
        const uint8_t* other = &tried[r * book_.parts];
        if (Cost(r, other) < Cost(r, own)) std::copy_n(other, book_.parts, own);
      }
    }
  }

 private:
  // Sets code `part` of every row to the best beside those of the parts [first, last).
  bool Choose(size_t part, size_t first, size_t last, uint8_t* codes) {
    costs_ = unary_.middleCols(Index(book_.At(part, 0)), Index(book_.entries));
    for (size_t other = first; other < last; ++other) {
      if (other == part) continue;
      for (Eigen::Index r = 0; r < costs_.rows(); ++r) {
        const size_t code = codes[static_cast<size_t>(r) * book_.parts + other];
        costs_.row(r) += book_.doubled.row(Index(book_.At(other, code)))
                             .segment(Index(book_.At(part, 0)), Index(book_.entries));
      }
    }
    bool changed = false;
    for (Eigen::Index r = 0; r < costs_.rows(); ++r) {
      Eigen::Index least;
      costs_.row(r).minCoeff(&least);
      const size_t at = static_cast<size_t>(r) * book_.parts + part;
      changed |= codes[at] != static_cast<uint8_t>(least);
      codes[at] = static_cast<uint8_t>(least);
    }
    return changed;
  }

  void Settle(uint8_t* codes) {
    bool changed = true;
    for (int sweep = 0; sweep < kSweeps && changed; ++sweep) {
      changed = false;
      for (size_t part = 0; part < book_.parts; ++part) {
        changed |= Choose(part, 0, book_.parts, codes);
      }
    }
  }

  float Cost(size_t r, const uint8_t* codes) const {
    float cost = 0;
    for (size_t p = 0; p < book_.parts; ++p) {
      const Eigen::Index at = Index(book_.At(p, codes[p]));
      cost += unary_(Index(r), at);
      for (size_t q = 0; q < p; ++q) cost += book_.doubled(at, Index(book_.At(q, codes[q])));
    }
    return cost;
  }

  const Codebook& book_;
  Rows unary_;  // rows x parts * entries: the first sum above
  Rows costs_;  // rows x entries
};

// `fresh`: the codes are still to be made.
void Encode(const Codebook& book, const Rows& table, bool fresh, int tries, uint8_t* codes) {
  ParallelForDynamic(static_cast<size_t>(table.rows()), kBlock, [&](size_t first, size_t last) {
    BlockEncoder encoder(book, table.middleRows(Index(first), Index(last - first)));
    uint8_t* own = codes + first * book.parts;
    if (fresh) encoder.Start(own);
    encoder.Improve(first, tries, own);
  });
}

// Sets part `part` of the book to weighted means of what the parts before it leave over (`rest`),
// and takes them from it.
void FindMeans(size_t part, std::span<const float> weights, Rows& rest, Codebook& book) {
  const auto n = static_cast<size_t>(rest.rows());
  auto means = book.rows.middleRows(Index(book.At(part, 0)), Index(book.entries));
  Rng rng(kSeed, part);
  for (Eigen::Index k = 0; k < means.rows(); ++k) {
    means.row(k) = rest.row(Index(rng.Below(static_cast<uint32_t>(n))));
  }
  std::vector<Eigen::Index> nearest(n);
  for (int round = 0; round <= kMeansRounds; ++round) {
    const Eigen::RowVectorXf squares = 0.5f * means.rowwise().squaredNorm().transpose();
    ParallelForDynamic(n, 4 * kBlock, [&](size_t first, size_t last) {
      Rows costs = -rest.middleRows(Index(first), Index(last - first)) * means.transpose();
      costs.rowwise() += squares;
      for (size_t r = first; r < last; ++r) costs.row(Index(r - first)).minCoeff(&nearest[r]);
    });
    if (round == kMeansRounds) break;
    Rows sums = Rows::Zero(means.rows(), means.cols());
    Eigen::VectorXf counts = Eigen::VectorXf::Zero(means.rows());
    for (size_t r = 0; r < n; ++r) {
      sums.row(nearest[r]) += weights[r] * rest.row(Index(r));
      counts[nearest[r]] += weights[r];
    }
    for (Eigen::Index k = 0; k < means.rows(); ++k) {
      if (counts[k] > 0) means.row(k) = sums.row(k) / counts[k];
    }
  }
  for (size_t r = 0; r < n; ++r) rest.row(Index(r)) -= means.row(nearest[r]);
}

// The codebook of least weighted square error for these codes, held to the one before where they
// say little: (B^T W B + lambda) C = B^T W X + lambda C', B having a 1 for every code of a row.
void FitCodebook(const Rows& sample, std::span<const float> weights, const uint8_t* codes,
                 Codebook& book) {
  const Eigen::Index n_entries = book.rows.rows();
  Eigen::MatrixXd pairs = Eigen::MatrixXd::Zero(n_entries, n_entries);
  Eigen::MatrixXd sums = Eigen::MatrixXd::Zero(n_entries, book.rows.cols());
  double total = 0;
  for (size_t r = 0; r < weights.size(); ++r) {
    const uint8_t* own = codes + r * book.parts;
    const double weight = weights[r];
    total += weight;
    for (size_t p = 0; p < book.parts; ++p) {
      const Eigen::Index at = Index(book.At(p, own[p]));
      sums.row(at) += weight * sample.row(Index(r)).cast<double>();
      for (size_t q = 0; q <= p; ++q) pairs(at, Index(book.At(q, own[q]))) += weight;
    }
  }
  const double lambda = 1e-3 * total / static_cast<double>(book.entries);
  pairs.diagonal().array() += lambda;
  sums += lambda * book.rows.cast<double>();
  const Eigen::LLT<Eigen::MatrixXd> solver(pairs);
  book.rows = solver.solve(sums).cast<float>();
}

// In x -> x * in, square errors are those of products with the queries, on average, and to a share
// those of x itself, which an encoder may read.
struct Metric {
  Eigen::MatrixXf in, out;  // cols x cols, inverse to each other
};

Metric MetricOf(const ConstMatrixView& queries, Eigen::Index cols) {
  Eigen::MatrixXd moment = QueryMoment(queries, static_cast<size_t>(cols));
  if (moment.size() == 0) {
    moment = Eigen::MatrixXd::Identity(cols, cols) / static_cast<double>(cols);
  }
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(moment);
  const Eigen::VectorXd roots =
      (solver.eigenvalues().cwiseMax(0).array() + kOwnShare / static_cast<double>(cols)).sqrt();
  const auto& v = solver.eigenvectors();
  return {(v * roots.asDiagonal() * v.transpose()).cast<float>(),
          (v * roots.cwiseInverse().asDiagonal() * v.transpose()).cast<float>()};
}

}  // namespace

ProductCodes QuantizeProducts(const ConstMatrixView& table, std::span<const float> weights,
                              const ConstMatrixView& queries) {
  ProductCodes result;
  result.parts = std::clamp<size_t>((table.cols + 31) / 32 * 4, 4, 16);
  const size_t entries =
      std::bit_floor(std::clamp<size_t>(table.rows / 2, 1, ProductCodes::kEntries));
  Codebook book{
      result.parts, entries, Rows::Zero(Index(result.parts * entries), Index(table.cols)), {}};
  const Metric metric = MetricOf(queries, Index(table.cols));
  const Rows rows = MapOf(table) * metric.in;

  // Rows at equal distances.
  const size_t n_sample = std::min(table.rows, kMostSample);
  Rows sample(Index(n_sample), rows.cols());
  std::vector<float> sample_weights(n_sample);
  for (size_t i = 0; i < n_sample; ++i) {
    const size_t row = i * table.rows / n_sample;
    sample.row(Index(i)) = rows.row(Index(row));
    sample_weights[i] = weights[row];
  }
  Rows rest = sample;
  for (size_t part = 0; part < book.parts; ++part) FindMeans(part, sample_weights, rest, book);
  std::vector<uint8_t> codes(n_sample * book.parts);
  for (int round = 0; round <= kLearnRounds; ++round) {
    book.Pair();
    if (round == kLearnRounds) break;
    Encode(book, sample, round == 0, kLearnTries, codes.data());
    FitCodebook(sample, sample_weights, codes.data(), book);
  }

  result.codes.resize(table.rows * book.parts);
  Encode(book, rows, true, kFinalTries, result.codes.data());
  constexpr size_t kEntries = ProductCodes::kEntries;
  result.codebook = Matrix(book.parts * kEntries, table.cols);
  book.rows *= metric.out;
  for (size_t part = 0; part < book.parts; ++part) {
    for (size_t code = 0; code < book.entries; ++code) {
      std::copy_n(book.rows.row(Index(book.At(part, code))).data(), table.cols,
                  result.codebook.Row(part * kEntries + code));
    }
  }
  return result;
}

}  // namespace vitrine
