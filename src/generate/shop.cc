#include "generate/shop.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>

#include "core/check.h"

namespace vitrine::generate {
namespace {

Status Validate(const ShopOptions& options) {
  const auto check = [](const char* flag, uint64_t value, uint64_t most) -> Status {
    if (value >= 1 && value <= most) return {};
    return {ErrorCode::kInvalidArgument, std::string(flag) + " is " + std::to_string(value) +
                                             "; give a number from 1 to " + std::to_string(most)};
  };
  VITRINE_RETURN_IF_ERROR(check("--products", options.products, 999'999));
  VITRINE_RETURN_IF_ERROR(check("--shoppers", options.shoppers, 9'999'999));
  return check("--days", options.days < 0 ? 0 : static_cast<uint64_t>(options.days), 3650);
}

void DrawTaste(const Shop& shop, const Segment& segment, Rng& rng, Shopper& shopper) {
  // A Dirichlet draw around the segment's mean. A small concentration makes it sparse: a few kinds
  // hold most of it.
  constexpr double kConcentration = 5;
  constexpr double kOutside = 0.05;  // weight of a kind that the segment doesn't come for
  constexpr float kFavouriteShare = 0.92f;
  std::vector<double> mean(shop.demand.size());
  for (size_t kind = 0; kind < mean.size(); ++kind) {
    const bool inside = std::find(segment.kinds.begin(), segment.kinds.end(),
                                  Kinds()[kind]->picture) != segment.kinds.end();
    mean[kind] = shop.demand[kind] * (inside ? 1 : kOutside);
  }
  const double sum = std::accumulate(mean.begin(), mean.end(), 0.0);
  std::vector<KindShare> shares;
  for (size_t kind = 0; kind < mean.size(); ++kind) {
    if (mean[kind] <= 0) continue;
    shares.push_back({static_cast<uint32_t>(kind),
                      static_cast<float>(Gamma(kConcentration * mean[kind] / sum, rng))});
  }
  std::stable_sort(shares.begin(), shares.end(),
                   [](const KindShare& a, const KindShare& b) { return a.share > b.share; });
  shares.resize(kFavouriteKinds);
  float kept = 0;
  for (const KindShare& share : shares) kept += share.share;
  for (KindShare& share : shares) share.share *= kFavouriteShare / kept;
  std::copy(shares.begin(), shares.end(), shopper.kinds.begin());
}

void DrawDesign(const Segment& segment, Rng& rng, Shopper& shopper) {
  constexpr double kConcentration = 3;
  constexpr float kLeastMatch = 0.05f;
  const double mean_sum = std::accumulate(segment.styles.begin(), segment.styles.end(), 0.0);
  float sum = 0;
  for (size_t style = 0; style < kStyles; ++style) {
    shopper.styles[style] =
        static_cast<float>(Gamma(kConcentration * segment.styles[style] / mean_sum, rng));
    sum += shopper.styles[style];
  }
  for (float& style : shopper.styles) style /= sum;
  const float best = *std::max_element(shopper.styles.begin(), shopper.styles.end());
  for (size_t style = 0; style < kStyles; ++style) {
    shopper.style_match[style] = std::max(kLeastMatch, shopper.styles[style] / best);
  }
  shopper.price = std::clamp(static_cast<float>(segment.price) + 0.17f * rng.Normal(), 0.0f, 1.0f);
  for (size_t band = 0; band < kPriceBands; ++band) {
    const float distance = static_cast<float>(band) - shopper.price * (kPriceBands - 1);
    shopper.band_match[band] = std::max(kLeastMatch, std::exp(-0.5f * distance * distance));
  }
}

// Brands of the shopper's styles, prices and departments.
void DrawBrands(Rng& rng, Shopper& shopper) {
  std::vector<double> of_department(Departments().size());
  for (const KindShare& share : shopper.kinds)
    of_department[DepartmentOf(share.kind)] += share.share;
  std::vector<double> weights;
  for (const Brand& brand : Brands()) {
    double served = 0.01;
    for (size_t d = 0; d < of_department.size(); ++d) {
      const Words& departments = brand.departments;
      if (std::find(departments.begin(), departments.end(), Departments()[d].name) !=
          departments.end()) {
        served += of_department[d];
      }
    }
    const double distance = (brand.level - shopper.price) / 0.3;
    weights.push_back(served * (0.02 + shopper.styles[brand.style]) *
                      std::exp(-0.5 * distance * distance));
  }
  for (uint8_t& brand : shopper.brands) {
    brand = static_cast<uint8_t>(PickWeighted(std::span<const double>(weights), rng));
    weights[brand] = 0;
  }
}

}  // namespace

Result<Shop> MakeShop(const ShopOptions& options) {
  VITRINE_RETURN_IF_ERROR(Validate(options));
  const Calendar calendar(kLogEnd - options.days * kDaySeconds, options.days);
  Shop shop{options, calendar, MakeAssortment(options.seed, options.products, calendar), {}, {},
            {},      {}};
  const auto& of_kind = shop.assortment.of_kind;
  float sum = 0;
  for (size_t kind = 0; kind < of_kind.size(); ++kind) {
    std::vector<float> weights;
    for (const uint32_t item : of_kind[kind])
      weights.push_back(shop.assortment.items[item].popularity);
    shop.popular.push_back(weights.empty() ? AliasTable() : AliasTable(weights));
    shop.demand.push_back(weights.empty() ? 0 : static_cast<float>(Kinds()[kind]->demand));
    sum += shop.demand.back();
  }
  for (float& demand : shop.demand) demand /= sum;
  for (size_t kind = 0; kind < of_kind.size(); ++kind) {
    std::vector<KindShare> row;
    for (const std::string_view key : Kinds()[kind]->complements) {
      const size_t other = KindIndex(key);
      if (!of_kind[other].empty()) row.push_back({static_cast<uint32_t>(other), 1});
    }
    if (row.empty()) row.push_back({static_cast<uint32_t>(kind), 1});
    for (KindShare& share : row) share.share /= static_cast<float>(row.size());
    shop.complements.push_back(std::move(row));
  }
  shop.campaigns = MakeCampaigns(options.seed, calendar, shop.assortment);
  return shop;
}

float Shopper::Taste(const Shop& shop, size_t kind) const {
  float taste = 0;
  float rest = 1;
  for (const KindShare& favourite : kinds) {
    if (favourite.kind == kind) taste += favourite.share;
    rest -= favourite.share;
  }
  return taste + rest * shop.demand[kind];
}

Shopper MakeShopper(const Shop& shop, size_t index) {
  Rng rng = Stream(shop.options.seed, Purpose::kTraits, index);
  Shopper shopper;
  std::vector<double> shares;
  for (const Segment& segment : Segments()) shares.push_back(segment.share);
  shopper.segment = static_cast<uint8_t>(PickWeighted(std::span<const double>(shares), rng));
  const Segment& segment = Segments()[shopper.segment];
  shopper.country =
      static_cast<uint8_t>(PickWeighted(std::span<const double>(segment.countries), rng));
  shopper.device =
      static_cast<uint8_t>(PickWeighted(std::span<const double>(segment.devices), rng));
  DrawTaste(shop, segment, rng, shopper);
  DrawDesign(segment, rng, shopper);
  DrawBrands(rng, shopper);
  shopper.visit_gap_days = std::clamp(24 * std::exp(0.7f * rng.Normal()), 3.0f, 150.0f);
  shopper.leave_probability = static_cast<float>(Beta(0.7, 13, rng));
  shopper.repeat = static_cast<float>(Beta(4, 3, rng));
  shopper.checkout = std::clamp(0.55f + 0.13f * rng.Normal(), 0.2f, 0.9f);
  // Half of them know the shop already and are somewhere between two visits when the period
  // begins; the others turn up through the period.
  const bool known = Chance(0.5, rng);
  const double share = rng.Uniform();
  const double days = shop.options.days;
  shopper.first_day =
      known ? shop.calendar.Advance(0, share * shopper.visit_gap_days) : share * days;
  if (shopper.first_day >= days) shopper.first_day = share * days;
  return shopper;
}

std::string ShopperId(size_t shopper) {
  char id[32];
  std::snprintf(id, sizeof id, "S-%07zu", shopper);
  return id;
}

}  // namespace vitrine::generate
