// A product of factors that are rounded to bf16, whose sums stay in f32: twice the operations of
// f32 in a cycle, on processors that have them. Compiled for AVX512_BF16 alone; see gemm.cc.
//
// Blocks of both factors are packed as the innermost loop reads them (Goto and van de Geijn,
// "Anatomy of high-performance matrix multiplication", 2008), rounded on the way.
#include <immintrin.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "backend/cpu/gemm_kernel.h"
#include "core/aligned_buffer.h"

namespace vitrine {
namespace {

// Two values in bf16, neighbours along k; the lower half is the first.
using Pair = uint32_t;

constexpr size_t kLanes = 16;     // floats, or pairs, of a vector
constexpr size_t kTileRows = 14;  // of `out`: 28 vectors of sums, two of b and one of a
constexpr size_t kTileCols = 2 * kLanes;
constexpr size_t kDepth = 256;  // along k: a panel of b, 16 KiB, stays in the first cache
constexpr size_t kBlockRows = 18 * kTileRows;  // of a: 126 KiB, in the second cache
constexpr size_t kBlockCols = 32 * kTileCols;  // of b: 512 KiB
constexpr size_t kPairs = kDepth / 2;

__mmask16 First(size_t n) { return static_cast<__mmask16>((1u << std::min(n, kLanes)) - 1); }

// A factor from its place (row or column of the tile, k) on.
struct Factor {
  const float* data;
  size_t stride;
  bool along_k;  // whether values that follow each other in memory differ in k

