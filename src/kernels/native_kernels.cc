#include "kernels/native_kernels.h"

#include "kernels/known_answers.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace vitrine {

#if defined(__x86_64__)
namespace {

#define VITRINE_VNNI __attribute__((target("avx2,avx512vl,avx512vnni")))

// Two chains of sums, since each step has to wait for the one before.
struct Row {
  __m256i even, odd;
};

VITRINE_VNNI __m256i Load(const uint8_t* from) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
}

VITRINE_VNNI __m128i SumsOfHalves(const Row& row) {
  const __m256i sum = _mm256_add_epi32(row.even, row.odd);
  return _mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
}

// CoarseKernels::Sums. The digits are the factor without sign, of which this instruction has one.
VITRINE_VNNI void Int8Sums(const uint8_t* rows, size_t row_bytes, size_t n_rows,
                           const uint8_t* digits, int32_t* sums) {
  constexpr size_t kStep = sizeof(__m256i);  // rows are whole ones
  for (size_t r = 0; r < n_rows; r += 4, rows += 4 * row_bytes) {
    const __m256i zero = _mm256_setzero_si256();
    Row four[] = {{zero, zero}, {zero, zero}, {zero, zero}, {zero, zero}};
    size_t i = 0;
    for (; i + 2 * kStep <= row_bytes; i += 2 * kStep) {
      const __m256i even = Load(digits + i), odd = Load(digits + i + kStep);
      const uint8_t* from = rows + i;
      for (Row& row : four) {
        row.even = _mm256_dpbusd_epi32(row.even, even, Load(from));
        row.odd = _mm256_dpbusd_epi32(row.odd, odd, Load(from + kStep));
        from += row_bytes;
      }
    }
    const uint8_t* from = rows + i;
    for (Row& row : four) {
      if (i == row_bytes) break;
      row.even = _mm256_dpbusd_epi32(row.even, Load(digits + i), Load(from));
      from += row_bytes;
    }
    const __m128i ab = _mm_hadd_epi32(SumsOfHalves(four[0]), SumsOfHalves(four[1]));
    const __m128i cd = _mm_hadd_epi32(SumsOfHalves(four[2]), SumsOfHalves(four[3]));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(sums + r), _mm_hadd_epi32(ab, cd));
  }
}

#undef VITRINE_VNNI

bool HasVnni() {
  return __builtin_cpu_supports("avx512vl") != 0 && __builtin_cpu_supports("avx512vnni") != 0;
}

}  // namespace

CoarseKernels NativeCoarseKernels() {
  const CoarseKernels vnni{.int8 = Int8Sums};
  return HasVnni() && CoarseKernelsAreRight(vnni) ? vnni : CoarseKernels();
}
#else
CoarseKernels NativeCoarseKernels() { return {}; }
#endif

}  // namespace vitrine
