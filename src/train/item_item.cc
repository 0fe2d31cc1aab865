#include "train/item_item.h"

#include <Eigen/Cholesky>
#include <algorithm>
#include <atomic>
#include <cmath>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "backend/cpu/spd_inverse.h"
#include "core/parallel.h"

namespace vitrine {
namespace {

constexpr size_t kGrain = 64;  // items that a thread takes at a time

// Rows of x' D x, one at a time, D a positive weight for each shopper: 1 where there are none.
class CoOccurrence {
 public:
  CoOccurrence(const Csr& x, const Csr& transposed, std::span<const float> shopper_weights = {})
      : x_(x), transposed_(transposed), weights_(shopper_weights), row_(x.cols) {}

  // Computes the row of `item`, of which items() then names what is not 0, ascending.
  void Compute(uint32_t item) {
    for (const uint32_t other : items_) row_[other] = 0;
    items_.clear();
    for (const uint32_t shopper : transposed_.view().Row(item)) {
      const float weight = weights_.empty() ? 1.0f : weights_[shopper];
      for (const uint32_t other : x_.view().Row(shopper)) {
        if (row_[other] == 0) items_.push_back(other);
        row_[other] += weight;
      }
    }
    std::sort(items_.begin(), items_.end());
  }
  std::span<const uint32_t> items() const { return items_; }
  float operator[](uint32_t item) const { return row_[item]; }

