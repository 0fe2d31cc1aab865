#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/gather.cc"
#include "hwy/foreach_target.h"  // must come before highway.h
//
#include "hwy/highway.h"
#include "kernels/gather.h"
#include "kernels/row_types-inl.h"

HWY_BEFORE_NAMESPACE();
namespace vitrine {
namespace HWY_NAMESPACE {

// Four rows share each load and store of the sum; where the last group has fewer, its last row
// counts again with the weight 0.
template <class Row>
void Gather(const TableRows& rows, std::span<const uint32_t> items, std::span<const float> weights,
            size_t first, std::span<float> sum) {
  const FloatTag d;
  float* HWY_RESTRICT out = sum.data();
  for (size_t k = 0; k < items.size(); k += 4) {
    const uint8_t* row[4];
    float weight[4];
    for (size_t j = 0; j < 4; ++j) {
      const size_t at = HWY_MIN(k + j, items.size() - 1);
      row[j] = rows.Row(items[at]);
      weight[j] = at < k + j       ? 0
                  : rows.IsWhole() ? weights[at] * rows.scales[items[at]]
                                   : weights[at];
    }
    const auto w0 = hn::Set(d, weight[0]), w1 = hn::Set(d, weight[1]), w2 = hn::Set(d, weight[2]),
               w3 = hn::Set(d, weight[3]);
    for (size_t i = 0; i < sum.size(); i += hn::Lanes(d)) {
      auto v = hn::LoadU(d, out + i);
      v = hn::MulAdd(w0, Row::Float(d, row[0], first + i), v);
      v = hn::MulAdd(w1, Row::Float(d, row[1], first + i), v);
      v = hn::MulAdd(w2, Row::Float(d, row[2], first + i), v);
      v = hn::MulAdd(w3, Row::Float(d, row[3], first + i), v);
      hn::StoreU(v, d, out + i);
    }
  }
}

void GatherByType(const TableRows& rows, std::span<const uint32_t> items,
                  std::span<const float> weights, size_t first, std::span<float> sum) {
  switch (rows.type) {
    case RowType::kF32:
      return Gather<F32Row>(rows, items, weights, first, sum);
    case RowType::kF16:
      return Gather<F16Row>(rows, items, weights, first, sum);
    case RowType::kInt8:
      return Gather<Int8Row>(rows, items, weights, first, sum);
    case RowType::kInt4:
      return Gather<Int4Row>(rows, items, weights, first, sum);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace vitrine
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace vitrine {

HWY_EXPORT(GatherByType);

void GatherRows(const TableRows& rows, std::span<const uint32_t> items,
                std::span<const float> weights, size_t first, std::span<float> sum) {
  HWY_DYNAMIC_DISPATCH(GatherByType)(rows, items, weights, first, sum);
}

}  // namespace vitrine
#endif  // HWY_ONCE
