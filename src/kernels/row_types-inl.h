// How a vector of values is taken from a row of each type, for kernels to be made of.
#if defined(VITRINE_KERNELS_ROW_TYPES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef VITRINE_KERNELS_ROW_TYPES_INL_H_
#undef VITRINE_KERNELS_ROW_TYPES_INL_H_
#else
#define VITRINE_KERNELS_ROW_TYPES_INL_H_
#endif

#include "hwy/highway.h"
#include "kernels/table_rows.h"

HWY_BEFORE_NAMESPACE();
namespace vitrine {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// Half of what rows are padded to, so that a step has two vectors, for two sums that do not wait
// for each other.
using FloatTag = hn::CappedTag<float, kRowMultiple / 2>;
using Int16Tag = hn::CappedTag<int16_t, kNarrowRowMultiple / 2>;

// Each type has
//   Float(d, row, c): the values c, c + 1, ... of a row, as floats and without its scale;
//   Bytes(c): where value c of a row lies, c a multiple of Step();
//   Step(), Sum, Add(row, x, sum0, sum1): adds the products of the first Step() values with those
//   of x. It reads from pointers with fixed offsets, for which WebAssembly has room in the
//   instruction.
struct F32Row {
  using X = float;
  using Sum = FloatTag;
  static size_t Bytes(size_t c) { return 4 * c; }
  static size_t Step() { return 2 * hn::Lanes(FloatTag()); }

  static HWY_INLINE hn::Vec<FloatTag> Float(FloatTag d, const uint8_t* row, size_t c) {
    return hn::LoadU(d, reinterpret_cast<const float*>(row) + c);
  }
  static HWY_INLINE void Add(const uint8_t* row, const float* x, hn::Vec<Sum>& sum0,
                             hn::Vec<Sum>& sum1) {
    const FloatTag d;
    const size_t next = hn::Lanes(d);
    sum0 = hn::MulAdd(hn::LoadU(d, x), Float(d, row, 0), sum0);
    sum1 = hn::MulAdd(hn::LoadU(d, x + next), Float(d, row, next), sum1);
  }
};

struct F16Row {
  using X = float;
  using Sum = FloatTag;
  static size_t Bytes(size_t c) { return 2 * c; }
  static size_t Step() { return 2 * hn::Lanes(FloatTag()); }

  static HWY_INLINE hn::Vec<FloatTag> Float(FloatTag d, const uint8_t* row, size_t c) {
    const hn::Rebind<uint32_t, FloatTag> d32;
    const hn::Rebind<uint16_t, FloatTag> d16;
    const auto bits =
        hn::PromoteTo(d32, hn::LoadU(d16, reinterpret_cast<const uint16_t*>(row) + c));
    // Exponent and mantissa moved to their places make the number too small by 2^(127 - 15), be it
    // subnormal or not. Weights are finite.
    const auto size = hn::ShiftLeft<13>(hn::And(bits, hn::Set(d32, 0x7FFF)));
    const auto sign = hn::ShiftLeft<16>(hn::And(bits, hn::Set(d32, 0x8000)));
    return hn::Or(hn::Mul(hn::BitCast(d, size), hn::Set(d, 0x1p112f)), hn::BitCast(d, sign));
  }
  static HWY_INLINE void Add(const uint8_t* row, const float* x, hn::Vec<Sum>& sum0,
                             hn::Vec<Sum>& sum1) {
    const FloatTag d;
    const size_t next = hn::Lanes(d);
    sum0 = hn::MulAdd(hn::LoadU(d, x), Float(d, row, 0), sum0);
    sum1 = hn::MulAdd(hn::LoadU(d, x + next), Float(d, row, next), sum1);
  }
};

struct Int8Row {
  using X = int16_t;
  using Sum = hn::RepartitionToWide<Int16Tag>;
  static size_t Bytes(size_t c) { return c; }
  static size_t Step() { return 2 * hn::Lanes(Int16Tag()); }

