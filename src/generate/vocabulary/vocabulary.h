// The words and numbers that the example shop is put together from.
#ifndef VITRINE_GENERATE_VOCABULARY_VOCABULARY_H_
#define VITRINE_GENERATE_VOCABULARY_VOCABULARY_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace vitrine::generate {

using Words = std::vector<std::string_view>;

// A colour or a flavour as the title names it, and the colour it is drawn in.
struct Variant {
  std::string_view name;
  uint32_t rgb = 0;
};
using Palette = std::vector<Variant>;

// Palettes that many kinds share.
const Palette& Ceramics();
const Palette& Textiles();
const Palette& Gear();
const Palette& Woods();
const Palette& Brights();

// When in the year a kind is wanted: exp(strength * cos(2 pi (day - peak) / 365.25)), day of the
// year from 0.
struct Season {
  int peak = 0;
  double strength = 0;
};
inline constexpr Season kAllYear{};
inline constexpr Season kSpring{105, 0.8};
inline constexpr Season kSummer{185, 0.9};
inline constexpr Season kWinter{350, 0.8};
inline constexpr Season kGifts{345, 0.5};

// A kind of product: one category of the shop, one drawing, one entry of a shopper's taste.
struct Kind {
  std::string_view picture;   // stem of the drawing's file; also the kind's key in these tables
  std::string_view category;  // as products.csv names it
  std::string_view title;     // pattern over {line} {material} {noun} {size} {variant}
  Words nouns;
  Words materials;
  Words sizes;
  Palette variants;
  double lowest_price = 1;  // in the shop's currency; prices lie geometrically between the two
  double highest_price = 1;
  double repeat_days = 0;  // days that one piece lasts; 0: not a consumable
  double demand = 1;       // how much the kind is wanted, relative to the others
  Season season;
  Words complements;  // keys of the kinds that go with it
  Words features;     // sentences for descriptions
  Words praise;       // clauses for reviews: "It ..."
  Words complaints;   // as many; "It <praise i>, but it <complaint i + 1>" makes sense
};

struct Department {
  std::string_view name;
  std::vector<Kind> kinds;
};

// One per file of this folder.
Department Kitchen();
Department CoffeeAndPantry();
Department Living();
Department Garden();
Department Outdoor();
Department Clothing();
Department BathAndCare();
Department CityAndSport();
Department DeskAndPlay();

// All departments, and their kinds one after the other.
const std::vector<Department>& Departments();
const std::vector<const Kind*>& Kinds();
size_t DepartmentOf(size_t kind);
// Precondition: one of the tables' own keys.
size_t KindIndex(std::string_view picture);

// How a product is designed. Lines are the names that products of the style carry.
inline constexpr size_t kStyles = 6;
struct Style {
  std::string_view name;
  Words lines;
  Words remarks;  // closing sentences for descriptions
};
const std::array<Style, kStyles>& Styles();

struct Brand {
  std::string_view name;
  size_t style = 0;
  double level = 0;  // of its prices within a kind: 0 cheapest .. 1 dearest
  Words departments;
};
const std::vector<Brand>& Brands();

inline constexpr std::array<std::string_view, 8> kCountries = {"DE", "FR", "GB", "NL",
                                                               "SE", "IT", "PL", "AT"};
inline constexpr std::array<std::string_view, 3> kDevices = {"desktop", "mobile", "tablet"};
inline constexpr std::array<std::string_view, 6> kReferrers = {"search", "direct", "email",
                                                               "social", "blog",   "advert"};

// Shoppers come in segments: these are the means around which each shopper's own tastes are drawn.
struct Segment {
  std::string_view name;
  double share = 1;  // of the shoppers, relative
  Words kinds;       // keys of the kinds it comes for
  std::array<double, kStyles> styles{};
  double price = 0.5;  // preferred price position within a kind, 0 .. 1
  std::array<double, kCountries.size()> countries{};
  std::array<double, kDevices.size()> devices{};
  std::array<double, kReferrers.size()> referrers{};
};
const std::vector<Segment>& Segments();

}  // namespace vitrine::generate

#endif  // VITRINE_GENERATE_VOCABULARY_VOCABULARY_H_
