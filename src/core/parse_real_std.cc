#include <charconv>
#include <limits>

#include "core/parse_real.h"

namespace vitrine {

double ParseReal(const std::string& text) {
  double value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  return error == std::errc() && stop == end ? value : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace vitrine
