// Pictures of products: one drawing per kind, recoloured for each variant.
#ifndef VITRINE_GENERATE_PICTURES_H_
#define VITRINE_GENERATE_PICTURES_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace vitrine::generate {

// The four colours of a drawing that follow the product's own.
struct Tones {
  uint32_t main = 0;
  uint32_t dark = 0;   // shaded side
  uint32_t light = 0;  // lit edge
  uint32_t back = 0;   // behind the product: at least 3:1 against main (WCAG 2.2, 1.4.11)
};
Tones TonesFor(uint32_t rgb);

// (lighter + 0.05) / (darker + 0.05) of relative luminances, 1 .. 21.
double ContrastRatio(uint32_t rgb_a, uint32_t rgb_b);

// The drawing of a kind as it stands in src/generate/pictures; empty where there is none.
std::string_view Drawing(std::string_view picture);

// The drawing with the tones of `rgb` and the title `title` (plain text).
std::string Recolour(std::string_view drawing, uint32_t rgb, std::string_view title);

}  // namespace vitrine::generate

#endif  // VITRINE_GENERATE_PICTURES_H_
