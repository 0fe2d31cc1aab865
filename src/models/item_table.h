// A vector per item, in whichever precision the file keeps it: the first layer of an encoder, or
// the linear decoder that scores the catalogue.
#ifndef VITRINE_MODELS_ITEM_TABLE_H_
#define VITRINE_MODELS_ITEM_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/matrix.h"
#include "core/result.h"
#include "format/tensor_file.h"
#include "kernels/coded_rows.h"
#include "kernels/scan.h"
#include "kernels/table_rows.h"
#include "kernels/top_k.h"

namespace vitrine {

// Tensor `name` (n_rows x dim) in the file's memory: F32, F16, I8 with `name`.scale (F32, n_rows),
// or U8, int4 in pairs, with `name`.scale.
Result<TableRows> ReadRows(const TensorFile& file, const std::string& name, size_t n_rows,
                           size_t dim);

// A list of segments, one after the other in item order; each borrows the file's memory. Today's
// files hold one segment, or codes.
class ItemTable {
 public:
  // As ReadRows, or where there is `name`.codes as ReadCodedRows.
  static Result<ItemTable> Read(const TensorFile& file, const std::string& name, size_t n_items,
                                size_t dim);

  size_t n_items() const { return n_items_; }
  size_t dim() const { return dim_; }
  // Values that a vector to be filled by Accumulate must have room for.
  size_t padded_dim() const { return PaddedNarrowDim(dim_); }

  // sum += weights[i] * row(items[i]). `sum` has padded_dim() values; its padding stays 0.
  void Accumulate(std::span<const uint32_t> items, std::span<const float> weights,
                  std::span<float> sum) const;
  // The same of the values first, first + 1, ... of each row; `first` and sum.size() are multiples
  // of kNarrowRowMultiple.
  void Accumulate(std::span<const uint32_t> items, std::span<const float> weights, size_t first,
                  std::span<float> sum) const;

  // scores[i] = <row(i), x> for every item. `x` has padded_dim() values, its padding 0.
  void Multiply(std::span<const float> x, std::span<float> scores) const;

  // The same of one item.
  float MultiplyRow(uint32_t item, std::span<const float> x) const;

  // The best of the same, plus bias[i] unless `bias` is empty, without writing them all.
  void Scan(std::span<const float> x, std::span<const float> bias, BestItems& best) const;

  // All rows (n_items x dim) where they are one matrix of floats, else null.
  const ConstMatrixView* AsMatrix() const;

 private:
  struct Segment {
    size_t first_item;
    TableRows rows;
    RowFacts facts;
  };
  bool AnyWhole() const;
  bool IsCoded() const { return coded_.rows > 0; }

  CodedRows coded_;  // or segments
  std::vector<Segment> segments_;
  ConstMatrixView matrix_;
  size_t n_items_ = 0;
  size_t dim_ = 0;
};

}  // namespace vitrine

#endif  // VITRINE_MODELS_ITEM_TABLE_H_
