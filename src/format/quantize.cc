#include "format/quantize.h"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <cstring>
#include <deque>
#include <limits>
#include <span>
#include <sstream>
#include <vector>

#include "core/matrix.h"
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

constexpr int kMostInt4 = 7;

int NearestInt4(float value, float scale) {
  return std::clamp(static_cast<int>(std::lround(value / scale)), -kMostInt4, kMostInt4);
}

// The scale at which the squares of the errors add up to least, of some that let the largest
// magnitudes be cut off.
float BestInt4Scale(std::span<const float> row) {
  const float whole = LargestOf(row) / kMostInt4;
  float best = whole;
  double least = std::numeric_limits<double>::infinity();
  for (int step = 0; step < 24 && whole > 0; ++step) {
    const float scale = whole * (1 - 0.025f * static_cast<float>(step));
    double error = 0;
    for (const float value : row) {
      const double off = value - scale * static_cast<float>(NearestInt4(value, scale));
      error += off * off;
    }
    if (error < least) {
      least = error;
      best = scale;
    }
  }
  return best;
}

// The same as int4, value c of each 32 in the lower (c < 16) or upper half of byte c % 16.
float QuantizeInt4(std::span<const float> row, uint8_t* pairs) {
  const float scale = BestInt4Scale(row);
  for (size_t c = 0; c < row.size() && scale > 0; ++c) {
    const int half = NearestInt4(row[c], scale) + 8;
    uint8_t& pair = pairs[c / kRowPadding * 16 + c % 16];
    pair = static_cast<uint8_t>(c % kRowPadding < 16 ? (pair & 0xF0) | half
                                                     : (pair & 0x0F) | half << 4);
  }
  return scale;
}

Table QuantizeMatrix(const ConstMatrixView& m, DType dtype) {
  const size_t padded = RoundUp(m.cols, kRowPadding);
  const size_t stride = dtype == DType::kU8 ? padded / 2 : padded;  // in elements
  const size_t row_bytes = stride * DTypeSize(dtype);
  Table table{dtype, {m.rows, stride}, std::vector<uint8_t>(m.rows * row_bytes), {}};
  if (dtype == DType::kU8) std::ranges::fill(table.bytes, uint8_t{0x88});  // pairs of 0
  for (size_t r = 0; r < m.rows; ++r) {
    uint8_t* row = table.bytes.data() + r * row_bytes;
    if (dtype == DType::kF16) {
      for (size_t c = 0; c < m.cols; ++c) {
        const Eigen::half value(m(r, c));
        std::memcpy(row + c * sizeof value, &value, sizeof value);
      }
    } else {
      const auto quantize = dtype == DType::kU8 ? QuantizeInt4 : QuantizeInt8;
      table.scales.push_back(quantize(m.RowSpan(r), row));
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

// `queries`: as WriteCoded, beside kI8; null: no codes.
Status Write(const TensorFile& file, DType dtype, const ConstMatrixView* queries,
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
    if (queries != nullptr && IsPerItem(info)) {
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
      if (queries != nullptr) {
        // The last table makes the scores.
        const ConstMatrixView own = *table == tables.back() ? *queries : ConstMatrixView{};
        VITRINE_RETURN_IF_ERROR(AddCodes(file, *table, rows, own, kept, writer));
        continue;
      }
      kept.tables.push_back(QuantizeMatrix(rows, dtype));
    } else {
      VITRINE_ASSIGN_OR_RETURN(kept.tables.emplace_back(), QuantizeSparse(file, *table));
    }
    AddTable(info.name, *table, kept.tables.back(), writer);
  }
  return writer.Write(path);
}

}  // namespace

Status WriteAs(const TensorFile& file, DType dtype, const std::string& path) {
  if (dtype != DType::kI8 && dtype != DType::kU8 && dtype != DType::kF32 && dtype != DType::kF16) {
    return {ErrorCode::kUnsupported, "item tables can be written as f32, f16, int8 or int4"};
  }
  return Write(file, dtype, nullptr, path);
}

Status WriteCoded(const TensorFile& file, const ConstMatrixView& queries, const std::string& path) {
  return Write(file, DType::kI8, &queries, path);
}

}  // namespace vitrine
