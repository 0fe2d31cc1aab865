// Text to number, by the standard library natively and by the page's own parser in WebAssembly,
// where the one of the C library would be a tenth of the engine.
#ifndef VITRINE_CORE_PARSE_REAL_H_
#define VITRINE_CORE_PARSE_REAL_H_

#include <string>

namespace vitrine {

// The double nearest to `text`; NaN where it is no number.
double ParseReal(const std::string& text);

}  // namespace vitrine

#endif  // VITRINE_CORE_PARSE_REAL_H_
