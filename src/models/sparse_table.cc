#include "models/sparse_table.h"

#include <algorithm>

namespace vitrine {
namespace {

// Whether `offsets` cut `items` into rows that ascend and stay below the number of rows.
bool AreRows(std::span<const uint64_t> offsets, std::span<const uint32_t> items) {
  const size_t n_items = offsets.size() - 1;
  if (offsets[0] != 0 || offsets[n_items] != items.size()) return false;
  for (size_t row = 0; row < n_items; ++row) {
    if (offsets[row] > offsets[row + 1] || offsets[row + 1] > items.size()) return false;
    for (auto i = static_cast<size_t>(offsets[row]); i < offsets[row + 1]; ++i) {
      if (items[i] >= n_items || (i > offsets[row] && items[i] <= items[i - 1])) return false;
    }
  }
  return true;
}

}  // namespace

Result<SparseTable> SparseTable::Read(const TensorFile& file, const std::string& name,
                                      size_t n_items) {
  SparseTable table;
  VITRINE_ASSIGN_OR_RETURN(table.offsets_, file.Vector<uint64_t>(name + ".offsets", n_items + 1));
  VITRINE_ASSIGN_OR_RETURN(table.items_, file.Values<uint32_t>(name + ".items"));
  const TensorInfo* values = file.Find(name + ".values");
  if (values != nullptr && values->dtype == DType::kI8) {
    VITRINE_ASSIGN_OR_RETURN(table.int8_,
                             file.Vector<int8_t>(name + ".values", table.items_.size()));
    VITRINE_ASSIGN_OR_RETURN(table.scales_, file.Vector<float>(name + ".scale", n_items));
  } else {
    VITRINE_ASSIGN_OR_RETURN(table.f32_, file.Vector<float>(name + ".values", table.items_.size()));
  }
  if (!AreRows(table.offsets_, table.items_)) {
    return Error{ErrorCode::kBadFormat, file.name() + ": '" + name +
                                            "' has rows that overlap, do not ascend or name "
                                            "products that do not exist; export the model again"};
  }
  return table;
}

void SparseTable::Accumulate(std::span<const uint32_t> items, std::span<const float> weights,
                             std::span<float> sum) const {
  for (size_t i = 0; i < items.size(); ++i) {
    const size_t row = items[i];
    const float weight = scales_.empty() ? weights[i] : weights[i] * scales_[row];
    const auto end = static_cast<size_t>(offsets_[row + 1]);
    for (auto k = static_cast<size_t>(offsets_[row]); k < end; ++k) {
      sum[items_[k]] += weight * Value(k);
    }
  }
}

float SparseTable::SumColumn(std::span<const uint32_t> items, std::span<const float> weights,
                             uint32_t column) const {
  float sum = 0;
  for (size_t i = 0; i < items.size(); ++i) {
    const size_t row = items[i];
    const float weight = scales_.empty() ? weights[i] : weights[i] * scales_[row];
    const auto begin = items_.begin() + static_cast<ptrdiff_t>(offsets_[row]);
    const auto end = items_.begin() + static_cast<ptrdiff_t>(offsets_[row + 1]);
    const auto found = std::lower_bound(begin, end, column);
    if (found == end || *found != column) continue;
    sum += weight * Value(static_cast<size_t>(found - items_.begin()));
  }
  return sum;
}

}  // namespace vitrine
