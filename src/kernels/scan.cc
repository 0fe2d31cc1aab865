#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/scan.cc"
#include "hwy/foreach_target.h"  // must come before highway.h
//
#include <algorithm>
#include <cmath>

#include "hwy/highway.h"
#include "kernels/gemv.h"
#include "kernels/scan.h"

HWY_BEFORE_NAMESPACE();
namespace vitrine {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// upper[i] >= the score that GemvRows and the bias would give row first + i, i < n, a multiple
// of 4. With digits h and rests e of x, a row w has
//   <w, x> = 128 (<w, h> - 64 sum(w)) + <w, e>,  |<w, e>| <= |w| |e|  (Cauchy, Schwarz).
// What rounding to floats may take away is less than a millionth of what goes in.
void UpperScores(const TableRows& rows, const RowFacts& facts, const Activations& x,
                 const int32_t* sums, const float* bias, size_t first, size_t n, float* upper) {
  const hn::CappedTag<float, 4> d;
  const hn::RebindToSigned<decltype(d)> d32;
  const int64_t surplus = rows.type == RowType::kInt4 ? 8 * x.digits_sum : 0;
  const auto vsurplus = hn::Set(d32, static_cast<int32_t>(surplus));
  const auto x_scale = hn::Set(d, x.scale), rest_norm = hn::Set(d, x.rest_norm * 1.0001f);
  for (size_t i = 0; i < n; i += hn::Lanes(d)) {
    const size_t r = first + i;
    const auto scale = hn::Mul(hn::LoadU(d, rows.scales + r), x_scale);
    const auto of_zero = hn::ShiftLeft<6>(hn::LoadU(d32, facts.sums.data() + r));
    const auto sum = hn::Sub(hn::Sub(hn::LoadU(d32, sums + i), vsurplus), of_zero);
    const auto coarse = hn::Mul(hn::ConvertTo(d, sum), hn::Mul(hn::Set(d, 128), scale));
    const auto norm = hn::LoadU(d, facts.norms.data() + r);
    const auto rest = hn::Mul(hn::Mul(norm, rest_norm), hn::Abs(scale));
    const auto shift = bias == nullptr ? hn::Zero(d) : hn::LoadU(d, bias + r);
    const auto rounded = hn::Add(hn::Add(hn::Abs(coarse), rest), hn::Abs(shift));
    const auto bound = hn::Add(hn::Add(coarse, shift), rest);
    hn::StoreU(hn::MulAdd(hn::Set(d, 1e-6f), rounded, bound), d, upper + i);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace vitrine
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace vitrine {
namespace {

HWY_EXPORT(UpperScores);

CoarseKernels coarse_kernels;

// Up to here no coarse sum reaches 2^31: 128 * 127 a value.
constexpr size_t kMaxCoarseStride = size_t{1} << 16;

CoarseKernels::Sums CoarseKernelFor(const TableRows& rows) {
  if (rows.stride > kMaxCoarseStride) return nullptr;
  return rows.type == RowType::kInt8   ? coarse_kernels.int8
         : rows.type == RowType::kInt4 ? coarse_kernels.int4
                                       : nullptr;
}

void AddBias(const float* bias, size_t n, float* scores) {
  if (bias == nullptr) return;
  for (size_t i = 0; i < n; ++i) scores[i] += bias[i];
}

// The coarse kernel over rows [first, first + n), n <= kScanBlock a multiple of 4. False, with
// nothing done, where most rows would want an exact product after all.
bool ScanCoarsely(const TableRows& rows, const RowFacts& facts, const Activations& x,
                  CoarseKernels::Sums kernel, const float* bias, size_t first, size_t n,
                  uint32_t first_item, BestItems& best) {
  int32_t sums[kScanBlock];
  float upper[kScanBlock];
  uint32_t chosen[kScanBlock];
  kernel(rows.Row(first), rows.RowBytes(), n, x.digits.data(), sums);
  HWY_DYNAMIC_DISPATCH(UpperScores)(rows, facts, x, sums, bias, first, n, upper);
  best.AddBiases(first_item + static_cast<uint32_t>(first), {upper, n});
  const size_t n_chosen = SelectAbove(upper, n, best.worst(), chosen);
  if (n_chosen > n / 4) return false;
  float scores[kScanBlock / 4];
  GemvRows(rows, {first, n_chosen, chosen}, x, scores);
  for (size_t i = 0; i < n_chosen; ++i) {
    const size_t r = first + chosen[i];
    best.Push(first_item + static_cast<uint32_t>(r), scores[i] + (bias == nullptr ? 0 : bias[r]));
  }
  return true;
}

}  // namespace

void SetCoarseKernels(const CoarseKernels& kernels) { coarse_kernels = kernels; }

RowFacts::RowFacts(const TableRows& rows) {
  if (CoarseKernelFor(rows) == nullptr) return;
  sums.reserve(rows.rows);
  norms.reserve(rows.rows);
  for (size_t r = 0; r < rows.rows; ++r) {
    const uint8_t* row = rows.Row(r);
    int32_t sum = 0, square = 0;
    for (size_t i = 0; i < rows.RowBytes(); ++i) {
      if (rows.type == RowType::kInt8) {
        const int q = static_cast<int8_t>(row[i]);
        sum += q;
        square += q * q;
      } else {
        const int low = (row[i] & 15) - 8, high = (row[i] >> 4) - 8;
        sum += low + high;
        square += low * low + high * high;
      }
    }
    sums.push_back(sum);
    norms.push_back(std::sqrt(static_cast<float>(square)));
  }
}

void ScanBlock(const TableRows& rows, const RowFacts& facts, const Activations& x,
               const float* bias, size_t first, uint32_t first_item, BestItems& best) {
  const size_t n = std::min(kScanBlock, rows.rows - first);
  const CoarseKernels::Sums kernel = facts.sums.empty() ? nullptr : CoarseKernelFor(rows);
  if (kernel != nullptr && n % 4 == 0 && std::isfinite(best.worst()) &&
      ScanCoarsely(rows, facts, x, kernel, bias, first, n, first_item, best)) {
    return;
  }
  float scores[kScanBlock];
  GemvRows(rows, {first, n}, x, scores);
  AddBias(bias == nullptr ? nullptr : bias + first, n, scores);
  best.Push(first_item + static_cast<uint32_t>(first), {scores, n});
}

void ScanRows(const TableRows& rows, const RowFacts& facts, const Activations& x, const float* bias,
              uint32_t first_item, BestItems& best) {
  for (size_t first = 0; first < rows.rows; first += kScanBlock) {
    ScanBlock(rows, facts, x, bias, first, first_item, best);
  }
}

}  // namespace vitrine
#endif  // HWY_ONCE
