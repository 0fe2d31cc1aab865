// Rows that are sums of entries of a codebook, and kept as the bytes that name them: product
// quantisation, for catalogues of which a page cannot have more than a few bytes a product.
#ifndef VITRINE_KERNELS_CODED_ROWS_H_
#define VITRINE_KERNELS_CODED_ROWS_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/table_rows.h"
#include "kernels/top_k.h"

namespace vitrine {

// Row r is the sum over p < parts of codebook row p * Entries() + codes[r * parts + p].
struct CodedRows {
  static constexpr size_t kMostEntries = 256;  // of a part
  static constexpr size_t kPartMultiple = 4;   // parts are so many at a time: no kernel has a tail

  const uint8_t* codes = nullptr;  // rows x parts, each below Entries()
  size_t rows = 0;
  size_t parts = 0;
  TableRows codebook;  // parts * Entries() rows

  size_t Entries() const { return codebook.rows / parts; }
};

// out[i] = the sum over p of products[p * Entries() + code p of row first + i], i < count, where
// `products` are those of the codebook's rows with a vector. One order of adding, no products: equal
// to the bit in every build.
void SumProducts(const CodedRows& rows, size_t first, size_t count, const float* products,
                 float* out);

// Hands `best` the same of all rows, row i as item i, plus bias[i] where there is one.
void ScanCodedRows(const CodedRows& rows, const float* products, const float* bias,
                   BestItems& best);

}  // namespace vitrine

#endif  // VITRINE_KERNELS_CODED_ROWS_H_
