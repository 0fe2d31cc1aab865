// Writes an example shop to a folder:
//
//   shop.json        name, currency, the settings that made it, counts
//   products.csv     the catalogue; pictures/*.svg are what its `image` column names
//   events.csv       what shoppers did, shopper after shopper, each ascending in time
//   reviews.csv      the words of the `review` events
//   campaigns.csv    advertising, and impressions.csv: what was shown, with what propensity
//   truth/           model.json, items.safetensors, shoppers.safetensors: why they did it
#ifndef VITRINE_GENERATE_WRITE_SHOP_H_
#define VITRINE_GENERATE_WRITE_SHOP_H_

#include <array>
#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>

#include "core/result.h"
#include "features/event.h"
#include "generate/shop.h"

namespace vitrine::generate {

struct ShopCounts {
  std::array<uint64_t, kEventTypes> events{};
  uint64_t visits = 0;
  uint64_t orders = 0;
  uint64_t reviews = 0;
  uint64_t campaigns = 0;
  uint64_t impressions = 0;
  uint64_t clicks = 0;
  uint64_t conversions = 0;
  uint64_t left = 0;  // shoppers who left for good
  uint64_t pictures = 0;
  double revenue = 0;  // in the shop's currency

  uint64_t n_events() const;
  uint64_t& of(EventType type) { return events[static_cast<size_t>(type)]; }
  uint64_t of(EventType type) const { return events[static_cast<size_t>(type)]; }
};

nlohmann::ordered_json ToJson(const ShopCounts& counts);

// The file that marks a folder as an example shop.
inline constexpr const char* kShopFile = "shop.json";

// The settings of the shop in `folder`. invalid-argument where it is none.
Result<ShopOptions> ReadShopOptions(const std::string& folder);

// Called now and then with the number of shoppers done.
using ShopProgress = std::function<void(size_t)>;

// Fills `folder`, which exists. The bytes depend on shop.options alone, not on the threads. Memory
// stays within a few hundred bytes per shopper and per product.
Result<ShopCounts> WriteShop(const Shop& shop, const std::string& folder,
                             const ShopProgress& progress);

}  // namespace vitrine::generate

#endif  // VITRINE_GENERATE_WRITE_SHOP_H_
