// Numbers as people and programs write them into logs.
#ifndef VITRINE_DATA_PARSE_NUMBER_H_
#define VITRINE_DATA_PARSE_NUMBER_H_

#include <optional>
#include <string_view>

namespace vitrine {

// 1 where `text` is a number whose decimal mark must be a comma ("2,5", "1.234,50"), -1 where it
// must be a point ("2.5", "1,234.50"), 0 where it does not tell ("2", "1,234").
int DecimalCommaEvidence(std::string_view text);

// "2.55", "1,234.50", "£2.55", "12.99 USD"; with `decimal_comma` also "2,55" and "1.234,50".
// Nothing where `text` is no finite number that a float can hold.
std::optional<float> ParseNumber(std::string_view text, bool decimal_comma);

}  // namespace vitrine

#endif  // VITRINE_DATA_PARSE_NUMBER_H_
