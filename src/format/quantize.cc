#include "format/quantize.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <sstream>
#include <vector>

#include "core/matrix.h"
#include "format/safetensors.h"

namespace vitrine {
namespace {

// As kernels/gemv.h wants rows.
constexpr size_t kInt8Padding = 32;

struct Int8Table {
  size_t rows = 0, stride = 0;
  std::vector<int8_t> values;
  std::vector<float> scales;
};

// Symmetric, the largest magnitude of a row at 127; the error is at most half a step.
std::shared_ptr<Int8Table> Quantize(const ConstMatrixView& m) {
  auto table = std::make_shared<Int8Table>();
  table->rows = m.rows;
  table->stride = RoundUp(m.cols, kInt8Padding);
  table->values.resize(m.rows * table->stride);
  table->scales.resize(m.rows);
  for (size_t r = 0; r < m.rows; ++r) {
    float largest = 0;
    for (const float value : m.RowSpan(r)) largest = std::max(largest, std::abs(value));
    table->scales[r] = largest / 127;
    if (largest == 0) continue;
    for (size_t c = 0; c < m.cols; ++c) {
      table->values[r * table->stride + c] =
          static_cast<int8_t>(std::lround(m(r, c) * (127 / largest)));
    }
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
  std::vector<std::shared_ptr<Int8Table>> kept;
  for (const TensorInfo& info : file.tensors()) {
    if (info.name.starts_with("pad.")) continue;
    if (std::find(tables.begin(), tables.end(), info.name) == tables.end()) {
      writer.Add(info.name, info.dtype, info.shape, file.Bytes(info));
      continue;
    }
    if (info.dtype != DType::kF32 || info.shape.size() != 2) {
      return {
          ErrorCode::kInvalidArgument,
          file.name() + ": '" + info.name + "' is not F32 any more; export from the trained model"};
    }
    VITRINE_ASSIGN_OR_RETURN(const auto rows,
                             file.MatrixOf<float>(info.name, info.shape[0], info.shape[1]));
    const auto& table = *kept.emplace_back(Quantize(rows));
    writer.Add<int8_t>(info.name, {table.rows, table.stride}, table.values);
    writer.Add(info.name + ".scale", table.scales);
  }
  return writer.Write(path);
}

}  // namespace vitrine
