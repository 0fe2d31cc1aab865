#include "kernels/coded_rows.h"

#include <algorithm>

#include "hwy/base.h"

namespace vitrine {

// A table of a few kilobytes stays in the first cache, where a byte and what it names are two
// loads: no vector instruction of WebAssembly does better.
HWY_NOINLINE void SumProducts(const CodedRows& rows, size_t first, size_t count,
                              const float* products, float* out) {
  constexpr size_t kEntries = CodedRows::kEntries;
  const uint8_t* code = rows.codes + first * rows.parts;
  for (size_t i = 0; i < count; ++i) {
    const float* table = products;
    float sum = 0;
    for (const uint8_t* end = code + rows.parts; code < end;) {
      sum += (table[code[0]] + table[kEntries + code[1]]) +
             (table[2 * kEntries + code[2]] + table[3 * kEntries + code[3]]);
      code += CodedRows::kPartMultiple;
      table += CodedRows::kPartMultiple * kEntries;
    }
    out[i] = sum;
  }
}

void ScanCodedRows(const CodedRows& rows, const float* products, const float* bias,
                   BestItems& best) {
  constexpr size_t kBlock = 256;
  float scores[kBlock];
  for (size_t first = 0; first < rows.rows; first += kBlock) {
    const size_t n = std::min(kBlock, rows.rows - first);
    SumProducts(rows, first, n, products, scores);
    for (size_t i = 0; i < n && bias != nullptr; ++i) scores[i] += bias[first + i];
    best.Push(static_cast<uint32_t>(first), {scores, n});
  }
}

}  // namespace vitrine
