// What a row of a log says of its product, packed into one text so that it can be numbered.
#ifndef VITRINE_DATA_PRODUCT_TEXT_H_
#define VITRINE_DATA_PRODUCT_TEXT_H_

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "data/fields.h"

namespace vitrine {

inline constexpr std::array<Field, 4> kProductTextFields = {Field::kTitle, Field::kCategory,
                                                            Field::kBrand, Field::kImage};

// In the order of kProductTextFields.
using ProductText = std::array<std::string_view, kProductTextFields.size()>;

inline constexpr char kProductTextMark = '\x1f';  // ASCII's unit separator

inline std::string JoinProductText(const ProductText& text) {
  std::string joined;
  for (size_t i = 0; i < text.size(); ++i) {
    if (i > 0) joined += kProductTextMark;
    joined += text[i];
  }
  return joined;
}

inline ProductText SplitProductText(std::string_view joined) {
  ProductText text;
  for (std::string_view& part : text) {
    const size_t end = std::min(joined.find(kProductTextMark), joined.size());
    part = joined.substr(0, end);
    joined.remove_prefix(std::min(end + 1, joined.size()));
  }
  return text;
}

}  // namespace vitrine

#endif  // VITRINE_DATA_PRODUCT_TEXT_H_
