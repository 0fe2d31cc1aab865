#include "generate/assortment.h"

#include <algorithm>
#include <cmath>
#include <unordered_set>

#include "generate/sampling.h"
#include "generate/vocabulary/vocabulary.h"

namespace vitrine::generate {
namespace {

// The kind of each item: as many of a kind as its breadth asks for, in random order.
std::vector<uint8_t> DealKinds(uint64_t seed, size_t n_items) {
  std::vector<double> upto;
  double sum = 0;
  // A kind twice as wanted is not twice as broad.
  for (const Kind* kind : Kinds()) upto.push_back(sum += std::sqrt(kind->demand));
  std::vector<uint8_t> kinds;
  for (size_t kind = 0; kind < upto.size(); ++kind) {
    const auto goal =
        static_cast<size_t>(std::llround(upto[kind] / sum * static_cast<double>(n_items)));
    kinds.resize(std::max(kinds.size(), goal), static_cast<uint8_t>(kind));
  }
  Rng rng = Stream(seed, Purpose::kAssortment, n_items);
  Shuffle(kinds, rng);
  return kinds;
}

size_t DrawBrand(size_t kind, Rng& rng) {
  const std::string_view department = Departments()[DepartmentOf(kind)].name;
  std::vector<size_t> candidates;
  for (size_t brand = 0; brand < Brands().size(); ++brand) {
    const Words& served = Brands()[brand].departments;
    if (std::find(served.begin(), served.end(), department) != served.end())
      candidates.push_back(brand);
  }
  return Pick(candidates, rng);
}

// Prices end as shops let them end.
float RoundPrice(double price) {
  if (price < 20) return static_cast<float>(std::max(1.0, std::round(price * 2) / 2) - 0.05);
  if (price < 100) return static_cast<float>(std::round(price) - 0.1);
  return static_cast<float>(std::round(price / 5) * 5 - 1);
}

std::string Fill(const Kind& kind, const Offer& offer, std::string_view line) {
  std::string title;
  for (std::string_view rest = kind.title; !rest.empty();) {
    const size_t open = rest.find('{');
    title += rest.substr(0, open);
    if (open == std::string_view::npos) break;
    const size_t close = rest.find('}');
    const std::string_view field = rest.substr(open + 1, close - open - 1);
    title += field == "line"       ? line
             : field == "material" ? kind.materials[offer.material]
             : field == "noun"     ? kind.nouns[offer.noun]
             : field == "size"     ? kind.sizes[offer.size]
                                   : kind.variants[offer.variant].name;
    rest = rest.substr(close + 1);
  }
  return title;
}

// Draws the parts of a title until no other product has it; numbers the product where the words
// run out.
void NameOffer(const Item& item, Offer& offer, std::unordered_set<std::string>& taken, Rng& rng) {
  const Kind& kind = *Kinds()[item.kind];
  const auto draw = [&rng](const auto& list) {
    return static_cast<uint8_t>(rng.Below(static_cast<uint32_t>(list.size())));
  };
  for (int attempt = 0; attempt < 16; ++attempt) {
    offer.noun = draw(kind.nouns);
    offer.material = draw(kind.materials);
    offer.size = draw(kind.sizes);
    offer.variant = draw(kind.variants);
    offer.title = Fill(kind, offer, Pick(Styles()[item.style].lines, rng));
    if (taken.insert(offer.title).second) return;
  }
  const std::string plain = offer.title;
  for (int number = 2;; ++number) {
    offer.title = plain + " No. " + std::to_string(number);
    if (taken.insert(offer.title).second) return;
  }
}

}  // namespace

Assortment MakeAssortment(uint64_t seed, size_t n_items, const Calendar& calendar) {
  Assortment assortment;
  assortment.items.resize(n_items);
  assortment.offers.resize(n_items);
  assortment.of_kind.resize(Kinds().size());
  const std::vector<uint8_t> kinds = DealKinds(seed, n_items);
  const double period = static_cast<double>(calendar.end() - calendar.start());
  std::unordered_set<std::string> taken;
  for (size_t i = 0; i < n_items; ++i) {
    Rng rng = Stream(seed, Purpose::kAssortment, i);
    Item& item = assortment.items[i];
    Offer& offer = assortment.offers[i];
    item.kind = kinds[i];
    auto& peers = assortment.of_kind[item.kind];
    const Kind& kind = *Kinds()[item.kind];
    item.brand = static_cast<uint8_t>(DrawBrand(item.kind, rng));
    const Brand& brand = Brands()[item.brand];
    item.style = static_cast<uint8_t>(Chance(0.8, rng) ? brand.style : rng.Below(kStyles));
    const double position = std::clamp(0.6 * brand.level + 0.4 * rng.Uniform(), 0.0, 0.999);
    item.band = static_cast<uint8_t>(position * kPriceBands);
    item.quality = static_cast<float>(0.9 * rng.Normal() + 0.8 * (position - 0.5));
    item.popularity = std::exp(1.0f * rng.Normal() + 0.35f * item.quality);

    const bool is_new = Chance(0.28, rng);
    const double age_days = Between(30, 900, rng);
    const double launch_share = rng.Uniform();
    const bool sells_out = Chance(0.06, rng);
    const double sold_share = Between(0.75, 1, rng);
    item.launched = calendar.start() - static_cast<int64_t>(age_days * kDaySeconds);
    if (!peers.empty() && is_new) {
      item.launched = calendar.start() + static_cast<int64_t>(launch_share * period);
    }
    if (!peers.empty() && sells_out) {
      const auto end = calendar.start() + static_cast<int64_t>(sold_share * period);
      if (end > item.launched + 14 * kDaySeconds) item.sold_out = end;
    }
    peers.push_back(static_cast<uint32_t>(i));

    Rng title_rng = Stream(seed, Purpose::kTitle, i);
    NameOffer(item, offer, taken, title_rng);
    const double size_step =
        static_cast<double>(offer.size + 1) / static_cast<double>(kind.sizes.size() + 1);
    const double bigger = kind.sizes.size() > 1 ? 0.75 + 0.5 * size_step : 1.0;
    offer.price = RoundPrice(bigger * kind.lowest_price *
                             std::pow(kind.highest_price / kind.lowest_price, position));
    const auto pieces = static_cast<int32_t>(std::exp(3 + rng.Normal()));
    offer.stock = item.sold_out == kNever ? std::clamp(pieces, 1, 500) : 0;
  }
  return assortment;
}

}  // namespace vitrine::generate
