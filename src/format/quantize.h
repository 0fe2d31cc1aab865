// Makes the compact form of a model file: item tables as int8 rows with a scale each.
#ifndef VITRINE_FORMAT_QUANTIZE_H_
#define VITRINE_FORMAT_QUANTIZE_H_

#include <string>

#include "core/result.h"
#include "format/tensor_file.h"

namespace vitrine {

// Writes `file` to `path` with every tensor of metadata "vitrine.tables" in `dtype` (kF32: as it
// is; kI8: row-wise, value = scale * q with q in -127 .. 127), the rest unchanged. unsupported for
// other types; invalid-argument where a table is not F32 any more.
Status WriteAs(const TensorFile& file, DType dtype, const std::string& path);

}  // namespace vitrine

#endif  // VITRINE_FORMAT_QUANTIZE_H_
