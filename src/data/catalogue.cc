#include "data/catalogue.h"

#include <charconv>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

namespace vitrine {
namespace {

using Json = nlohmann::ordered_json;

// The double that prints as the shortest text of `value`: 2.55, not 2.549999952316284.
double ShortestDouble(float value) {
  char text[32];
  const char* end = std::to_chars(text, text + sizeof text, value).ptr;
  double result = 0;
  std::from_chars(text, end, result);
  return result;
}

struct TextColumn {
  const char* name;
  std::string Product::*member;
};
constexpr TextColumn kTextColumns[] = {{"id", &Product::id},
                                       {"title", &Product::title},
                                       {"category", &Product::category},
                                       {"brand", &Product::brand},
                                       {"image", &Product::image}};

}  // namespace

Result<Catalogue> Catalogue::Create(std::vector<Product> products) {
  Catalogue catalogue;
  for (const Product& product : products) {
    const size_t expected = catalogue.index_.size();
    if (catalogue.index_.Add(product.id) != expected) {
      return Error{ErrorCode::kInvalidArgument,
                   "product '" + product.id + "' occurs twice in the catalogue; keep one of them"};
    }
  }
  catalogue.products_ = std::move(products);
  return catalogue;
}

Result<Catalogue> Catalogue::FromJson(const std::string& name, std::string_view json) {
  const auto bad = [&name](const std::string& what) {
    return Error{ErrorCode::kBadFormat, name + ": " + what + "; prepare the data again"};
  };
  const Json root = Json::parse(json, nullptr, /*allow_exceptions=*/false);
  if (!root.is_object()) return bad("the catalogue is not a JSON object");
  if (!root.contains("id") || !root["id"].is_array()) return bad("the catalogue has no 'id'");
  std::vector<Product> products(root["id"].size());

  // Calls set(product, value) down the column; false where the column is not what `fits` wants.
  const auto read = [&](const char* column, const auto& fits, const auto& set) {
    const auto found = root.find(column);
    if (found == root.end()) return true;
    if (!found->is_array() || found->size() != products.size()) return false;
    for (size_t i = 0; i < products.size(); ++i) {
      const Json& value = (*found)[i];
      if (!fits(value)) return false;
      set(products[i], value);
    }
    return true;
  };
  for (const TextColumn& column : kTextColumns) {
    if (!read(
            column.name, [](const Json& value) { return value.is_string(); },
            [&](Product& product, const Json& value) {
              product.*column.member = value.get<std::string>();
            })) {
      return bad(std::string("'") + column.name + "' is not one text per product");
    }
  }
  if (!read(
          "price",
          [](const Json& value) {
            return value.is_number() && value.get<double>() >= 0 &&
                   value.get<double>() <= std::numeric_limits<float>::max();
          },
          [](Product& product, const Json& value) { product.price = value.get<float>(); })) {
    return bad("'price' is not one number of 0 or more per product");
  }
  if (!read(
          "stock",
          [](const Json& value) {
            return value.is_number_integer() && value.get<int64_t>() >= -1 &&
                   value.get<int64_t>() <= std::numeric_limits<int32_t>::max();
          },
          [](Product& product, const Json& value) { product.stock = value.get<int32_t>(); })) {
    return bad("'stock' is not one whole number per product");
  }
  return Create(std::move(products));
}

std::string Catalogue::ToJson() const {
  Json root = Json::object();
  for (const TextColumn& column : kTextColumns) {
    Json values = Json::array();
    bool any = column.member == &Product::id;
    for (const Product& product : products_) {
      any |= !(product.*column.member).empty();
      values.push_back(product.*column.member);
    }
    if (any) root[column.name] = std::move(values);
  }
  Json prices = Json::array(), stocks = Json::array();
  bool any_price = false, any_stock = false;
  for (const Product& product : products_) {
    any_price |= product.price > 0;
    any_stock |= product.stock >= 0;
    prices.push_back(ShortestDouble(product.price));
    stocks.push_back(product.stock);
  }
  if (any_price) root["price"] = std::move(prices);
  if (any_stock) root["stock"] = std::move(stocks);
  return root.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace vitrine
