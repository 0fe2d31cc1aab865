#include <emscripten.h>

#include "core/parse_real.h"

// clang-format off: what follows is JavaScript. It takes blank text for 0.
EM_JS(double, vitrine_parse_real, (const char* text), {
  const number = UTF8ToString(text);
  return number.trim() ? Number(number) : NaN;
});
// clang-format on

namespace vitrine {

double ParseReal(const std::string& text) { return vitrine_parse_real(text.c_str()); }

}  // namespace vitrine
