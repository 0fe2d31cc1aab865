// The data set's catalogue: from a product file, and from what the log says of its products.
#ifndef VITRINE_DATA_PRODUCT_CATALOGUE_H_
#define VITRINE_DATA_PRODUCT_CATALOGUE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "core/result.h"
#include "core/string_ids.h"
#include "data/catalogue.h"
#include "data/event_log.h"
#include "data/partition.h"
#include "data/row_reader.h"

namespace vitrine {

struct ProductFile {
  std::string path;
  std::string format;
  std::vector<FoundColumn> columns;
  std::vector<std::string> column_names;  // all there are
  std::vector<Product> products;
  StringIds ids;  // of the products, in their order
  uint64_t n_rows = 0;
  uint64_t n_malformed = 0;    // rows that could not be read or name no product
  uint64_t n_repeated = 0;     // rows of a product that came before; the first row counts
  uint64_t n_bad_numbers = 0;  // prices and stocks that are no numbers; taken as unknown
};

Result<ProductFile> ReadProducts(const std::string& path, const FileOptions& options);

// The products of the vocabulary. What `file` (may be null) leaves open comes from the training
// part of the log: the most frequent title, category, brand and picture, and the median of the
// last prices.
Result<Catalogue> BuildCatalogue(const EventLog& log, const Partition& parts,
                                 const ProductFile* file);

}  // namespace vitrine

#endif  // VITRINE_DATA_PRODUCT_CATALOGUE_H_