 private:
  const Csr& x_;
  const Csr& transposed_;
  const std::span<const float> weights_;
  std::vector<float> row_;
  std::vector<uint32_t> items_;
};

struct Entry {
  uint32_t item;
  float value;
};

// Keeps the `most` of largest value, equal ones by item, in the order of their items.
void KeepLargest(size_t most, std::vector<Entry>& entries) {
  if (entries.size() > most) {
    std::nth_element(entries.begin(), entries.begin() + static_cast<ptrdiff_t>(most), entries.end(),
                     [](const Entry& a, const Entry& b) {
                       return a.value != b.value ? a.value > b.value : a.item < b.item;
                     });
    entries.resize(most);
  }
  std::sort(entries.begin(), entries.end(),
            [](const Entry& a, const Entry& b) { return a.item < b.item; });
}

// A sparse matrix whose rows are made in any order, by many threads.
using Rows = std::vector<std::vector<Entry>>;

// columns[j] is column j of the result.
Csr FromColumns(const Rows& columns) {
  Csr transposed;
  transposed.cols = columns.size();
  size_t n = 0;
  for (const auto& column : columns) n += column.size();
  transposed.indices.reserve(n);
  transposed.values.reserve(n);
  for (const auto& column : columns) {
    for (const Entry& entry : column) {
      transposed.indices.push_back(entry.item);
      transposed.values.push_back(entry.value);
    }
    transposed.EndRow();
  }
  return Transpose(transposed);
}

// The part of x' x above its diagonal, without what is less than `least`; nothing where that takes
// `max_bytes` or more.
std::optional<Rows> UpperGram(const Csr& x, const Csr& transposed, float least, size_t max_bytes) {
  Rows gram(x.cols);
  std::atomic<size_t> n_bytes = 0;
  ParallelForDynamic(x.cols, kGrain, [&](size_t first, size_t last) {
    CoOccurrence pairs(x, transposed);
    std::vector<Entry> row;
    for (size_t i = first; i < last && n_bytes < max_bytes; ++i) {
      pairs.Compute(static_cast<uint32_t>(i));
      row.clear();
      for (const uint32_t other : pairs.items()) {
        if (other > i && pairs[other] >= least) row.push_back({other, pairs[other]});
      }
      gram[i].assign(row.begin(), row.end());
      n_bytes += row.size() * sizeof(Entry);
    }
  });
  if (n_bytes < max_bytes) return gram;
  return std::nullopt;
}

// As much of it as `max_bytes` hold: where all is too much, rare pairs count as none, as long as
// they are small beside the ridge.
Result<Rows> UpperGramWithin(const Csr& x, const Csr& transposed, float lambda, size_t max_bytes) {
  for (float least = 1; least == 1 || least <= lambda / 25; least *= 2) {
    if (auto gram = UpperGram(x, transposed, least, max_bytes)) return std::move(*gram);
  }
  return Error{ErrorCode::kOutOfMemory,
               "linear: pairs of products that shoppers had together take more than " +
                   std::to_string(max_bytes >> 20) +
                   " MB; prepare the data with fewer products, or use a larger --lambda"};
}

// The items that correlate most with `item`, by the size of the correlation up to a factor that is
// the same for all of them; `pairs` holds the item's row.
void MostCorrelated(uint32_t item, const CoOccurrence& pairs, const Csr& transposed, size_t n_rows,
                    size_t most, std::vector<Entry>& found) {
  const auto count = [&](uint32_t i) {
    return static_cast<double>(transposed.view().Row(i).size());
  };
  const auto n = static_cast<double>(n_rows);
  found.clear();
  for (const uint32_t other : pairs.items()) {
    if (other == item) continue;
    const double mean = count(other) / n;
    // What every shopper has explains nothing, and has no deviation to divide by.
    const double deviation = std::sqrt(std::max(count(other) * (1 - mean), 1e-6));
    const double covariance = pairs[other] - count(item) * mean;
    found.push_back({other, static_cast<float>(std::abs(covariance) / deviation)});
  }
  KeepLargest(most, found);
}

}  // namespace

Result<Matrix> DenseEase(const Csr& x, float lambda) {
  const size_t n = x.cols;
  const Csr transposed = Transpose(x);
  Matrix table(n, n);
  ParallelForDynamic(n, kGrain, [&](size_t first, size_t last) {
    CoOccurrence pairs(x, transposed);
    for (size_t i = first; i < last; ++i) {
      pairs.Compute(static_cast<uint32_t>(i));
      for (const uint32_t j : pairs.items()) table(i, j) = pairs[j];
      table(i, i) += lambda;
    }
  });
  VITRINE_RETURN_IF_ERROR(InvertSpd(table));
  std::vector<float> diagonal(n);
  for (size_t i = 0; i < n; ++i) diagonal[i] = table(i, i);
  ParallelFor(n, kGrain, [&](size_t first, size_t last, size_t) {
    for (size_t i = first; i < last; ++i) {
      for (size_t j = 0; j < n; ++j) table(i, j) /= -diagonal[j];
      table(i, i) = 0;
    }
  });
  return table;
}

Result<Csr> SparseEase(const Csr& x, float lambda, size_t neighbours, size_t max_bytes) {
  const Csr transposed = Transpose(x);
  VITRINE_ASSIGN_OR_RETURN(const Rows gram, UpperGramWithin(x, transposed, lambda, max_bytes));
  Rows columns(x.cols);
  std::atomic<bool> failed = false;
  ParallelForDynamic(x.cols, kGrain, [&](size_t first, size_t last) {
    CoOccurrence pairs(x, transposed);
    Eigen::MatrixXd a;  // (x' x + lambda I) of the neighbours, its lower half
    Eigen::VectorXd b;
    for (size_t j = first; j < last; ++j) {
      pairs.Compute(static_cast<uint32_t>(j));
      auto& column = columns[j];
      MostCorrelated(static_cast<uint32_t>(j), pairs, transposed, x.rows(), neighbours, column);
      const auto k = static_cast<Eigen::Index>(column.size());
      if (k == 0) continue;
      a.setZero(k, k);
      b.resize(k);
      for (Eigen::Index c = 0; c < k; ++c) {
        const uint32_t item = column[static_cast<size_t>(c)].item;
        a(c, c) = static_cast<double>(transposed.view().Row(item).size()) + lambda;
        b(c) = pairs[item];
        // Both ascend: look for each neighbour in what is left of the row.
        auto from = gram[item].begin();
        for (Eigen::Index r = c + 1; r < k; ++r) {
          const uint32_t other = column[static_cast<size_t>(r)].item;
          from = std::lower_bound(
              from, gram[item].end(), other,
              [](const Entry& entry, uint32_t wanted) { return entry.item < wanted; });
          if (from != gram[item].end() && from->item == other) a(r, c) = from->value;
        }
      }
      const Eigen::LLT<Eigen::Ref<Eigen::MatrixXd>> cholesky(a);
      if (cholesky.info() != Eigen::Success) failed = true;
      cholesky.solveInPlace(b);
      for (Eigen::Index c = 0; c < k; ++c) {
        column[static_cast<size_t>(c)].value = static_cast<float>(b(c));
      }
    }
  });
  if (failed) {
    return Error{ErrorCode::kInvalidArgument,
                 "the item-item matrix is not positive definite; use a larger --lambda"};
  }
  return FromColumns(columns);
}

Csr NearestNeighbours(const Csr& x, const NeighbourOptions& options) {
  const Csr transposed = Transpose(x);
  // Squared: a product of two items' values holds the shopper's idf twice.
  std::vector<float> idf(x.rows());
  for (size_t shopper = 0; shopper < x.rows(); ++shopper) {
    const auto count = static_cast<double>(x.view().Row(shopper).size());
    const double log = std::log(1 + static_cast<double>(x.cols) / count);
    idf[shopper] = static_cast<float>(log * log);
  }
  std::vector<double> square(x.cols);  // of an item's norm
  for (size_t i = 0; i < x.cols; ++i) {
    for (const uint32_t shopper : transposed.view().Row(i)) square[i] += idf[shopper];
  }
  Rows columns(x.cols);
  ParallelForDynamic(x.cols, kGrain, [&](size_t first, size_t last) {
    CoOccurrence pairs(x, transposed, idf);
    for (size_t j = first; j < last; ++j) {
      pairs.Compute(static_cast<uint32_t>(j));
      for (const uint32_t i : pairs.items()) {
        if (i == j) continue;
        const double norms =
            std::pow(square[i], options.alpha) * std::pow(square[j], 1 - options.alpha);
        columns[j].push_back({i, static_cast<float>(pairs[i] / (norms + options.shrink))});
      }
      KeepLargest(options.neighbours, columns[j]);
    }
  });
  return FromColumns(columns);
}

}  // namespace vitrine
