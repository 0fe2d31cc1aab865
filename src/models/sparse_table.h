// What every product says of a few others: a square table that keeps only what is not 0.
#ifndef VITRINE_MODELS_SPARSE_TABLE_H_
#define VITRINE_MODELS_SPARSE_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "core/result.h"
#include "format/tensor_file.h"

namespace vitrine {

// Compressed rows in the file's memory, in whichever precision the file keeps them.
class SparseTable {
 public:
  // Tensors `name`.offsets (U64, n_items + 1: where the rows start, and the end), `name`.items
  // (U32, ascending in a row) and `name`.values, as many: F32, or I8 with `name`.scale (F32,
  // n_items).
  static Result<SparseTable> Read(const TensorFile& file, const std::string& name, size_t n_items);

  // sum += weights[i] * row(items[i]); `sum` has n_items values.
  void Accumulate(std::span<const uint32_t> items, std::span<const float> weights,
                  std::span<float> sum) const;

  // Calls visit(item, value) for what `row` says of others, ascending.
  template <class Visit>
  void ForEach(uint32_t row, const Visit& visit) const {
    const float scale = scales_.empty() ? 1 : scales_[row];
    const auto end = static_cast<size_t>(offsets_[row + 1]);
    for (auto k = static_cast<size_t>(offsets_[row]); k < end; ++k) {
      visit(items_[k], scale * Value(k));
    }
  }

  // What Accumulate adds to the value of `column`.
  float SumColumn(std::span<const uint32_t> items, std::span<const float> weights,
                  uint32_t column) const;

 private:
  float Value(size_t k) const {  // without the row's scale
    return int8_.empty() ? f32_[k] : static_cast<float>(int8_[k]);
  }

  std::span<const uint64_t> offsets_;
  std::span<const uint32_t> items_;
  std::span<const float> f32_;  // one of f32_ and int8_ is empty
  std::span<const int8_t> int8_;
  std::span<const float> scales_;
};

}  // namespace vitrine

#endif  // VITRINE_MODELS_SPARSE_TABLE_H_
