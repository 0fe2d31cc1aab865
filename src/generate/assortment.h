// The products of the example shop.
#ifndef VITRINE_GENERATE_ASSORTMENT_H_
#define VITRINE_GENERATE_ASSORTMENT_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "generate/calendar.h"

namespace vitrine::generate {

inline constexpr size_t kPriceBands = 5;
inline constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

// What a shopper's taste meets in a product.
struct Item {
  uint8_t kind = 0;           // index into Kinds()
  uint8_t brand = 0;          // index into Brands()
  uint8_t style = 0;          // index into Styles()
  uint8_t band = 0;           // price band within its kind: 0 cheapest .. kPriceBands - 1
  float quality = 0;          // around 0, deviation about 1
  float popularity = 1;       // relative to the others of its kind; long-tailed
  int64_t launched = 0;       // seconds UTC; on sale from here ...
  int64_t sold_out = kNever;  // ... to here
};

// How the shop shows it.
struct Offer {
  std::string title;
  float price = 0;
  int32_t stock = 0;
  uint8_t noun = 0;  // indices into the kind's lists
  uint8_t material = 0;
  uint8_t size = 0;
  uint8_t variant = 0;
};

struct Assortment {
  std::vector<Item> items;
  std::vector<Offer> offers;                   // beside items
  std::vector<std::vector<uint32_t>> of_kind;  // items of each of Kinds(); may be empty
};

// The first item of every kind is on sale through the whole period. Titles are distinct.
Assortment MakeAssortment(uint64_t seed, size_t n_items, const Calendar& calendar);

// "SKU-000042" for item 42.
std::string ItemId(size_t item);
// Path of the item's picture within the shop's folder.
std::string PicturePath(size_t kind, size_t variant);
// Three or four sentences.
std::string Describe(uint64_t seed, const Assortment& assortment, size_t item);
// What a shopper writes who gives `rating` stars.
std::string ReviewText(const Item& item, int rating, Rng& rng);

}  // namespace vitrine::generate

#endif  // VITRINE_GENERATE_ASSORTMENT_H_
