// The shop's products, in the order of their indices. Travels as JSON inside every model file.
#ifndef VITRINE_DATA_CATALOGUE_H_
#define VITRINE_DATA_CATALOGUE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "core/string_ids.h"

namespace vitrine {

struct Product {
  std::string id;
  std::string title;
  std::string category;
  std::string brand;
  std::string image;   // address of a picture, relative to the shop's pages
  float price = 0;     // 0 where unknown
  int32_t stock = -1;  // -1 where unknown
};

class Catalogue {
 public:
  // invalid-argument for two products of one id.
  static Result<Catalogue> Create(std::vector<Product> products);
  // Column-wise JSON: {"id": [...], "title": [...], ...}; columns without any value are left out.
  static Result<Catalogue> FromJson(const std::string& name, std::string_view json);
  std::string ToJson() const;

  size_t size() const { return products_.size(); }
  const Product& operator[](size_t item) const { return products_[item]; }
  // StringIds::kNone where there is none.
  uint32_t Find(std::string_view id) const { return index_.Find(id); }

 private:
  std::vector<Product> products_;
  StringIds index_;
};

}  // namespace vitrine

#endif  // VITRINE_DATA_CATALOGUE_H_
