#include "data/parse_number.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>

namespace vitrine {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

std::optional<float> ParsePlain(std::string_view text) {
  float value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) {
    return std::nullopt;
  }
  return value;
}

// "1,234,567" without its commas; nothing where they do not stand between groups of three.
bool RemoveGrouping(std::string& digits, char mark) {
  const size_t whole = std::min(digits.find(mark == ',' ? '.' : ','), digits.size());
  const size_t first = digits.find(mark);
  if (first == std::string::npos) return true;
  if (first == 0 || first > 3) return false;
  for (size_t at = first; at < whole; at += 4) {
    if (digits[at] != mark || at + 4 > whole) return false;
    if (!std::all_of(&digits[at + 1], &digits[at + 1] + 3, IsDigit)) return false;
  }
  if (digits.find(mark, whole) != std::string::npos) return false;
  digits.erase(std::remove(digits.begin(), digits.end(), mark), digits.end());
  return true;
}

}  // namespace

int DecimalCommaEvidence(std::string_view text) {
  const size_t mark = text.find_last_of(".,");
  if (mark == std::string_view::npos || !ParseNumber(text, text[mark] == ',')) return 0;
  // A mark before three digits may as well set thousands apart, unless the other mark does so.
  const char other = text[mark] == ',' ? '.' : ',';
  const auto* const behind = text.data() + mark + 1;
  const auto n_behind = std::find_if_not(behind, text.data() + text.size(), IsDigit) - behind;
  if (n_behind == 3 && text.find(other) == std::string_view::npos) return 0;
  return text[mark] == ',' ? 1 : -1;
}

std::optional<float> ParseNumber(std::string_view text, bool decimal_comma) {
  if (!decimal_comma) {
    if (const auto value = ParsePlain(text)) return value;
  }
  // A currency may stand on either side, apart by blanks; the sign before or behind it.
  std::string ascii;  // with the typographic minus as a hyphen
  if (const size_t at = text.find("\u2212"); at != std::string_view::npos) {
    ascii = std::string(text.substr(0, at)) + '-' + std::string(text.substr(at + 3));
    text = ascii;
  }
  const auto first = std::find_if(text.begin(), text.end(), IsDigit);
  const auto last = std::find_if(text.rbegin(), text.rend(), IsDigit);
  if (first == text.end()) return std::nullopt;
  const std::string_view before(text.begin(), first);
  const std::string_view after(last.base(), text.end());
  const auto is_currency = [](std::string_view side) {
    return side.size() <= 8 && std::none_of(side.begin(), side.end(), [](char c) {
             return c == ',' || c == '/' || c == ':' || c == '+' || c == '%' || c == '(' ||
                    c == '_';
           });
  };
  const size_t minus = before.find('-');
  if (!is_currency(before) || !is_currency(after) || after.find('-') != std::string_view::npos ||
      (minus != std::string_view::npos && before.find('-', minus + 1) != std::string_view::npos)) {
    return std::nullopt;
  }
  std::string digits(first, last.base());
  if (!RemoveGrouping(digits, decimal_comma ? '.' : ',')) return std::nullopt;
  if (decimal_comma) std::replace(digits.begin(), digits.end(), ',', '.');
  if (std::any_of(digits.begin(), digits.end(), [](char c) { return !IsDigit(c) && c != '.'; })) {
    return std::nullopt;
  }
  const auto value = ParsePlain(digits);
  if (!value) return std::nullopt;
  return minus == std::string_view::npos ? *value : -*value;
}

}  // namespace vitrine