  Factor At(size_t i, size_t k) const {
    return {data + (along_k ? i * stride + k : k * stride + i), stride, along_k};
  }
};

// The pairs of one line along k, `depth` values of it.
void RoundLine(const float* line, size_t depth, Pair* pairs) {
  for (size_t k = 0; k < depth; k += 2 * kLanes) {
    const size_t left = depth - k;
    const __m512 lower = _mm512_maskz_loadu_ps(First(left), line + k);
    const __m512 upper = left > kLanes
                             ? _mm512_maskz_loadu_ps(First(left - kLanes), line + k + kLanes)
                             : _mm512_setzero_ps();
    _mm512_storeu_si512(pairs + k / 2, (__m512i)_mm512_cvtne2ps_pbh(upper, lower));
  }
}

// Packs `count` lines of `depth` values each: in panels of Width lines, pair after pair, the pairs
// of all lines of the panel next to each other. Lines and values that are not there are 0.
template <size_t Width>
void Pack(const Factor& from, size_t count, size_t depth, Pair* to) {
  const size_t n_pairs = (depth + 1) / 2;
  std::array<Pair, kPairs + kLanes> line;
  const __m512i interleave = [] {
    alignas(64) std::array<uint16_t, 2 * kLanes> order;
    for (size_t i = 0; i < kLanes; ++i) {
      order[2 * i] = static_cast<uint16_t>(i);
      order[2 * i + 1] = static_cast<uint16_t>(kLanes + i);
    }
    return _mm512_load_si512(order.data());
  }();
  for (size_t first = 0; first < count; first += Width, to += n_pairs * Width) {
    const size_t here = std::min(Width, count - first);
    if (from.along_k) {
      if (here < Width) std::fill_n(to, n_pairs * Width, Pair{0});
      for (size_t i = 0; i < here; ++i) {
        RoundLine(from.At(first + i, 0).data, depth, line.data());
        for (size_t p = 0; p < n_pairs; ++p) to[p * Width + i] = line[p];
      }
      continue;
    }
    for (size_t p = 0; p < n_pairs; ++p) {
      const float* even = from.At(first, 2 * p).data;
      const float* odd = from.At(first, 2 * p + 1).data;
      for (size_t i = 0; i < Width; i += kLanes) {
        const __mmask16 there = here > i ? First(here - i) : __mmask16{0};
        const __m512 lower = _mm512_maskz_loadu_ps(there, even + i);
        const __m512 upper =
            2 * p + 1 < depth ? _mm512_maskz_loadu_ps(there, odd + i) : _mm512_setzero_ps();
        const __m512i pairs =
            _mm512_permutexvar_epi16(interleave, (__m512i)_mm512_cvtne2ps_pbh(upper, lower));
        _mm512_mask_storeu_epi32(to + p * Width + i, First(Width - i), pairs);
      }
    }
  }
}

// One tile: out = alpha * (a panel of a) * (a panel of b) + beta * out, of its first rows and cols.
void MultiplyTile(const Pair* a, const Pair* b, size_t n_pairs, float alpha, float beta, float* out,
                  size_t stride, size_t rows, size_t cols) {
  __m512 sums[kTileRows][2];
#pragma GCC unroll 14
  for (auto& row : sums) row[0] = row[1] = _mm512_setzero_ps();
  for (size_t p = 0; p < n_pairs; ++p, a += kTileRows, b += kTileCols) {
    const auto b0 = (__m512bh)_mm512_load_si512(b);
    const auto b1 = (__m512bh)_mm512_load_si512(b + kLanes);
#pragma GCC unroll 14
    for (size_t i = 0; i < kTileRows; ++i) {
      const auto pair = (__m512bh)_mm512_set1_epi32(static_cast<int>(a[i]));
      sums[i][0] = _mm512_dpbf16_ps(sums[i][0], pair, b0);
      sums[i][1] = _mm512_dpbf16_ps(sums[i][1], pair, b1);
    }
  }
  const __m512 alphas = _mm512_set1_ps(alpha), betas = _mm512_set1_ps(beta);
  const auto store = [&](float* to, __m512 sum, __mmask16 there) {
    sum = _mm512_mul_ps(alphas, sum);
    if (beta != 0) sum = _mm512_fmadd_ps(betas, _mm512_maskz_loadu_ps(there, to), sum);
    _mm512_mask_storeu_ps(to, there, sum);
  };
  const __mmask16 upper = cols > kLanes ? First(cols - kLanes) : __mmask16{0};
#pragma GCC unroll 14
  for (size_t i = 0; i < kTileRows; ++i) {
    if (i >= rows) continue;
    store(out + i * stride, sums[i][0], First(cols));
    if (upper != 0) store(out + i * stride + kLanes, sums[i][1], upper);
  }
}

// Where a thread packs.
struct Packs {
  alignas(kAlignment) std::array<Pair, kBlockRows * kPairs> a;
  alignas(kAlignment) std::array<Pair, kBlockCols * kPairs> b;
};

}  // namespace

void GemmBf16(const GemmShape& s, float alpha, const float* a, const float* b, float beta,
              float* out) {
  thread_local const auto packs = std::make_unique<Packs>();
  const Factor rows{a, s.lda, s.trans_a == Trans::kNo};
  const Factor cols{b, s.ldb, s.trans_b == Trans::kYes};
  for (size_t col = 0; col < s.n; col += kBlockCols) {
    const size_t n = std::min(kBlockCols, s.n - col);
    for (size_t k = 0; k < s.k; k += kDepth) {
      const size_t depth = std::min(kDepth, s.k - k), n_pairs = (depth + 1) / 2;
      Pack<kTileCols>(cols.At(col, k), n, depth, packs->b.data());
      const float keep = k == 0 ? beta : 1;
      for (size_t row = 0; row < s.m; row += kBlockRows) {
        const size_t m = std::min(kBlockRows, s.m - row);
        Pack<kTileRows>(rows.At(row, k), m, depth, packs->a.data());
        for (size_t j = 0; j < n; j += kTileCols) {
          for (size_t i = 0; i < m; i += kTileRows) {
            MultiplyTile(&packs->a[i * n_pairs], &packs->b[j * n_pairs], n_pairs, alpha, keep,
                         out + (row + i) * s.ldc + col + j, s.ldc, std::min(kTileRows, m - i),
                         std::min(kTileCols, n - j));
          }
        }
      }
    }
  }
}

}  // namespace vitrine
