#include "format/quantize.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <span>
#include <sstream>
#include <vector>

#include "core/matrix.h"
#include "format/safetensors.h"

namespace vitrine {
namespace {

// As kernels/gemv.h wants rows.
constexpr size_t kInt8Padding = 32;

struct Int8Table {
  std::vector<uint64_t> shape;
  std::vector<int8_t> values;
  std::vector<float> scales;
};

// Writes `row` to `values` and returns its scale. Symmetric, the largest magnitude at 127; the
// error is at most half a step.
float QuantizeRow(std::span<const float> row, int8_t* values) {
  float largest = 0;
  for (const float value : row) largest = std::max(largest, std::abs(value));
  if (largest == 0) return 0;
  for (size_t c = 0; c < row.size(); ++c) {
    values[c] = static_cast<int8_t>(std::lround(row[c] * (127 / largest)));
  }
  return largest / 127;
}

Int8Table QuantizeMatrix(const ConstMatrixView& m) {
  const size_t stride = RoundUp(m.cols, kInt8Padding);
  Int8Table table{{m.rows, stride}, std::vector<int8_t>(m.rows * stride), {}};
  for (size_t r = 0; r < m.rows; ++r) {
    table.scales.push_back(QuantizeRow(m.RowSpan(r), table.values.data() + r * stride));
  }
  return table;
}

// Of a table that keeps only what is not 0.
Result<Int8Table> QuantizeSparse(const TensorFile& file, const std::string& name) {
  VITRINE_ASSIGN_OR_RETURN(const auto offsets, file.Values<uint64_t>(name + ".offsets"));
  VITRINE_ASSIGN_OR_RETURN(const auto values, file.Values<float>(name + ".values"));
  Int8Table table{{values.size()}, std::vector<int8_t>(values.size()), {}};
  for (size_t r = 0; r + 1 < offsets.size(); ++r) {
    if (offsets[r] > offsets[r + 1] || offsets[r + 1] > values.size()) {
      return Error{ErrorCode::kBadFormat,
                   file.name() + ": '" + name + "' has rows that overlap; train the model again"};
    }
    table.scales.push_back(QuantizeRow(values.subspan(offsets[r], offsets[r + 1] - offsets[r]),
                                       table.values.data() + offsets[r]));
  }
  return table;
}

}  // namespace

Status WriteAs(const TensorFile& file, DType dtype, const std::string& path) {
  if (dtype != DType::kF32 && dtype != DType::kI8) {
    return {ErrorCode::kUnsupported, "item tables can be written as f32 or int8"};
  }
  std::vector<std::string> tables;
  if (file.metadata().contains("vitrine.tables") && dtype == DType::kI8) {
    std::istringstream names(file.metadata().find("vitrine.tables")->second);
    for (std::string name; names >> name;) tables.push_back(name);
  }

  TensorFileWriter writer;
  for (const auto& [key, value] : file.metadata()) writer.SetMetadata(key, value);
  std::deque<Int8Table> kept;  // borrowed by the writer
  for (const TensorInfo& info : file.tensors()) {
    if (info.name.starts_with("pad.")) continue;
    const auto table = std::ranges::find_if(tables, [&info](const std::string& name) {
      return info.name == name || info.name == name + ".values";
    });
    if (table == tables.end()) {
      writer.Add(info.name, info.dtype, info.shape, file.Bytes(info));
      continue;
    }
    if (info.dtype != DType::kF32 || info.shape.size() != (info.name == *table ? 2 : 1)) {
      return {
          ErrorCode::kInvalidArgument,
          file.name() + ": '" + info.name + "' is not F32 any more; export from the trained model"};
    }
    if (info.name == *table) {
      VITRINE_ASSIGN_OR_RETURN(const auto rows,
                               file.MatrixOf<float>(info.name, info.shape[0], info.shape[1]));
      kept.push_back(QuantizeMatrix(rows));
    } else {
      VITRINE_ASSIGN_OR_RETURN(kept.emplace_back(), QuantizeSparse(file, *table));
    }
    writer.Add<int8_t>(info.name, kept.back().shape, kept.back().values);
    writer.Add(*table + ".scale", kept.back().scales);
  }
  return writer.Write(path);
}

}  // namespace vitrine
