#include "generate/campaigns.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "generate/sampling.h"
#include "generate/vocabulary/vocabulary.h"

namespace vitrine::generate {
namespace {

constexpr size_t kMostItems = 12;

// The most popular products of the campaign's target.
std::vector<uint32_t> Promoted(const Campaign& campaign, const Assortment& assortment) {
  std::vector<uint32_t> items;
  for (uint32_t i = 0; i < assortment.items.size(); ++i) {
    const Item& item = assortment.items[i];
    if ((campaign.of_brand ? item.brand : item.kind) == campaign.target) items.push_back(i);
  }
  const size_t kept = std::min(items.size(), kMostItems);
  std::partial_sort(items.begin(), items.begin() + static_cast<std::ptrdiff_t>(kept), items.end(),
                    [&assortment](uint32_t a, uint32_t b) {
                      const float pa = assortment.items[a].popularity;
                      const float pb = assortment.items[b].popularity;
                      return pa != pb ? pa > pb : a < b;
                    });
  items.resize(kept);
  return items;
}

}  // namespace

Campaigns MakeCampaigns(uint64_t seed, const Calendar& calendar, const Assortment& assortment) {
  Campaigns campaigns;
  const int days = calendar.days();
  campaigns.running.resize(static_cast<size_t>(days) * kSlots.size());
  const int per_slot = std::max(2, days / 15);
  for (size_t slot = 0; slot < kSlots.size(); ++slot) {
    for (int n = 0; n < per_slot; ++n) {
      Rng rng = Stream(seed, Purpose::kCampaign, slot << 32 | static_cast<uint64_t>(n));
      const size_t number = campaigns.list.size();
      Campaign campaign;
      char id[16];
      std::snprintf(id, sizeof id, "C-%03zu", number);
      campaign.id = id;
      campaign.slot = static_cast<uint8_t>(slot);
      campaign.of_brand = Chance(0.4, rng);
      campaign.target =
          rng.Below(static_cast<uint32_t>(campaign.of_brand ? Brands().size() : Kinds().size()));
      campaign.items = Promoted(campaign, assortment);
      const auto length = static_cast<int>(14 + rng.Below(36));
      campaign.first_day = static_cast<int>(rng.Below(static_cast<uint32_t>(days)));
      campaign.last_day = std::min(days - 1, campaign.first_day + length);
      campaign.budget =
          50 * std::round((campaign.last_day - campaign.first_day + 1) * Between(0.5, 4, rng));
      if (campaign.items.empty()) continue;  // a small shop may not carry the target
      for (int day = campaign.first_day; day <= campaign.last_day; ++day) {
        campaigns.running[static_cast<size_t>(day) * kSlots.size() + slot].push_back(
            static_cast<uint16_t>(number));
      }
      campaigns.list.push_back(std::move(campaign));
    }
  }
  return campaigns;
}

void AdChoices(const Calendar& calendar, const Assortment& assortment, const Campaigns& campaigns,
               size_t slot, int64_t time, int landing, std::vector<AdChoice>& choices) {
  constexpr float kExplore = 0.2f;
  choices.clear();
  const auto day = static_cast<size_t>(calendar.DayOf(time));
  float sum = 0;
  for (const uint16_t number : campaigns.running[day * kSlots.size() + slot]) {
    for (const uint32_t i : campaigns.list[number].items) {
      const Item& item = assortment.items[i];
      if (time < item.launched || time >= item.sold_out) continue;
      float logit = std::clamp(std::log(item.popularity), -1.5f, 1.5f);
      if (landing == item.kind) logit += 1.2f;
      if (landing != kHome &&
          DepartmentOf(static_cast<size_t>(landing)) == DepartmentOf(item.kind)) {
        logit += 0.5f;
      }
      choices.push_back({number, i, std::exp(logit)});
      sum += choices.back().propensity;
    }
  }
  for (AdChoice& choice : choices) {
    choice.propensity =
        (1 - kExplore) * choice.propensity / sum + kExplore / static_cast<float>(choices.size());
  }
}

}  // namespace vitrine::generate
