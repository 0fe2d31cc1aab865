// Sparse matrices in compressed rows: who touched what, and how strongly.
#ifndef VITRINE_CORE_CSR_H_
#define VITRINE_CORE_CSR_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace vitrine {

// A borrowed sparse matrix, `rows` x `cols`. Row r holds the columns
// indices[offsets[r] .. offsets[r + 1]), ascending and distinct. Empty `values` means all ones.
struct CsrView {
  size_t rows = 0;
  size_t cols = 0;
  std::span<const uint64_t> offsets;  // rows + 1
  std::span<const uint32_t> indices;
  std::span<const float> values;

  std::span<const uint32_t> Row(size_t r) const {
    return indices.subspan(offsets[r], offsets[r + 1] - offsets[r]);
  }
  std::span<const float> Values(size_t r) const {
    return values.empty() ? values : values.subspan(offsets[r], offsets[r + 1] - offsets[r]);
  }
  CsrView Rows(size_t first, size_t count) const {
    return {count, cols, offsets.subspan(first, count + 1), indices, values};
  }
};

// An owned sparse matrix, built row by row.
struct Csr {
  size_t cols = 0;
  std::vector<uint64_t> offsets = {0};
  std::vector<uint32_t> indices;
  std::vector<float> values;

  size_t rows() const { return offsets.size() - 1; }
  void EndRow() { offsets.push_back(indices.size()); }
  void Clear() {
    offsets.assign(1, 0);
    indices.clear();
    values.clear();
  }
  CsrView view() const { return {rows(), cols, offsets, indices, values}; }
  operator CsrView() const { return view(); }  // NOLINT: implicit on purpose
};

// The transpose, by counting sort; rows of the result come out ascending.
inline Csr Transpose(const CsrView& a) {
  Csr t;
  t.cols = a.rows;
  t.offsets.assign(a.cols + 1, 0);
  for (const uint32_t c : a.indices) ++t.offsets[c + 1];
  for (size_t c = 0; c < a.cols; ++c) t.offsets[c + 1] += t.offsets[c];
  t.indices.resize(a.indices.size());
  t.values.resize(a.values.size());
  std::vector<uint64_t> next(t.offsets.begin(), t.offsets.end() - 1);
  for (size_t r = 0; r < a.rows; ++r) {
    for (uint64_t i = a.offsets[r]; i < a.offsets[r + 1]; ++i) {
      const uint64_t slot = next[a.indices[i]]++;
      t.indices[slot] = static_cast<uint32_t>(r);
      if (!a.values.empty()) t.values[slot] = a.values[i];
    }
  }
  return t;
}

// The rows of `a`, and the same rows again.
inline Csr Twice(const CsrView& a) {
  Csr twice;
  twice.cols = a.cols;
  for (int copy = 0; copy < 2; ++copy) {
    twice.indices.insert(twice.indices.end(), a.indices.begin(), a.indices.end());
    twice.values.insert(twice.values.end(), a.values.begin(), a.values.end());
    for (size_t r = 0; r < a.rows; ++r) {
      twice.offsets.push_back(static_cast<uint64_t>(copy) * a.indices.size() + a.offsets[r + 1]);
    }
  }
  return twice;
}

}  // namespace vitrine

#endif  // VITRINE_CORE_CSR_H_
