// Pictures are self-contained, well-formed and easy to see.
#include "generate/pictures.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "generate/vocabulary/vocabulary.h"

namespace vitrine::generate {
namespace {

// Whether every tag is closed in order. Knows as much XML as the drawings use.
bool WellFormed(std::string_view xml) {
  std::vector<std::string_view> open;
  for (size_t at = 0; (at = xml.find('<', at)) != std::string_view::npos;) {
    const size_t end = xml.find('>', at);
    if (end == std::string_view::npos) return false;
    std::string_view tag = xml.substr(at + 1, end - at - 1);
    if (std::count(tag.begin(), tag.end(), '"') % 2 != 0) return false;
    if (tag.front() == '/') {
      if (open.empty() || open.back() != tag.substr(1)) return false;
      open.pop_back();
    } else if (tag.back() != '/') {
      open.push_back(tag.substr(0, tag.find(' ')));
    }
    at = end;
  }
  return open.empty();
}

// Whether an attribute such as onclick="..." occurs.
bool HasEventHandler(std::string_view xml) {
  for (size_t at = 0; (at = xml.find(" on", at)) != std::string_view::npos; ++at) {
    const size_t end = xml.find_first_not_of("abcdefghijklmnopqrstuvwxyz", at + 1);
    if (end != std::string_view::npos && end > at + 3 && xml[end] == '=') return true;
  }
  return false;
}

TEST(Pictures, KnownContrastRatios) {
  EXPECT_NEAR(ContrastRatio(0xffffff, 0x000000), 21, 1e-9);
  EXPECT_NEAR(ContrastRatio(0x777777, 0xffffff), 4.48, 0.01);
  EXPECT_DOUBLE_EQ(ContrastRatio(0x123456, 0x123456), 1);
}

// WCAG 2.2, 1.4.11: graphical objects, 3:1.
TEST(Pictures, EveryVariantStandsOutFromItsGround) {
  for (const Kind* kind : Kinds()) {
    for (const Variant& variant : kind->variants) {
      const Tones tones = TonesFor(variant.rgb);
      EXPECT_EQ(tones.main, variant.rgb);
      EXPECT_GE(ContrastRatio(tones.main, tones.back), 3) << kind->picture << " " << variant.name;
    }
  }
}

TEST(Pictures, AreSmallSelfContainedAndWithoutScript) {
  for (const Kind* kind : Kinds()) {
    SCOPED_TRACE(kind->picture);
    const std::string_view drawing = Drawing(kind->picture);
    EXPECT_TRUE(drawing.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"240\" "));
    EXPECT_TRUE(WellFormed(drawing));
    EXPECT_LT(drawing.size(), 2048u);
    for (const char* foreign :
         {"<script", "<style", "<image", "<foreignObject", "href", "url(", "javascript:", "<!--"}) {
      EXPECT_EQ(drawing.find(foreign), std::string_view::npos) << foreign;
    }
    EXPECT_EQ(drawing.find("http", 50), std::string_view::npos);
    EXPECT_FALSE(HasEventHandler(drawing));
  }
}

TEST(Pictures, RecolouringExchangesEveryToneAndTheTitle) {
  constexpr uint32_t kRust = 0xa4482c;
  const Tones drawn = {0x2f7f86, 0x24636a, 0x6fb0b5, 0xe4f0f0};
  for (const Kind* kind : Kinds()) {
    SCOPED_TRACE(kind->picture);
    const std::string picture = Recolour(Drawing(kind->picture), kRust, "A & B <c>");
    EXPECT_TRUE(WellFormed(picture));
    EXPECT_NE(picture.find("<title>A &amp; B &lt;c></title>"), std::string::npos);
    for (const uint32_t rgb : {drawn.main, drawn.dark, drawn.light, drawn.back}) {
      char hex[8];
      std::snprintf(hex, sizeof hex, "#%06x", rgb);
      EXPECT_EQ(picture.find(hex), std::string::npos) << hex;
    }
    EXPECT_NE(picture.find("#a4482c"), std::string::npos);
  }
}

// The drawings are drawn in one of the colours that they come in.
TEST(Pictures, RecolouringInTheDrawnColourKeepsMain) {
  EXPECT_NE(Recolour(Drawing("mug"), 0x2f7f86, "Mug").find("#2f7f86"), std::string::npos);
}

TEST(Pictures, AnUnknownKindHasNoDrawing) { EXPECT_TRUE(Drawing("unicorn").empty()); }

}  // namespace
}  // namespace vitrine::generate
