#include "kernels/scan.h"

#include <algorithm>
#include <cmath>

#include "kernels/gemv.h"

namespace vitrine {
namespace {

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

// upper[i] >= the score that GemvRows and the bias would give row first + i. With digits h and
// rests e of x, a row w has
//   <w, x> = 128 (<w, h> - 64 sum(w)) + <w, e>,  |<w, e>| <= |w| |e|  (Cauchy, Schwarz).
// What rounding to floats may take away is less than a millionth of what goes in.
void UpperScores(const TableRows& rows, const RowFacts& facts, const Activations& x,
                 const int32_t* sums, const float* bias, size_t first, size_t n, float* upper) {
  const auto surplus =
      static_cast<int32_t>(rows.type == RowType::kInt4 ? 8 * x.digits_sum : int64_t{0});
  const float rest_norm = x.rest_norm * 1.0001f;
  for (size_t i = 0; i < n; ++i) {
    const size_t r = first + i;
    const float scale = rows.scales[r] * x.scale;
    const float coarse = static_cast<float>(sums[i] - surplus - 64 * facts.sums[r]) * (128 * scale);
    const float rest = facts.norms[r] * rest_norm * std::abs(scale);
    const float shift = bias == nullptr ? 0 : bias[r];
    upper[i] = coarse + shift + rest + 1e-6f * (std::abs(coarse) + rest + std::abs(shift));
  }
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
  UpperScores(rows, facts, x, sums, bias, first, n, upper);
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
