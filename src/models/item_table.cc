#include "models/item_table.h"

#include <algorithm>

#include "kernels/gather.h"
#include "kernels/gemv.h"
#include "models/coded_table.h"

namespace vitrine {
namespace {

RowType RowTypeOf(DType dtype) {
  return dtype == DType::kI8    ? RowType::kInt8
         : dtype == DType::kU8  ? RowType::kInt4
         : dtype == DType::kF16 ? RowType::kF16
                                : RowType::kF32;
}

// Row padding is part of what the kernels are promised, so a file is held to it.
bool IsPadded(const TableRows& rows, size_t dim) {
  const size_t multiple = rows.type == RowType::kF32 ? kRowMultiple : kNarrowRowMultiple;
  if (rows.stride != RoundUp(dim, multiple)) return false;
  for (size_t r = 0; r < rows.rows; ++r) {
    const uint8_t* row = rows.Row(r);
    if (rows.type == RowType::kInt4) {
      constexpr size_t kHalf = kNarrowRowMultiple / 2;
      for (size_t c = dim; c < rows.stride; ++c) {
        const uint8_t pair = row[c / kNarrowRowMultiple * kHalf + c % kHalf];
        if ((c / kHalf % 2 == 0 ? pair & 15 : pair >> 4) != 8) return false;
      }
    } else {
      const size_t used = rows.RowBytes() / rows.stride * dim;
      if (std::any_of(row + used, row + rows.RowBytes(), [](uint8_t b) { return b != 0; })) {
        return false;
      }
    }
  }
  return true;
}

}  // namespace

Result<TableRows> ReadRows(const TensorFile& file, const std::string& name, size_t n_rows,
                           size_t dim) {
  const TensorInfo* found = file.Find(name);
  TableRows rows{.rows = n_rows};
  if (found != nullptr) rows.type = RowTypeOf(found->dtype);
  const size_t per_element = rows.type == RowType::kInt4 ? 2 : 1;
  VITRINE_ASSIGN_OR_RETURN(
      const TensorInfo* info,
      file.RequireMatrix(name, rows.type == RowType::kF32 ? DType::kF32 : found->dtype, n_rows,
                         (dim + per_element - 1) / per_element));
  rows.data = reinterpret_cast<const uint8_t*>(file.Bytes(*info).data());
  rows.stride = static_cast<size_t>(info->shape[1]) * per_element;
  if (rows.IsWhole()) {
    VITRINE_ASSIGN_OR_RETURN(const auto scales, file.Vector<float>(name + ".scale", n_rows));
    rows.scales = scales.data();
  }
  if (!IsPadded(rows, dim)) {
    return Error{
        ErrorCode::kBadFormat,
        file.name() + ": rows of '" + name + "' are not padded with zeros to a multiple of " +
            std::to_string(rows.type == RowType::kF32 ? kRowMultiple : kNarrowRowMultiple) +
            " values; export the model again"};
  }
  return rows;
}

Result<ItemTable> ItemTable::Read(const TensorFile& file, const std::string& name, size_t n_items,
                                  size_t dim) {
  ItemTable table;
  table.n_items_ = n_items;
  table.dim_ = dim;
  if (file.Has(name + ".codes")) {
    VITRINE_ASSIGN_OR_RETURN(table.coded_, ReadCodedRows(file, name, n_items, dim));
    return table;
  }
  VITRINE_ASSIGN_OR_RETURN(const TableRows rows, ReadRows(file, name, n_items, dim));
  if (rows.type == RowType::kF32) {
    table.matrix_ = {reinterpret_cast<const float*>(rows.data), n_items, dim, rows.stride};
  }
  table.segments_.push_back({0, rows, RowFacts(rows)});
  return table;
}

void ItemTable::Accumulate(std::span<const uint32_t> items, std::span<const float> weights,
                           std::span<float> sum) const {
  Accumulate(items, weights, 0, sum);
}

void ItemTable::Accumulate(std::span<const uint32_t> items, std::span<const float> weights,
                           size_t first, std::span<float> sum) const {
  if (IsCoded()) {
    const size_t end = std::min(first + sum.size(), coded_.codebook.stride);
    return GatherCodedRows(coded_, items, weights, first, sum.first(end - first));
  }
  std::vector<uint32_t> rows;
  std::vector<float> own;
  for (const Segment& segment : segments_) {
    rows.clear();
    own.clear();
    for (size_t i = 0; i < items.size(); ++i) {
      if (items[i] - segment.first_item >= segment.rows.rows) continue;
      rows.push_back(static_cast<uint32_t>(items[i] - segment.first_item));
      own.push_back(weights[i]);
    }
    const size_t end = std::min(first + sum.size(), segment.rows.stride);
    GatherRows(segment.rows, rows, own, first, sum.first(end - first));
  }
}

void ItemTable::Multiply(std::span<const float> x, std::span<float> scores) const {
  if (IsCoded()) {
    return SumProducts(coded_, 0, n_items_, CodebookProducts(coded_, x).data(), scores.data());
  }
  const Activations activations(x, AnyWhole());
  for (const Segment& segment : segments_) {
    GemvRows(segment.rows, 0, segment.rows.rows, activations, scores.data() + segment.first_item);
  }
}

float ItemTable::MultiplyRow(uint32_t item, std::span<const float> x) const {
  float product = 0;
  if (IsCoded()) SumProducts(coded_, item, 1, CodebookProducts(coded_, x).data(), &product);
  for (const Segment& segment : segments_) {
    if (item - segment.first_item >= segment.rows.rows) continue;
    const Activations activations(x, segment.rows.IsWhole());
    GemvRows(segment.rows, item - segment.first_item, 1, activations, &product);
  }
  return product;
}

void ItemTable::Scan(std::span<const float> x, std::span<const float> bias, BestItems& best) const {
  if (IsCoded()) {
    return ScanCodedRows(coded_, CodebookProducts(coded_, x).data(),
                         bias.empty() ? nullptr : bias.data(), best);
  }
  const Activations activations(x, AnyWhole());
  for (const Segment& segment : segments_) {
    ScanRows(segment.rows, segment.facts, activations,
             bias.empty() ? nullptr : bias.data() + segment.first_item,
             static_cast<uint32_t>(segment.first_item), best);
  }
}

bool ItemTable::AnyWhole() const {
  return std::any_of(segments_.begin(), segments_.end(),
                     [](const Segment& segment) { return segment.rows.IsWhole(); });
}

const ConstMatrixView* ItemTable::AsMatrix() const {
  return matrix_.data != nullptr ? &matrix_ : nullptr;
}

}  // namespace vitrine
