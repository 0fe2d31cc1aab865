#include "data/product_catalogue.h"

#include <algorithm>
#include <array>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "data/parse_number.h"
#include "data/product_text.h"

namespace vitrine {
namespace {

constexpr size_t kRecentPrices = 21;  // enough to outvote a wrong one, few enough to be current

constexpr std::array<std::string Product::*, kProductTextFields.size()> kTextMembers = {
    &Product::title, &Product::category, &Product::brand, &Product::image};

// The training events of every item: those of item i are [offsets[i], offsets[i + 1]).
struct EventsByItem {
  std::vector<uint64_t> offsets;
  std::vector<uint32_t> events;
};

EventsByItem GroupByItem(const EventLog& log, const Partition& parts) {
  const auto for_each = [&](const auto& visit) {
    for (size_t s = 0; s < log.n_shoppers(); ++s) {
      for (uint64_t i = log.offsets[s]; i < log.offsets[s + 1]; ++i) {
        if (parts.InTraining(log, s, i)) visit(parts.item_index[log.item[i]], i);
      }
    }
  };
  EventsByItem grouped;
  grouped.offsets.assign(parts.items.size() + 1, 0);
  for_each([&](uint32_t item, uint64_t) { ++grouped.offsets[item + 1]; });
  for (size_t i = 0; i < parts.items.size(); ++i) grouped.offsets[i + 1] += grouped.offsets[i];
  grouped.events.resize(grouped.offsets.back());
  std::vector<uint64_t> next(grouped.offsets.begin(), grouped.offsets.end() - 1);
  for_each([&](uint32_t item, uint64_t event) {
    grouped.events[next[item]++] = static_cast<uint32_t>(event);
  });
  return grouped;
}

// The most frequent of each kind of text; of equally frequent ones the first in the alphabet.
void FillTexts(const EventLog& log, std::span<const uint32_t> events, Product& product) {
  std::map<uint32_t, uint64_t> rows_by_text;
  for (const uint32_t event : events) {
    if (log.text[event] != EventLog::kNone) ++rows_by_text[log.text[event]];
  }
  for (size_t kind = 0; kind < kTextMembers.size(); ++kind) {
    std::string& text = product.*kTextMembers[kind];
    if (!text.empty()) continue;
    std::map<std::string_view, uint64_t> rows_by_value;
    for (const auto& [id, n] : rows_by_text) {
      const std::string_view value = SplitProductText(log.texts.Name(id))[kind];
      if (!value.empty()) rows_by_value[value] += n;
    }
    const auto best =
        std::max_element(rows_by_value.begin(), rows_by_value.end(),
                         [](const auto& a, const auto& b) { return a.second < b.second; });
    if (best != rows_by_value.end()) text = best->first;
  }
}

float RecentPrice(const EventLog& log, std::span<const uint32_t> events) {
  std::vector<std::pair<int64_t, float>> prices;
  for (const uint32_t event : events) {
    if (log.price[event] > 0) prices.emplace_back(log.time[event], log.price[event]);
  }
  if (prices.empty()) return 0;
  const auto n = static_cast<ptrdiff_t>(std::min(prices.size(), kRecentPrices));
  std::partial_sort(prices.begin(), prices.begin() + n, prices.end(), std::greater<>());
  prices.resize(static_cast<size_t>(n));
  const auto middle = prices.begin() + n / 2;
  std::nth_element(prices.begin(), middle, prices.end(),
                   [](const auto& a, const auto& b) { return a.second < b.second; });
  return middle->second;
}

Error NoProducts(const ProductFile& file, const std::vector<std::string>& names,
                 const std::string& what) {
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "" : ", ") + name;
  return {ErrorCode::kBadFormat, file.path + ": " + what + "; it has the columns " + list +
                                     ": name one with --product-column item=NAME"};
}

}  // namespace

Result<ProductFile> ReadProducts(const std::string& path, const FileOptions& options) {
  VITRINE_ASSIGN_OR_RETURN(const auto reader, OpenRows(path, FileKind::kProducts, options));
  VITRINE_ASSIGN_OR_RETURN(const bool decimal_comma,
                           HasDecimalComma(path, FileKind::kProducts, options));
  ProductFile file{.path = path, .format = reader->format()};
  const auto number = [&](std::string_view text) -> std::optional<float> {
    if (text.empty()) return std::nullopt;
    const auto value = ParseNumber(text, decimal_comma);
    if (!value) ++file.n_bad_numbers;
    return value;
  };
  Row row;
  uint64_t first_malformed = 0;
  while (true) {
    VITRINE_ASSIGN_OR_RETURN(const bool any, reader->Next(row));
    if (!any) break;
    ++file.n_rows;
    const std::string_view id = row.values[Field::kItem];
    if (!row.problem.empty() || id.empty()) {
      if (file.n_malformed++ == 0) first_malformed = row.line;
      continue;
    }
    if (file.ids.Find(id) != StringIds::kNone) {
      ++file.n_repeated;
      continue;
    }
    file.ids.Add(id);
    Product product{.id = std::string(id)};
    for (size_t i = 0; i < kTextMembers.size(); ++i) {
      product.*kTextMembers[i] = row.values[kProductTextFields[i]];
    }
    const auto price = number(row.values[Field::kPrice]);
    if (price && *price > 0) product.price = *price;
    const auto stock = number(row.values[Field::kStock]);
    if (stock) product.stock = static_cast<int32_t>(std::clamp(*stock, 0.0f, 2e9f));
    file.products.push_back(std::move(product));
  }
  file.columns = reader->columns();
  file.column_names = reader->column_names();
  const std::vector<std::string>& names = file.column_names;
  VITRINE_RETURN_IF_ERROR(CheckColumnChoices(path, names, options.columns));
  if (file.n_rows == 0) {
    return Error{ErrorCode::kBadFormat, path + ": has no rows; name a file with products"};
  }
  if (std::none_of(file.columns.begin(), file.columns.end(),
                   [](const FoundColumn& column) { return column.field == Field::kItem; })) {
    return NoProducts(file, names, "no column is known to hold the product");
  }
  if (file.n_malformed * 2 > file.n_rows) {
    return NoProducts(file, names,
                      "most rows, line " + std::to_string(first_malformed) +
                          " the first, cannot be read or name no product");
  }
  return file;
}

Result<Catalogue> BuildCatalogue(const EventLog& log, const Partition& parts,
                                 const ProductFile* file) {
  const EventsByItem grouped = GroupByItem(log, parts);
  std::vector<Product> products;
  products.reserve(parts.items.size());
  for (size_t i = 0; i < parts.items.size(); ++i) {
    Product product{.id = log.items.Name(parts.items[i])};
    const uint32_t known = file == nullptr ? StringIds::kNone : file->ids.Find(product.id);
    if (known != StringIds::kNone) product = file->products[known];
    const auto events =
        std::span(grouped.events)
            .subspan(grouped.offsets[i], grouped.offsets[i + 1] - grouped.offsets[i]);
    FillTexts(log, events, product);
    if (product.price <= 0) product.price = RecentPrice(log, events);
    products.push_back(std::move(product));
  }
  return Catalogue::Create(std::move(products));
}

}  // namespace vitrine
