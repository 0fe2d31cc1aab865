// The example shop: its products, its calendar, its campaigns, and who its shoppers are. Everything
// follows from ShopOptions; a shopper follows from (seed, number) alone, so shoppers can be made in
// any order, by any number of threads, and made again whenever they are needed.
#ifndef VITRINE_GENERATE_SHOP_H_
#define VITRINE_GENERATE_SHOP_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "generate/assortment.h"
#include "generate/calendar.h"
#include "generate/campaigns.h"
#include "generate/sampling.h"
#include "generate/vocabulary/vocabulary.h"

namespace vitrine::generate {

inline constexpr std::string_view kShopName = "Fern & Harbour";
inline constexpr std::string_view kCurrency = "EUR";

struct ShopOptions {
  size_t products = 2000;
  size_t shoppers = 5000;
  int days = 365;
  uint64_t seed = 1;
};
// The log ends with the year 2024, so that all of it lies in the past.
inline constexpr int64_t kLogEnd = 1735689600;  // 2025-01-01, midnight UTC

// Shares over the kinds that the shop sells.
struct KindShare {
  uint32_t kind = 0;
  float share = 0;
};

struct Shop {
  ShopOptions options;
  Calendar calendar;
  Assortment assortment;
  Campaigns campaigns;
  std::vector<AliasTable> popular;                  // per kind: positions in of_kind by popularity
  std::vector<float> demand;                        // per kind, sums to 1; 0 where nothing is sold
  std::vector<std::vector<KindShare>> complements;  // per kind, sums to 1; {itself} where none
};

// invalid-argument for options out of range.
Result<Shop> MakeShop(const ShopOptions& options);

inline constexpr size_t kFavouriteKinds = 8;
inline constexpr size_t kFavouriteBrands = 3;

// One shopper's tastes and habits.
struct Shopper {
  uint8_t segment = 0;
  uint8_t country = 0;
  uint8_t device = 0;  // the one used most
  // Taste over kinds: these shares, and what they lack to 1 spread by the shop's demand.
  std::array<KindShare, kFavouriteKinds> kinds{};
  std::array<float, kStyles> styles{};  // taste over styles, sums to 1
  float price = 0;                      // preferred price position within a kind, 0 .. 1
  std::array<uint8_t, kFavouriteBrands> brands{};
  float visit_gap_days = 0;     // mean days of average traffic between visits
  float leave_probability = 0;  // of not coming again, after each visit
  float repeat = 0;             // readiness to buy a consumable again when it is due
  float checkout = 0;           // probability that a visit's cart is bought
  double first_day = 0;         // of the period, on which it first comes
  // How well a style and a price band please, relative to the best: factors of Match().
  std::array<float, kStyles> style_match{};
  std::array<float, kPriceBands> band_match{};

  float Taste(const Shop& shop, size_t kind) const;
};

// Precondition: index < options.shoppers.
Shopper MakeShopper(const Shop& shop, size_t index);

// "S-0000042" for shopper 42.
std::string ShopperId(size_t shopper);

}  // namespace vitrine::generate

#endif  // VITRINE_GENERATE_SHOP_H_
