// Advertising in the shop's own pages: campaigns, and the policy that fills a slot with one of
// their products and knows with what probability it did.
#ifndef VITRINE_GENERATE_CAMPAIGNS_H_
#define VITRINE_GENERATE_CAMPAIGNS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "generate/assortment.h"
#include "generate/calendar.h"

namespace vitrine::generate {

inline constexpr std::array<std::string_view, 3> kSlots = {"home-hero", "category-banner",
                                                           "cart-side"};
// Probability of a click on the slot's product if it suited the shopper perfectly.
inline constexpr std::array<float, kSlots.size()> kSlotClick = {0.25f, 0.15f, 0.10f};

struct Campaign {
  std::string id;
  uint8_t slot = 0;       // index into kSlots
  bool of_brand = false;  // promotes a brand; else a kind
  size_t target = 0;      // index into Brands() or Kinds()
  int first_day = 0;      // of the period
  int last_day = 0;       // inclusive
  double budget = 0;      // in the shop's currency; set to last the whole campaign
  std::vector<uint32_t> items;
};

struct Campaigns {
  std::vector<Campaign> list;
  // Numbers of the campaigns running on a day in a slot: days x slots.
  std::vector<std::vector<uint16_t>> running;
};

Campaigns MakeCampaigns(uint64_t seed, const Calendar& calendar, const Assortment& assortment);

// What may appear in one slot at one moment.
struct AdChoice {
  uint16_t campaign = 0;
  uint32_t item = 0;
  float propensity = 0;  // probability that the logging policy shows it; sums to 1 over the choices
};

inline constexpr int kHome = -1;  // a landing page that belongs to no kind

// The logging policy: every product on sale of every campaign running in `slot`, with
//   propensity = 0.8 softmax(logit) + 0.2 / choices,
//   logit = clamp(log popularity, -1.5, 1.5) + 1.2 [its kind is the landing page's]
//           + 0.5 [its department is].
// Empty where no campaign runs. `landing` is a kind or kHome.
void AdChoices(const Calendar& calendar, const Assortment& assortment, const Campaigns& campaigns,
               size_t slot, int64_t time, int landing, std::vector<AdChoice>& choices);

}  // namespace vitrine::generate

#endif  // VITRINE_GENERATE_CAMPAIGNS_H_
