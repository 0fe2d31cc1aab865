// Colours that many kinds of product come in.
#include "generate/vocabulary/vocabulary.h"

namespace vitrine::generate {

const Palette& Ceramics() {
  static const auto& palette = *new Palette{
      {"Moss", 0x5f7343}, {"Clay", 0xb0553a}, {"Ink", 0x2c3e57},   {"Chalk", 0xf0ebe0},
      {"Sand", 0xdcc7a0}, {"Fog", 0xcdd6d9},  {"Blush", 0xecb9ac}, {"Lagoon", 0x2f7f86}};
  return palette;
}

const Palette& Textiles() {
  static const auto& palette =
      *new Palette{{"Rust", 0xa4482c}, {"Forest", 0x2f5a45},   {"Navy", 0x2b3f66},
                   {"Plum", 0x6b3b5e}, {"Oat", 0xe3d6bd},      {"Sage", 0xb9c8ae},
                   {"Rose", 0xe2a9a6}, {"Charcoal", 0x454a52}, {"Ochre", 0x9c6a12}};
  return palette;
}

const Palette& Gear() {
  static const auto& palette = *new Palette{
      {"Graphite", 0x474d55}, {"Pine", 0x2f6150},  {"Ember", 0xb34a22}, {"Glacier", 0xbcd6de},
      {"Dusk", 0x4c4f7d},     {"Brick", 0x9c3a2c}, {"Stone", 0xcfc8bb}};
  return palette;
}

const Palette& Woods() {
  static const auto& palette =
      *new Palette{{"Oak", 0xb9854c},   {"Walnut", 0x6b4630}, {"Cherry", 0x9a4f30},
                   {"Maple", 0xdcbb86}, {"Acacia", 0x85552b}, {"Smoked Ash", 0x55504a}};
  return palette;
}

const Palette& Brights() {
  static const auto& palette = *new Palette{
      {"Poppy", 0xb5382f}, {"Ocean", 0x2d6b9e}, {"Fern", 0x43773c},   {"Sunshine", 0xf0cc66},
      {"Berry", 0x962f5f}, {"Mint", 0xa9d8c2},  {"Violet", 0x66509c}, {"Tangerine", 0xb8541a}};
  return palette;
}

}  // namespace vitrine::generate
