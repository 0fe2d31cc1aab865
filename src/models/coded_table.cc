#include "models/coded_table.h"

#include "kernels/gather.h"
#include "kernels/gemv.h"
#include "models/item_table.h"

namespace vitrine {

Result<CodedRows> ReadCodedRows(const TensorFile& file, const std::string& name, size_t n_items,
                                size_t dim) {
  CodedRows rows{.rows = n_items};
  VITRINE_ASSIGN_OR_RETURN(
      const TensorInfo* codes,
      file.RequireMatrix(name + ".codes", DType::kU8, n_items, CodedRows::kPartMultiple));
  rows.codes = reinterpret_cast<const uint8_t*>(file.Bytes(*codes).data());
  rows.parts = static_cast<size_t>(codes->shape[1]);
  if (rows.parts % CodedRows::kPartMultiple != 0) {
    return Error{ErrorCode::kBadFormat,
                 file.name() + ": '" + name + "' has " + std::to_string(rows.parts) +
                     " codes a product, which is no multiple of 4; export the model again"};
  }
  VITRINE_ASSIGN_OR_RETURN(
      rows.codebook, ReadRows(file, name + ".codebook", rows.parts * CodedRows::kEntries, dim));
  return rows;
}

void GatherCodedRows(const CodedRows& rows, std::span<const uint32_t> items,
                     std::span<const float> weights, size_t first, std::span<float> sum) {
  const size_t parts = rows.parts;
  std::vector<uint32_t> entries(items.size() * parts);
  std::vector<float> own(entries.size());
  for (size_t i = 0; i < entries.size(); ++i) {
    const size_t item = i / parts, part = i % parts;
    const size_t entry = part * CodedRows::kEntries + rows.codes[items[item] * parts + part];
    entries[i] = static_cast<uint32_t>(entry);
    own[i] = weights[item];
  }
  GatherRows(rows.codebook, entries, own, first, sum);
}

std::vector<float> CodebookProducts(const CodedRows& rows, std::span<const float> x) {
  std::vector<float> products(rows.codebook.rows);
  GemvRows(rows.codebook, 0, products.size(), {x, rows.codebook.IsWhole()}, products.data());
  return products;
}

}  // namespace vitrine
