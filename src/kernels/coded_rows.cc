#include "kernels/coded_rows.h"

#include <algorithm>

namespace vitrine {

// A table of a few kilobytes stays in the first cache, where a byte and what it names are two loads:
// no vector instruction of WebAssembly does better.
void SumProducts(const CodedRows& rows, size_t first, size_t count, const float* products,
                 float* out) {
  const size_t entries = rows.Entries(), parts = rows.parts;
  const uint8_t* code = rows.codes + first * parts;
  for (size_t i = 0; i < count; ++i) {
    const float* table = products;
    float sum = 0;
    for (const uint8_t* end = code + parts; code < end; code += CodedRows::kPartMultiple) {
      const float* second = table + entries;
      const float* third = second + entries;
      const float* fourth = third + entries;
      sum += (table[code[0]] + second[code[1]]) + (third[code[2]] + fourth[code[3]]);
      table = fourth + entries;
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
