// An item table by product quantisation: a few bytes a product, each the name of a codebook's
// entry.
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

namespace vitrine {

// Tensors `name`.codes (U8, n_items x parts) and `name`.codebook, rows of `dim` values as ReadRows
// takes them, in the file's memory.
Result<CodedRows> ReadCodedRows(const TensorFile& file, const std::string& name, size_t n_items,
                                size_t dim);

// sum[i] += weights[k] * (value first + i of row items[k]); as GatherRows.
void GatherCodedRows(const CodedRows& rows, std::span<const uint32_t> items,
                     std::span<const float> weights, size_t first, std::span<float> sum);

// The products of the codebook's rows with x, for SumProducts and ScanCodedRows.
std::vector<float> CodebookProducts(const CodedRows& rows, std::span<const float> x);

}  // namespace vitrine

#endif  // VITRINE_MODELS_CODED_TABLE_H_
