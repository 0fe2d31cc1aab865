// The shop's prose: ids, descriptions, reviews.
#include <cstdio>
#include <string>

#include "generate/assortment.h"
#include "generate/sampling.h"
#include "generate/vocabulary/vocabulary.h"

namespace vitrine::generate {
namespace {

// ASCII letters only; the rest is passed on.
std::string LowerCase(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

std::string Slug(std::string_view text) {
  std::string slug;
  for (const char c : LowerCase(text)) {
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
      slug += c;
    } else if (!slug.empty() && slug.back() != '-') {
      slug += '-';
    }
  }
  while (!slug.empty() && slug.back() == '-') slug.pop_back();
  return slug;
}

}  // namespace

std::string ItemId(size_t item) {
  char id[32];
  std::snprintf(id, sizeof id, "SKU-%06zu", item);
  return id;
}

std::string PicturePath(size_t kind, size_t variant) {
  const Kind& k = *Kinds()[kind];
  return "pictures/" + std::string(k.picture) + "-" + Slug(k.variants[variant].name) + ".svg";
}

std::string Describe(uint64_t seed, const Assortment& assortment, size_t item) {
  Rng rng = Stream(seed, Purpose::kDescription, item);
  const Item& it = assortment.items[item];
  const Offer& offer = assortment.offers[item];
  const Kind& kind = *Kinds()[it.kind];
  const std::string brand(Brands()[it.brand].name);
  const std::string material(kind.materials[offer.material]);
  const std::string noun = LowerCase(kind.nouns[offer.noun]);
  // "Stoneware mug by Fjellund.", but "Guji coffee beans by Havgren: washed arabica."
  const bool flavoured =
      kind.title.find("{material}") == std::string_view::npos && kind.repeat_days > 0;
  std::string text = flavoured ? std::string(kind.variants[offer.variant].name) + " " + noun +
                                     " by " + brand + ": " + LowerCase(material) + "."
                               : material.substr(0, 1) + LowerCase(material.substr(1)) + " " +
                                     noun + " by " + brand + ".";
  const auto first = rng.Below(static_cast<uint32_t>(kind.features.size()));
  const auto step = 1 + rng.Below(static_cast<uint32_t>(kind.features.size() - 1));
  text.append(" ").append(kind.features[first]);
  text.append(" ").append(kind.features[(first + step) % kind.features.size()]);
  if (Chance(0.6, rng)) text.append(" ").append(Pick(Styles()[it.style].remarks, rng));
  return text;
}

std::string ReviewText(const Item& item, int rating, Rng& rng) {
  static const Words kDelighted = {"Exactly what I wanted.", "Very happy with it.",
                                   "Would buy it again.", "Better than I expected.",
                                   "A small joy every day."};
  static const Words kPleased = {"Good buy.", "Does its job well.", "Solid.",
                                 "Glad I chose this one."};
  static const Words kMixed = {"Fine for the price.", "So-so.", "It will do.",
                               "Not bad, not great."};
  static const Words kUnhappy = {"Disappointed.", "I expected more.", "Not for me.",
                                 "Would not buy it again."};
  static const Words kAfterwards = {"Delivery was quick.",
                                    "The packaging was modest, which I like.",
                                    "Bought one for my sister, too.", "The colour is as pictured.",
                                    "I have had it for two weeks now."};
  const Kind& kind = *Kinds()[item.kind];
  const Words& opening = rating >= 5   ? kDelighted
                         : rating == 4 ? kPleased
                         : rating == 3 ? kMixed
                                       : kUnhappy;
  std::string text(Pick(opening, rng));
  const auto n = static_cast<uint32_t>(kind.praise.size());
  const uint32_t liked = rng.Below(n);
  const uint32_t disliked = rng.Below(n);
  const std::string praise(kind.praise[liked]);
  const std::string complaint(kind.complaints[rating == 3 ? (liked + 1) % n : disliked]);
  if (rating >= 4) {
    text += " It " + praise + ".";
  } else if (rating == 3) {
    text += " It " + praise + ", but it " + complaint + ".";
  } else {
    text += " It " + complaint + ".";
  }
  if (Chance(0.3, rng)) text.append(" ").append(Pick(kAfterwards, rng));
  return text;
}

}  // namespace vitrine::generate
