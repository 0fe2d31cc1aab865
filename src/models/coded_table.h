// An item table by product quantisation: a few bytes a product, each the name of a codebook's entry.
#ifndef VITRINE_MODELS_CODED_TABLE_H_
#define VITRINE_MODELS_CODED_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/result.h"
#include "format/tensor_file.h"
#include "kernels/coded_rows.h"
#include "kernels/top_k.h"

namespace vitrine {

// Borrows the file's memory. The calls are those of ItemTable, with which a vector is multiplied
// once by the whole codebook, and by every product at the price of a few loads.
class CodedTable {
 public:
  // Tensors `name`.codes (U8, n_items x parts) and `name`.codebook, rows of `dim` values as ReadRows
  // takes them.
  static Result<CodedTable> Read(const TensorFile& file, const std::string& name, size_t n_items,
                                 size_t dim);

  void Accumulate(std::span<const uint32_t> items, std::span<const float> weights, size_t first,
                  std::span<float> sum) const;
  void Multiply(std::span<const float> x, std::span<float> scores) const;
  float MultiplyRow(uint32_t item, std::span<const float> x) const;
  void Scan(std::span<const float> x, std::span<const float> bias, BestItems& best) const;

 private:
  std::vector<float> Products(std::span<const float> x) const;

  CodedRows rows_;
};

}  // namespace vitrine

#endif  // VITRINE_MODELS_CODED_TABLE_H_
