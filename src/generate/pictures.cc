#include "generate/pictures.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace vitrine::generate {
namespace {

// Every drawing is a complete picture in these colours, and these are what Recolour exchanges.
constexpr Tones kDrawn{0x2f7f86, 0x24636a, 0x6fb0b5, 0xe4f0f0};

std::string Hex(uint32_t rgb) {
  char text[8];
  std::snprintf(text, sizeof text, "#%06x", rgb & 0xffffffu);
  return text;
}

uint32_t Mix(uint32_t a, uint32_t b, double share_of_b) {
  uint32_t mixed = 0;
  for (const int shift : {16, 8, 0}) {
    const double from = a >> shift & 0xff;
    const double to = b >> shift & 0xff;
    mixed |= static_cast<uint32_t>(std::lround(from + (to - from) * share_of_b)) << shift;
  }
  return mixed;
}

// WCAG 2.2, "relative luminance".
double Luminance(uint32_t rgb) {
  constexpr std::array<double, 3> kWeights = {0.2126, 0.7152, 0.0722};
  double sum = 0;
  for (size_t i = 0; i < 3; ++i) {
    const double c = (rgb >> (16 - 8 * i) & 0xff) / 255.0;
    sum += kWeights[i] * (c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4));
  }
  return sum;
}

std::string Escape(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '&') {
      escaped += "&amp;";
    } else if (c == '<') {
      escaped += "&lt;";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

}  // namespace

double ContrastRatio(uint32_t rgb_a, uint32_t rgb_b) {
  const double a = Luminance(rgb_a);
  const double b = Luminance(rgb_b);
  return (std::max(a, b) + 0.05) / (std::min(a, b) + 0.05);
}

Tones TonesFor(uint32_t rgb) {
  constexpr uint32_t kWhite = 0xffffff, kPaper = 0xfaf8f4, kSlate = 0x2c3844;
  Tones tones{rgb, Mix(rgb, 0x101c26, 0.26), Mix(rgb, kWhite, 0.4), Mix(rgb, kPaper, 0.87)};
  // Pale products stand before a darker ground, no darker than it must be.
  for (double share = 0.5; share <= 1 && ContrastRatio(rgb, tones.back) < 3; share += 0.05) {
    tones.back = Mix(rgb, kSlate, share);
    tones.light = Mix(rgb, kWhite, 0.6);
    tones.dark = Mix(rgb, kSlate, 0.3);
  }
  return tones;
}

std::string Recolour(std::string_view drawing, uint32_t rgb, std::string_view title) {
  constexpr size_t kHexLength = 7;
  const Tones tones = TonesFor(rgb);
  const std::array<std::pair<std::string, std::string>, 4> exchanged = {
      {{Hex(kDrawn.main), Hex(tones.main)},
       {Hex(kDrawn.dark), Hex(tones.dark)},
       {Hex(kDrawn.light), Hex(tones.light)},
       {Hex(kDrawn.back), Hex(tones.back)}}};
  // In one pass, since a tone may equal one of the drawn colours.
  std::string picture(drawing);
  for (size_t at = 0; (at = picture.find('#', at)) != std::string::npos; ++at) {
    for (const auto& [from, to] : exchanged) {
      if (picture.compare(at, kHexLength, from) != 0) continue;
      picture.replace(at, kHexLength, to);
      break;
    }
  }
  const size_t open = picture.find("<title>");
  const size_t close = picture.find("</title>");
  if (open != std::string::npos && close != std::string::npos) {
    picture.replace(open + 7, close - open - 7, Escape(title));
  }
  return picture;
}

}  // namespace vitrine::generate
