#include "generate/truth.h"

#include <nlohmann/json.hpp>

#include "format/files.h"
#include "format/safetensors.h"
#include "generate/choice.h"

namespace vitrine::generate {
namespace {

using Json = nlohmann::ordered_json;

// Formulas of choice.h and simulate.h, for a reader with another language.
constexpr const char* kFormulas[] = {
    "intent(k) ~ taste_u(k) demand_k(day) + boost sum_bought K(kind, k) 2^(-age_days / boost_days)",
    "look(k) = (1 - aside) intent(k) + aside sum_j intent(j) K(j, k)",
    "browse(i) = look(kind_i) popularity_i match_u(i) fresh_i owned_u(i) / (sum of the same over "
    "the kind)",
    "view(i) = (1 - return) browse(i) + return [i considered] / n_considered; return = 0 if none "
    "is",
    "lands(i) = 1 - G(1 - view(i) cart_u(i)), G(z) = z (1 - more_views) / (1 - more_views z)",
    "buy(i) = again_u(i) + (1 - again_u(i)) lands(i) (1 - remove) checkout_u",
    "taste_u(k) = taste_share of k among taste_kind, the rest to 1 spread by demand",
    "match_u(i) = style_match band_match (1 if the brand is a favourite else other_brand)",
    "style_match = max(0.05, style_taste / max style_taste); band_match = max(0.05, exp(-(band - 4 "
    "price)^2 / 2))",
    "fresh_i = 1 + exp(-days_since_launch / fresh_days) from launched until sold_out, else 0",
    "owned_u(i) = owned for a durable that u has bought, else 1",
    "cart_u(i) = sigmoid(-2.95 + 0.5 quality_i + 1.2 match_u(i) + 0.9 [i considered])",
    "again_u(i) = repeat_u due(days_since_bought / repeat_days); due(x) = 0 to 0.6, linear to 1 at "
    "1, then 2^(-(x - 1) / 0.7)",
    "considered: the last most_considered products put into a cart or on the wish list, neither "
    "bought nor taken out",
    "demand_k(day) = exp(strength cos(2 pi (day_of_year - peak) / 365.25))",
    "K(k, j) = 1 / n over the n complements of k that are sold; K(k, k) = 1 where k has none",
    "visits: gaps Gamma(1.2) with mean visit_gap_days of average traffic, or when a consumable "
    "runs out",
    "leaving: after each visit with leave_probability, 0.15 more after a purchase of at most 2 "
    "stars",
    "stars = round(3.7 + 0.55 quality + 0.9 (match - 0.4) + 0.75 N(0, 1)), held to 1 .. 5",
    "click = slot_click (0.1 + 0.9 match_u(i) min(1, 8 taste_u(kind_i)))",
    "propensity = 0.8 softmax(clamp(log popularity, -1.5, 1.5) + 1.2 [kind is the landing page's] "
    "+ 0.5 [department is]) + 0.2 / choices, over the products on sale of the campaigns running in "
    "the slot",
};

}  // namespace

ShopperTruth::ShopperTruth(size_t n)
    : segment_(n),
      country_(n),
      device_(n),
      taste_kind_(n * kFavouriteKinds),
      favourite_brand_(n * kFavouriteBrands),
      taste_share_(n * kFavouriteKinds),
      style_taste_(n * kStyles),
      price_(n),
      visit_gap_days_(n),
      leave_probability_(n),
      repeat_(n),
      checkout_(n),
      first_time_(n),
      left_at_(n) {}

void ShopperTruth::Set(size_t shopper, const ShopperLog& log) {
  const Shopper& s = log.shopper;
  segment_[shopper] = s.segment;
  country_[shopper] = s.country;
  device_[shopper] = s.device;
  for (size_t i = 0; i < kFavouriteKinds; ++i) {
    taste_kind_[shopper * kFavouriteKinds + i] = static_cast<uint8_t>(s.kinds[i].kind);
    taste_share_[shopper * kFavouriteKinds + i] = s.kinds[i].share;
  }
  for (size_t i = 0; i < kFavouriteBrands; ++i) {
    favourite_brand_[shopper * kFavouriteBrands + i] = s.brands[i];
  }
  for (size_t i = 0; i < kStyles; ++i) style_taste_[shopper * kStyles + i] = s.styles[i];
  price_[shopper] = s.price;
  visit_gap_days_[shopper] = s.visit_gap_days;
  leave_probability_[shopper] = s.leave_probability;
  repeat_[shopper] = s.repeat;
  checkout_[shopper] = s.checkout;
  first_time_[shopper] = log.visits.front().start;
  left_at_[shopper] = log.left_at;
}

Status ShopperTruth::Write(const std::string& path) const {
  const uint64_t n = segment_.size();
  TensorFileWriter writer;
  writer.Add("segment", segment_);
  writer.Add("country", country_);
  writer.Add("device", device_);
  writer.Add("taste_kind", {n, kFavouriteKinds}, std::span<const uint8_t>(taste_kind_));
  writer.Add("taste_share", {n, kFavouriteKinds}, std::span<const float>(taste_share_));
  writer.Add("style_taste", {n, kStyles}, std::span<const float>(style_taste_));
  writer.Add("price", price_);
  writer.Add("favourite_brand", {n, kFavouriteBrands}, std::span<const uint8_t>(favourite_brand_));
  writer.Add("visit_gap_days", visit_gap_days_);
  writer.Add("leave_probability", leave_probability_);
  writer.Add("repeat", repeat_);
  writer.Add("checkout", checkout_);
  writer.Add("first_time", first_time_);
  writer.Add("left_at", left_at_);
  return writer.Write(path);
}

Status WriteItemTruth(const Shop& shop, const std::string& path) {
  const std::vector<Item>& items = shop.assortment.items;
  const auto column = [&items](auto member) {
    std::vector<std::decay_t<decltype(Item{}.*member)>> values;
    values.reserve(items.size());
    for (const Item& item : items) values.push_back(item.*member);
    return values;
  };
  const auto kind = column(&Item::kind);
  const auto brand = column(&Item::brand);
  const auto style = column(&Item::style);
  const auto band = column(&Item::band);
  const auto quality = column(&Item::quality);
  const auto popularity = column(&Item::popularity);
  const auto launched = column(&Item::launched);
  const auto sold_out = column(&Item::sold_out);
  TensorFileWriter writer;
  writer.Add("kind", kind);
  writer.Add("brand", brand);
  writer.Add("style", style);
  writer.Add("band", band);
  writer.Add("quality", quality);
  writer.Add("popularity", popularity);
  writer.Add("launched", launched);
  writer.Add("sold_out", sold_out);
  return writer.Write(path);
}

Status WriteModelTruth(const Shop& shop, const std::string& path) {
  Json model;
  model["about"] =
      "How the shoppers of this example shop choose. buy(i) is the probability that product i "
      "is bought in a visit; times are seconds UTC, and 9223372036854775807 means never.";
  model["formulas"] = kFormulas;
  model["constants"] = {{"boost", kBoost},
                        {"boost_days", kBoostDays},
                        {"aside", kAside},
                        {"return", kReturn},
                        {"other_brand", kOtherBrand},
                        {"fresh_days", kFreshDays},
                        {"owned", kOwned},
                        {"remove", kRemove},
                        {"more_views", kMoreViews},
                        {"most_considered", kMostConsidered},
                        {"slot_click", kSlotClick}};
  for (size_t i = 0; i < Kinds().size(); ++i) {
    const Kind& kind = *Kinds()[i];
    Json complements = Json::array();
    for (const KindShare& other : shop.complements[i]) {
      if (other.kind != i) complements.push_back(Kinds()[other.kind]->category);
    }
    model["kinds"].push_back({{"category", kind.category},
                              {"department", Departments()[DepartmentOf(i)].name},
                              {"demand", shop.demand[i]},
                              {"repeat_days", kind.repeat_days},
                              {"peak", kind.season.peak},
                              {"strength", kind.season.strength},
                              {"complements", complements}});
  }
  for (const Brand& brand : Brands()) {
    model["brands"].push_back({{"name", brand.name},
                               {"style", Styles()[brand.style].name},
                               {"price_level", brand.level},
                               {"departments", brand.departments}});
  }
  for (const Style& style : Styles()) model["styles"].push_back(style.name);
  for (const Segment& segment : Segments()) {
    Json kinds = Json::array();
    for (const std::string_view key : segment.kinds)
      kinds.push_back(Kinds()[KindIndex(key)]->category);
    model["segments"].push_back({{"name", segment.name},
                                 {"share", segment.share},
                                 {"kinds", kinds},
                                 {"styles", segment.styles},
                                 {"price", segment.price},
                                 {"countries", segment.countries},
                                 {"devices", segment.devices},
                                 {"referrers", segment.referrers}});
  }
  model["countries"] = kCountries;
  model["devices"] = kDevices;
  model["referrers"] = kReferrers;
  model["slots"] = kSlots;
  return WriteTextFile(path, model.dump(1) + "\n");
}

}  // namespace vitrine::generate