  static HWY_INLINE hn::Vec<FloatTag> Float(FloatTag d, const uint8_t* row, size_t c) {
    const hn::Rebind<int32_t, FloatTag> d32;
    const hn::Rebind<int8_t, FloatTag> d8;
    auto values = hn::PromoteTo(d32, hn::LoadU(d8, reinterpret_cast<const int8_t*>(row) + c));
#if HWY_TARGET == HWY_WASM  // or the compiler converts numbers of 16 bits, one after the other
    asm("" : "+r"(values.raw));
#endif
    return hn::ConvertTo(d, values);
  }
  static HWY_INLINE void Add(const uint8_t* row, const int16_t* x, hn::Vec<Sum>& sum0,
                             hn::Vec<Sum>& sum1) {
    const Int16Tag d;
    const auto* values = reinterpret_cast<const int8_t*>(row);
    const size_t next = hn::Lanes(d);
    sum0 = hn::ReorderWidenMulAccumulate(Sum(), Wide(d, values), hn::LoadU(d, x), sum0, sum1);
    sum1 = hn::ReorderWidenMulAccumulate(Sum(), Wide(d, values + next), hn::LoadU(d, x + next),
                                         sum1, sum0);
  }
  static HWY_INLINE hn::Vec<Int16Tag> Wide([[maybe_unused]] Int16Tag d, const int8_t* values) {
#if HWY_TARGET == HWY_WASM  // one instruction, of which the compiler makes two
    return hn::Vec<Int16Tag>{wasm_i16x8_load8x8(values)};
#else
    return hn::PromoteTo(d, hn::LoadU(hn::Rebind<int8_t, Int16Tag>(), values));
#endif
  }
};

// In products the values count as stored, 8 too many each; whoever takes the sums puts that right.
struct Int4Row {
  using X = int16_t;
  using Sum = hn::RepartitionToWide<Int16Tag>;
  static constexpr size_t kHalf = kNarrowRowMultiple / 2;
  static size_t Bytes(size_t c) { return c / 2; }
  static size_t Step() { return kNarrowRowMultiple; }

  static HWY_INLINE hn::Vec<FloatTag> Float(FloatTag d, const uint8_t* row, size_t c) {
    const hn::Rebind<int32_t, FloatTag> d32;
    const hn::Rebind<uint8_t, FloatTag> d8;
    const size_t within = c % kNarrowRowMultiple;
    const uint8_t* bytes = row + (c - within) / 2 + within % kHalf;
    const auto pairs = hn::PromoteTo(d32, hn::LoadU(d8, bytes));
    const auto shifted = hn::ShiftRightSame(pairs, within < kHalf ? 0 : 4);
    const auto values = hn::Sub(hn::And(shifted, hn::Set(d32, 15)), hn::Set(d32, 8));
    return hn::ConvertTo(d, values);
  }
  static HWY_INLINE void Add(const uint8_t* row, const int16_t* x, hn::Vec<Sum>& sum0,
                             hn::Vec<Sum>& sum1) {
    const Int16Tag d16;
    const hn::Rebind<uint8_t, Int16Tag> d8;
    for (size_t j = 0; j < kHalf; j += hn::Lanes(d16)) {
      const auto pairs = hn::PromoteTo(d16, hn::LoadU(d8, row + j));
      const auto low = hn::And(pairs, hn::Set(d16, 15)), high = hn::ShiftRight<4>(pairs);
      sum0 = hn::ReorderWidenMulAccumulate(Sum(), low, hn::LoadU(d16, x + j), sum0, sum1);
      sum1 = hn::ReorderWidenMulAccumulate(Sum(), high, hn::LoadU(d16, x + kHalf + j), sum1, sum0);
    }
  }
};

}  // namespace HWY_NAMESPACE
}  // namespace vitrine
HWY_AFTER_NAMESPACE();

#endif  // VITRINE_KERNELS_ROW_TYPES_INL_H_
