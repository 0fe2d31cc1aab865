#include "models/coded_table.h"

#include <algorithm>

#include "kernels/gather.h"
#include "kernels/gemv.h"
#include "models/item_table.h"

namespace vitrine {

Result<CodedTable> CodedTable::Read(const TensorFile& file, const std::string& name, size_t n_items,
                                    size_t dim) {
  const auto bad = [&](const char* what) {
    return Error{ErrorCode::kBadFormat,
                 file.name() + ": '" + name + "' " + what + "; export the model again"};
  };
  CodedTable table;
  CodedRows& rows = table.rows_;
  VITRINE_ASSIGN_OR_RETURN(
      const TensorInfo* codes,
      file.RequireMatrix(name + ".codes", DType::kU8, n_items, CodedRows::kPartMultiple));
  rows.codes = reinterpret_cast<const uint8_t*>(file.Bytes(*codes).data());
  rows.rows = n_items;
  rows.parts = static_cast<size_t>(codes->shape[1]);
  const TensorInfo* book = file.Find(name + ".codebook");
  const size_t n_entries =
      book == nullptr || book->shape.empty() ? 0 : static_cast<size_t>(book->shape[0]);
  VITRINE_ASSIGN_OR_RETURN(rows.codebook, ReadRows(file, name + ".codebook", n_entries, dim));
  if (file.Has(name)) return bad("is there twice, as rows and as codes");
  if (rows.parts % CodedRows::kPartMultiple != 0 || n_entries == 0 || n_entries % rows.parts != 0 ||
      rows.Entries() > CodedRows::kMostEntries) {
    return bad("has codes and a codebook that do not fit each other");
  }
  const uint8_t* end = rows.codes + n_items * rows.parts;
  if (std::any_of(rows.codes, end, [&](uint8_t code) { return code >= rows.Entries(); })) {
    return bad("has codes beyond its codebook");
  }
  return table;
}

void CodedTable::Accumulate(std::span<const uint32_t> items, std::span<const float> weights,
                            size_t first, std::span<float> sum) const {
  std::vector<uint32_t> entries;
  std::vector<float> own;
  for (size_t i = 0; i < items.size(); ++i) {
    for (size_t part = 0; part < rows_.parts; ++part) {
      const size_t entry = part * rows_.Entries() + rows_.codes[items[i] * rows_.parts + part];
      entries.push_back(static_cast<uint32_t>(entry));
      own.push_back(weights[i]);
    }
  }
  const size_t end = std::min(first + sum.size(), rows_.codebook.stride);
  GatherRows(rows_.codebook, entries, own, first, sum.first(end - first));
}

std::vector<float> CodedTable::Products(std::span<const float> x) const {
  std::vector<float> products(rows_.codebook.rows);
  GemvRows(rows_.codebook, 0, products.size(), {x, rows_.codebook.IsWhole()}, products.data());
  return products;
}

void CodedTable::Multiply(std::span<const float> x, std::span<float> scores) const {
  SumProducts(rows_, 0, rows_.rows, Products(x).data(), scores.data());
}

float CodedTable::MultiplyRow(uint32_t item, std::span<const float> x) const {
  const Activations activations(x, rows_.codebook.IsWhole());
  std::vector<float> products(rows_.codebook.rows);  // but for the item's own, never read
  for (size_t part = 0; part < rows_.parts; ++part) {
    const size_t entry = part * rows_.Entries() + rows_.codes[item * rows_.parts + part];
    GemvRows(rows_.codebook, entry, 1, activations, &products[entry]);
  }
  float score;
  SumProducts(rows_, item, 1, products.data(), &score);
  return score;
}

void CodedTable::Scan(std::span<const float> x, std::span<const float> bias,
                      BestItems& best) const {
  ScanCodedRows(rows_, Products(x).data(), bias.empty() ? nullptr : bias.data(), best);
}

}  // namespace vitrine
