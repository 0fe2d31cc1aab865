// Makes the compact forms of a model file: item tables as rows of whole numbers with a scale each,
// as half floats, or as codes.
#ifndef VITRINE_FORMAT_QUANTIZE_H_
#define VITRINE_FORMAT_QUANTIZE_H_

#include <string>

#include "core/matrix.h"
#include "core/result.h"
#include "format/tensor_file.h"

namespace vitrine {

// Writes `file` to `path` with every item table of metadata "vitrine.tables" in `dtype`, the rest
// unchanged:
//   kF32  as it is
//   kF16  rounded
//   kI8   row-wise, value = scale * q, q of -127 .. 127
//   kU8   int4 in pairs: the same with q of -7 .. 7, as format/int4_rounding.h finds them
// Weights of dense layers, `*.weight`, that are worth it become int8 where item tables become int8
// or int4, and f16 with them. Sparse tables become int8 where item tables become int8 or int4, else
// stay F32. `queries`: vectors like those that the last table, which makes the scores, is
// multiplied with, for kU8; there may be none. unsupported for other types; invalid-argument where
// a table is not F32 any more.
Status WriteAs(const TensorFile& file, DType dtype, const std::string& path,
               const ConstMatrixView& queries = {});

// The same as kI8 but for the item tables, which become codes (format/product_quantizer.h) with a
// codebook of int8, rows that many shoppers bought counting more; and biases, popularities and
// other numbers per product, which become bytes (format/item_values.h). `queries`: vectors like
// those that the table which makes the scores is multiplied with; there may be none. unsupported
// where a table is not one of vectors, but as wide as it is long.
Status WriteCoded(const TensorFile& file, const ConstMatrixView& queries, const std::string& path);

}  // namespace vitrine

#endif  // VITRINE_FORMAT_QUANTIZE_H_
