// The coarse kernels of scan.h in relaxed SIMD: a tiny WebAssembly module of its own, since an
// engine with one such instruction in it is refused as a whole by browsers that do not know it.
//
// It computes in the engine's memory, where data or a stack of its own would lie over the engine's:
// it has neither, which the build makes sure of. Hence no calls, no statics, no arrays.
#include <stddef.h>
#include <stdint.h>
#include <wasm_simd128.h>

#define VITRINE_EXPORT(name) extern "C" __attribute__((export_name(#name)))

namespace {

// Four sums of 16 products, added to `sum`. `seven` holds values of 0 .. 127: with others, what the
// instructions give depends on the processor. `ones` is the vector of ones.

// One instruction of ARM and of newer x86.
struct Fused {
  static v128_t Add(v128_t sum, v128_t any, v128_t seven, v128_t) {
    return wasm_i32x4_relaxed_dot_i8x16_i7x16_add(any, seven, sum);
  }
};

// The same in three steps, each an instruction of the processor's: faster where x86 lacks that one,
// on which browsers then spend five. Pairs are added by a product with ones, since for the
// instruction that adds them browsers load those anew each time.
struct Pairs {
  static v128_t Add(v128_t sum, v128_t any, v128_t seven, v128_t ones) {
    const v128_t pairs = wasm_i16x8_relaxed_dot_i8x16_i7x16(any, seven);
    return wasm_i32x4_add(sum, wasm_i32x4_dot_i16x8(pairs, ones));
  }
};

// The products of one step of a row with the digits it meets.
struct Int8 {
  static constexpr size_t kRowBytes = 32, kDigits = 32;
  template <class Form>
  static void Add(v128_t& sum0, v128_t& sum1, const uint8_t* row, v128_t digits0, v128_t digits1,
                  v128_t ones) {
    sum0 = Form::Add(sum0, wasm_v128_load(row), digits0, ones);
    sum1 = Form::Add(sum1, wasm_v128_load(row + 16), digits1, ones);
  }
};

struct Int4 {
  static constexpr size_t kRowBytes = 16, kDigits = 32;
  template <class Form>
  static void Add(v128_t& sum0, v128_t& sum1, const uint8_t* row, v128_t digits0, v128_t digits1,
                  v128_t ones) {
    const v128_t pairs = wasm_v128_load(row);
    sum0 = Form::Add(sum0, digits0, wasm_v128_and(pairs, wasm_i8x16_const_splat(15)), ones);
    sum1 = Form::Add(sum1, digits1, wasm_u8x16_shr(pairs, 4), ones);
  }
};

// The sums of the lanes of a, b, c and d.
v128_t SumsOfFour(v128_t a, v128_t b, v128_t c, v128_t d) {
  const v128_t ab =
      wasm_i32x4_add(wasm_i32x4_shuffle(a, b, 0, 4, 1, 5), wasm_i32x4_shuffle(a, b, 2, 6, 3, 7));
  const v128_t cd =
      wasm_i32x4_add(wasm_i32x4_shuffle(c, d, 0, 4, 1, 5), wasm_i32x4_shuffle(c, d, 2, 6, 3, 7));
  return wasm_i32x4_add(wasm_i32x4_shuffle(ab, cd, 0, 1, 4, 5),
                        wasm_i32x4_shuffle(ab, cd, 2, 3, 6, 7));
}

template <class Row, class Form>
v128_t OneRow(const uint8_t* row, size_t row_bytes, const uint8_t* digits, v128_t ones) {
  v128_t sum0 = wasm_i32x4_const_splat(0), sum1 = sum0;
  const uint8_t* const end = row + row_bytes;
  for (; row != end; row += Row::kRowBytes, digits += Row::kDigits) {
    Row::template Add<Form>(sum0, sum1, row, wasm_v128_load(digits), wasm_v128_load(digits + 16),
                            ones);
  }
  return wasm_i32x4_add(sum0, sum1);
}

// CoarseKernels::Sums of scan.h. One row after the other: see FourRows of gemv.cc.
template <class Row, class Form>
inline __attribute__((always_inline)) void Sums(const uint8_t* rows, size_t row_bytes,
                                                size_t n_rows, const uint8_t* digits,
                                                int32_t* sums) {
  // Known only when it runs, or the compiler would set it anew in the loop.
  const v128_t ones = wasm_i16x8_splat(static_cast<int16_t>(row_bytes != 0));
  for (size_t r = 0; r < n_rows; r += 4, rows += 4 * row_bytes) {
    const v128_t a = OneRow<Row, Form>(rows, row_bytes, digits, ones);
    const v128_t b = OneRow<Row, Form>(rows + row_bytes, row_bytes, digits, ones);
    const v128_t c = OneRow<Row, Form>(rows + 2 * row_bytes, row_bytes, digits, ones);
    const v128_t d = OneRow<Row, Form>(rows + 3 * row_bytes, row_bytes, digits, ones);
    wasm_v128_store(sums + r, SumsOfFour(a, b, c, d));
  }
}

}  // namespace

#define VITRINE_COARSE_KERNEL(name, Row, Form)                                           \
  VITRINE_EXPORT(name)                                                                   \
  void name(const uint8_t* rows, size_t row_bytes, size_t n_rows, const uint8_t* digits, \
            int32_t* sums) {                                                             \
    Sums<Row, Form>(rows, row_bytes, n_rows, digits, sums);                              \
  }

VITRINE_COARSE_KERNEL(int8_fused, Int8, Fused)
VITRINE_COARSE_KERNEL(int4_fused, Int4, Fused)
VITRINE_COARSE_KERNEL(int8_pairs, Int8, Pairs)
VITRINE_COARSE_KERNEL(int4_pairs, Int4, Pairs)

// Whether this processor is one for which the two steps are faster: asked for 127 * b + 127 * b
// with b = 255, which is more than they promise, it alone stops at the largest number of 16 bits.
VITRINE_EXPORT(prefers_pairs)
int32_t prefers_pairs(int32_t b) {
  const v128_t sums = wasm_i32x4_relaxed_dot_i8x16_i7x16_add(
      wasm_i8x16_const_splat(127), wasm_i8x16_splat(static_cast<int8_t>(b)),
      wasm_i32x4_const_splat(0));
  return wasm_i32x4_extract_lane(sums, 0) == 2 * 32767;
}
