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

// Row r is the sum over p < parts of codebook row p * kEntries + codes[r * parts + p].
struct CodedRows {
  static constexpr size_t kEntries = 256;     // of a part: as many as a byte can name
  static constexpr size_t kPartMultiple = 4;  // parts come in so many: no kernel has a tail

  const uint8_t* codes = nullptr;  // rows x parts
  size_t rows = 0;
  size_t parts = 0;
  TableRows codebook;  // parts * kEntries rows
};

// out[i] = the sum over p of products[p * kEntries + code p of row first + i], i < count, where
// `products` are those of the codebook's rows with a vector. One order of adding, and nothing else:
// equal to the bit in every build.
void SumProducts(const CodedRows& rows, size_t first, size_t count, const float* products,
                 float* out);

// Hands `best` the same of all rows, row i as item i, plus bias[i] where there is one.
void ScanCodedRows(const CodedRows& rows, const float* products, const float* bias,
                   BestItems& best);

}  // namespace vitrine

#endif  // VITRINE_KERNELS_CODED_ROWS_H_
