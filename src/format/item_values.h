// A number per product, kept whole or, of very large catalogues, as a byte that names one of 256.
#ifndef VITRINE_FORMAT_ITEM_VALUES_H_
#define VITRINE_FORMAT_ITEM_VALUES_H_

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "core/result.h"
#include "format/tensor_file.h"

namespace vitrine {

inline constexpr size_t kLevels = 256;  // as many as a byte can name

// Whether tensor `name` holds bytes.
bool IsCoded(const TensorFile& file, const std::string& name);

// Tensor `name` of `n` values: F32, in the file's memory; or U8, each byte a place in `name`.levels
// (F32, kLevels), written out to `own`, which the result borrows.
Result<std::span<const float>> ItemValues(const TensorFile& file, const std::string& name, size_t n,
                                          std::vector<float>& own);

}  // namespace vitrine

#endif  // VITRINE_FORMAT_ITEM_VALUES_H_
