#include "format/quantize.h"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <cstring>
#include <deque>
#include <span>
#include <sstream>
#include <vector>

#include "core/matrix.h"
#include "core/parallel.h"
#include "format/int4_rounding.h"
#include "format/item_levels.h"
#include "format/product_quantizer.h"
#include "format/safetensors.h"

namespace vitrine {
namespace {

// As kernels/table_rows.h wants rows.
constexpr size_t kRowPadding = 32;

// Smaller dense layers cost neither time nor bytes.
constexpr size_t kLeastDenseValues = 1 << 12;

struct Table {
  DType dtype = DType::kI8;
  std::vector<uint64_t> shape;
  std::vector<uint8_t> bytes;
  std::vector<float> scales;  // none of kF16
};

float LargestOf(std::span<const float> row) {
  float largest = 0;
  for (const float value : row) largest = std::max(largest, std::abs(value));
  return largest;
}

// Writes `row` to `values` and returns its scale. Symmetric, the largest magnitude at 127; the
// error is at most half a step.
float QuantizeInt8(std::span<const float> row, uint8_t* values) {
  const float largest = LargestOf(row);
  if (largest == 0) return 0;
  for (size_t c = 0; c < row.size(); ++c) {
    values[c] = static_cast<uint8_t>(std::lround(row[c] * (127 / largest)));
  }
  return largest / 127;
}

// Value c of each 32 in the lower (c < 16) or upper half of byte c % 16.
void PairUp(std::span<const int8_t> values, uint8_t* pairs) {
  for (size_t c = 0; c < values.size(); ++c) {
    const int half = values[c] + 8;
    uint8_t& pair = pairs[c / kRowPadding * 16 + c % 16];
    pair = static_cast<uint8_t>(c % kRowPadding < 16 ? (pair & 0xF0) | half
                                                     : (pair & 0x0F) | half << 4);
  }
}

// `queries`: as Int4Rounding.
Table QuantizeInt4(const ConstMatrixView& m, const ConstMatrixView& queries) {
  const size_t row_bytes = RoundUp(m.cols, kRowPadding) / 2;
  Table table{DType::kU8, {m.rows, row_bytes}, {}, std::vector<float>(m.rows)};
  table.bytes.assign(m.rows * row_bytes, 0x88);  // pairs of 0
  const Int4Rounding rounding(queries, m.cols);
  ParallelFor(m.rows, 64, [&](size_t begin, size_t end, size_t) {
    std::vector<int8_t> rounded(m.cols);
    for (size_t r = begin; r < end; ++r) {
      table.scales[r] = rounding.Round(m.RowSpan(r), rounded);
      PairUp(rounded, table.bytes.data() + r * row_bytes);
    }
  });
  return table;
}

Table QuantizeMatrix(const ConstMatrixView& m, DType dtype, const ConstMatrixView& queries = {}) {
  if (dtype == DType::kU8) return QuantizeInt4(m, queries);
  const size_t stride = RoundUp(m.cols, kRowPadding), row_bytes = stride * DTypeSize(dtype);
  Table table{dtype, {m.rows, stride}, std::vector<uint8_t>(m.rows * row_bytes), {}};
  for (size_t r = 0; r < m.rows; ++r) {
    uint8_t* row = table.bytes.data() + r * row_bytes;
    if (dtype == DType::kI8) {
      table.scales.push_back(QuantizeInt8(m.RowSpan(r), row));
      continue;
    }
    for (size_t c = 0; c < m.cols; ++c) {
      const Eigen::half value(m(r, c));
      std::memcpy(row + c * sizeof value, &value, sizeof value);
    }
  }
  return table;
}

// Of a table that keeps only what is not 0.
Result<Table> QuantizeSparse(const TensorFile& file, const std::string& name) {
  VITRINE_ASSIGN_OR_RETURN(const auto offsets, file.Values<uint64_t>(name + ".offsets"));
  VITRINE_ASSIGN_OR_RETURN(const auto values, file.Values<float>(name + ".values"));
  Table table{DType::kI8, {values.size()}, std::vector<uint8_t>(values.size()), {}};
  for (size_t r = 0; r + 1 < offsets.size(); ++r) {
    if (offsets[r] > offsets[r + 1] || offsets[r + 1] > values.size()) {
      return Error{ErrorCode::kBadFormat,
                   file.name() + ": '" + name + "' has rows that overlap; train the model again"};
    }
    table.scales.push_back(QuantizeInt8(values.subspan(offsets[r], offsets[r + 1] - offsets[r]),
                                        table.bytes.data() + offsets[r]));
  }
  return table;
}

bool IsDense(const TensorInfo& info) {
  return info.name.ends_with(".weight") && info.dtype == DType::kF32 && info.shape.size() == 2 &&
         info.shape[0] * info.shape[1] >= kLeastDenseValues;
}

// `table` is borrowed.
void AddTable(const std::string& tensor, const std::string& name, const Table& table,
              TensorFileWriter& writer) {
  writer.Add(tensor, table.dtype, table.shape, std::as_bytes(std::span(table.bytes)));
  if (!table.scales.empty()) writer.Add(name + ".scale", table.scales);
}

// A number per product, of a file that product quantisation makes small.
bool IsPerItem(const TensorInfo& info) {
  return info.dtype == DType::kF32 &&
         (info.name == "popularity" || info.name == "features.item_repeat_days" ||
          info.name.ends_with(".item.bias"));
}

// Made for a file, and borrowed by its writer.
struct Kept {
  std::deque<Table> tables;
  std::deque<ProductCodes> codes;
  std::deque<ItemLevels> levels;
};

Status AddLevels(const TensorFile& file, const TensorInfo& info, Kept& kept,
                 TensorFileWriter& writer) {
  VITRINE_ASSIGN_OR_RETURN(const int64_t n_items, file.Integer("vitrine.items"));
  VITRINE_ASSIGN_OR_RETURN(const auto values, file.Values<float>(info.name));
  const size_t n = std::min(values.size(), static_cast<size_t>(n_items));  // a bias is padded
  const ItemLevels& made = kept.levels.emplace_back(FindLevels(values.first(n)));
  writer.Add(info.name, made.codes);
  writer.Add(info.name + ".levels", made.levels);
  return {};
}

Status AddCodes(const TensorFile& file, const std::string& name, const ConstMatrixView& rows,
                const ConstMatrixView& queries, Kept& kept, TensorFileWriter& writer) {
  if (rows.cols >= rows.rows) {
    return {ErrorCode::kUnsupported, file.name() + ": '" + name +
                                         "' is as wide as it is long, so that pq does not make it "
                                         "smaller; choose int8 or int4"};
  }
  VITRINE_ASSIGN_OR_RETURN(const auto popularity, file.Vector<float>("popularity", rows.rows));
  std::vector<float> weights;
  for (const float shoppers : popularity)
    weights.push_back(std::sqrt(1 + std::max(0.0f, shoppers)));
  const ProductCodes& made = kept.codes.emplace_back(QuantizeProducts(rows, weights, queries));
  writer.Add(name + ".codes", {rows.rows, made.parts}, std::span<const uint8_t>(made.codes));
  AddTable(name + ".codebook", name + ".codebook",
           kept.tables.emplace_back(QuantizeMatrix(made.codebook, DType::kI8)), writer);
  return {};
}

// With `coded`, beside kI8, item tables become codes. `queries`: as WriteAs and WriteCoded.
Status Write(const TensorFile& file, DType dtype, bool coded, const ConstMatrixView& queries,
             const std::string& path) {
  const bool whole = dtype == DType::kI8 || dtype == DType::kU8;
  std::vector<std::string> tables;
  if (file.metadata().contains("vitrine.tables") && dtype != DType::kF32) {
    std::istringstream names(file.metadata().find("vitrine.tables")->second);
    for (std::string name; names >> name;) tables.push_back(name);
  }

  TensorFileWriter writer;
  for (const auto& [key, value] : file.metadata()) writer.SetMetadata(key, value);
  Kept kept;
  for (const TensorInfo& info : file.tensors()) {
    if (info.name.starts_with("pad.")) continue;
    if (coded && IsPerItem(info)) {
      VITRINE_RETURN_IF_ERROR(AddLevels(file, info, kept, writer));
      continue;
    }
    if (IsDense(info) && dtype != DType::kF32) {
      VITRINE_ASSIGN_OR_RETURN(const auto rows,
                               file.MatrixOf<float>(info.name, info.shape[0], info.shape[1]));
      const Table& made =
          kept.tables.emplace_back(QuantizeMatrix(rows, whole ? DType::kI8 : dtype));
      AddTable(info.name, info.name, made, writer);
      continue;
    }
    const auto table = std::ranges::find_if(tables, [&](const std::string& name) {
      return info.name == name || (whole && info.name == name + ".values");
    });
    if (table == tables.end()) {
      writer.Add(info.name, info.dtype, info.shape, file.Bytes(info));
      continue;
    }
    if (info.dtype != DType::kF32 || info.shape.size() != (info.name == *table ? 2 : 1)) {
      return {ErrorCode::kInvalidArgument,
              file.name() + ": was exported already, in another precision than f32 ('" + info.name +
                  "'); export from the folder of the trained model"};
    }
    if (info.name == *table) {
      VITRINE_ASSIGN_OR_RETURN(const auto rows,
                               file.MatrixOf<float>(info.name, info.shape[0], info.shape[1]));
      // The last table makes the scores.
      const ConstMatrixView own = *table == tables.back() ? queries : ConstMatrixView{};
      if (coded) {
        VITRINE_RETURN_IF_ERROR(AddCodes(file, *table, rows, own, kept, writer));
        continue;
      }
      kept.tables.push_back(QuantizeMatrix(rows, dtype, own));
    } else {
      VITRINE_ASSIGN_OR_RETURN(kept.tables.emplace_back(), QuantizeSparse(file, *table));
    }
    AddTable(info.name, *table, kept.tables.back(), writer);
  }
  return writer.Write(path);
}

}  // namespace

Status WriteAs(const TensorFile& file, DType dtype, const std::string& path,
               const ConstMatrixView& queries) {
  if (dtype != DType::kI8 && dtype != DType::kU8 && dtype != DType::kF32 && dtype != DType::kF16) {
    return {ErrorCode::kUnsupported, "item tables can be written as f32, f16, int8 or int4"};
  }
  return Write(file, dtype, false, queries, path);
}

Status WriteCoded(const TensorFile& file, const ConstMatrixView& queries, const std::string& path) {
  return Write(file, DType::kI8, true, queries, path);
}

}  // namespace vitrine
