#include "models/item_table.h"

#include <algorithm>

#include "kernels/gemv.h"
#include "kernels/vector_ops.h"

namespace vitrine {
namespace {

// Row padding is part of what the kernels are promised, so a file is held to it.
template <class T>
Status CheckPadding(const TensorFile& file, const std::string& name,
                    const BasicMatrixView<const T>& rows, size_t multiple) {
  bool zero = rows.stride == RoundUp(rows.cols, multiple);
  for (size_t r = 0; zero && r < rows.rows; ++r) {
    zero = std::all_of(rows.Row(r) + rows.cols, rows.Row(r) + rows.stride,
                       [](T value) { return value == T{0}; });
  }
  if (zero) return {};
  return {ErrorCode::kBadFormat, file.name() + ": rows of '" + name +
                                     "' are not padded with zeros to " + std::to_string(multiple) +
                                     " values; export the model again"};
}

}  // namespace

Result<ItemTable> ItemTable::Read(const TensorFile& file, const std::string& name, size_t n_items,
                                  size_t dim) {
  ItemTable table;
  table.n_items_ = n_items;
  table.dim_ = dim;
  const TensorInfo* info = file.Find(name);
  if (info != nullptr && info->dtype == DType::kI8) {
    VITRINE_ASSIGN_OR_RETURN(const auto rows, file.MatrixOf<int8_t>(name, n_items, dim));
    VITRINE_ASSIGN_OR_RETURN(const auto scales, file.Vector<float>(name + ".scale", n_items));
    VITRINE_RETURN_IF_ERROR(CheckPadding(file, name, rows, kInt8RowMultiple));
    table.segments_.push_back({0, Int8Segment{rows, scales}});
  } else {
    VITRINE_ASSIGN_OR_RETURN(const auto rows, file.MatrixOf<float>(name, n_items, dim));
    VITRINE_RETURN_IF_ERROR(CheckPadding(file, name, rows, kRowMultiple));
    table.segments_.push_back({0, F32Segment{rows}});
  }
  return table;
}

void ItemTable::Accumulate(std::span<const uint32_t> items, std::span<const float> weights,
                           std::span<float> sum) const {
  for (const Segment& segment : segments_) {
    for (size_t i = 0; i < items.size(); ++i) {
      const size_t row = items[i] - segment.first_item;
      if (const auto* f32 = std::get_if<F32Segment>(&segment.rows)) {
        if (row < f32->rows.rows) {
          Axpy(weights[i], f32->rows.Row(row), sum.data(), PaddedDim(dim_));
        }
      } else if (const auto* int8 = std::get_if<Int8Segment>(&segment.rows)) {
        if (row < int8->rows.rows) {
          AxpyInt8(weights[i] * int8->scales[row], int8->rows.Row(row), sum.data(),
                   PaddedInt8Dim(dim_));
        }
      }
    }
  }
}

void ItemTable::Multiply(std::span<const float> x, std::span<float> scores) const {
  std::vector<int16_t> quantized;
  float scale = 0;
  for (const Segment& segment : segments_) {
    float* out = scores.data() + segment.first_item;
    if (const auto* f32 = std::get_if<F32Segment>(&segment.rows)) {
      auto rows = f32->rows;
      rows.cols = dim_;
      Gemv(rows, x.data(), out);
    } else if (const auto* int8 = std::get_if<Int8Segment>(&segment.rows)) {
      if (quantized.empty()) {
        quantized.resize(int8->rows.stride);
        scale = QuantizeActivations(x.first(dim_), quantized.data());
      }
      GemvInt8(int8->rows, int8->scales.data(), quantized.data(), scale, out);
    }
  }
}

const ConstMatrixView* ItemTable::AsMatrix() const {
  if (segments_.size() != 1) return nullptr;
  const auto* f32 = std::get_if<F32Segment>(&segments_.front().rows);
  return f32 != nullptr ? &f32->rows : nullptr;
}

}  // namespace vitrine
