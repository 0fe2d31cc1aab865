#include "generate/choice.h"

#include <algorithm>
#include <cmath>

namespace vitrine::generate {
namespace {

float DaysBetween(int64_t from, int64_t to) {
  return static_cast<float>(static_cast<double>(to - from) / kDaySeconds);
}

float Fresh(const Item& item, int64_t time) {
  if (!OnSale(item, time)) return 0;
  return 1 + std::exp(-DaysBetween(item.launched, time) / kFreshDays);
}

float Owned(const Memory& memory, uint32_t index, const Item& item) {
  return Kinds()[item.kind]->repeat_days == 0 && memory.HasBought(index) ? kOwned : 1;
}

// popularity_i is left to the caller.
float Pull(const Shopper& shopper, const Memory& memory, uint32_t index, const Item& item,
           int64_t time) {
  return Match(shopper, item) * Fresh(item, time) * Owned(memory, index, item);
}

float Due(float share) {
  if (share <= 0.6f) return 0;
  if (share <= 1) return (share - 0.6f) / 0.4f;
  return std::exp2(-(share - 1) / 0.7f);
}

}  // namespace

void Memory::Apply(const Event& event) {
  switch (event.type) {
    case EventType::kCart:
    case EventType::kWish:
      Forget(event.item);
      considered_.push_back(event.item);
      if (considered_.size() > kMostConsidered) considered_.erase(considered_.begin());
      break;
    case EventType::kUncart:
      Forget(event.item);
      break;
    case EventType::kPurchase: {
      Forget(event.item);
      const auto known = std::find_if(bought_.begin(), bought_.end(),
                                      [&event](const Bought& b) { return b.item == event.item; });
      if (known == bought_.end()) {
        bought_.push_back({event.item, event.time});
      } else {
        known->time = event.time;
      }
      break;
    }
    default:
      break;
  }
}

bool Memory::HasBought(uint32_t item) const {
  return std::any_of(bought_.begin(), bought_.end(),
                     [item](const Bought& b) { return b.item == item; });
}

bool Memory::Considers(uint32_t item) const {
  return std::find(considered_.begin(), considered_.end(), item) != considered_.end();
}

void Memory::Forget(uint32_t item) {
  considered_.erase(std::remove(considered_.begin(), considered_.end(), item), considered_.end());
}

bool OnSale(const Item& item, int64_t time) {
  return time >= item.launched && time < item.sold_out;
}

float Match(const Shopper& shopper, const Item& item) {
  const bool favourite =
      std::find(shopper.brands.begin(), shopper.brands.end(), item.brand) != shopper.brands.end();
  return shopper.style_match[item.style] * shopper.band_match[item.band] *
         (favourite ? 1 : kOtherBrand);
}

float CartProbability(const Shopper& shopper, const Item& item, bool considered) {
  const float logit =
      -2.95f + 0.5f * item.quality + 1.2f * Match(shopper, item) + (considered ? 0.9f : 0.0f);
  return 1 / (1 + std::exp(-logit));
}

float RepeatProbability(const Shopper& shopper, const Item& item, int64_t bought, int64_t time) {
  const auto lasts = static_cast<float>(Kinds()[item.kind]->repeat_days);
  if (lasts == 0 || !OnSale(item, time)) return 0;
  return shopper.repeat * Due(DaysBetween(bought, time) / lasts);
}

float ClickProbability(const Shop& shop, const Shopper& shopper, const Item& item, size_t slot) {
  const float wanted = std::min(1.0f, 8 * shopper.Taste(shop, item.kind));
  return kSlotClick[slot] * (0.1f + 0.9f * Match(shopper, item) * wanted);
}

void Intent(const Shop& shop, const Shopper& shopper, const Memory& memory, int64_t time,
            std::span<float> intent) {
  const int day = shop.calendar.DayOf(time);
  float rest = 1;
  for (const KindShare& favourite : shopper.kinds) rest -= favourite.share;
  for (size_t kind = 0; kind < intent.size(); ++kind) intent[kind] = rest * shop.demand[kind];
  for (const KindShare& favourite : shopper.kinds) intent[favourite.kind] += favourite.share;
  for (size_t kind = 0; kind < intent.size(); ++kind)
    intent[kind] *= shop.calendar.Demand(day, kind);
  for (const Memory::Bought& bought : memory.bought()) {
    const size_t kind = shop.assortment.items[bought.item].kind;
    const float boost = kBoost * std::exp2(-DaysBetween(bought.time, time) / kBoostDays);
    for (const KindShare& other : shop.complements[kind]) intent[other.kind] += boost * other.share;
  }
  float sum = 0;
  for (const float weight : intent) sum += weight;
  for (float& weight : intent) weight /= sum;
}

uint32_t DrawItem(const Shop& shop, const Shopper& shopper, const Memory& memory, size_t kind,
                  int64_t time, Rng& rng) {
  constexpr float kMostFresh = 2;
  const std::vector<uint32_t>& items = shop.assortment.of_kind[kind];
  // Popular products are proposed and accepted by how much they please. Where nearly all are
  // turned down, the weights are written out; both ways draw from the same distribution.
  const size_t n_tries = 32 + items.size() / 4;
  for (size_t attempt = 0; attempt < n_tries; ++attempt) {
    const uint32_t index = items[shop.popular[kind].Sample(rng)];
    const Item& item = shop.assortment.items[index];
    const float bar = kMostFresh * rng.Uniform();
    if (bar < kMostFresh * Match(shopper, item) && bar < Pull(shopper, memory, index, item, time)) {
      return index;
    }
  }
  std::vector<float> weights;
  for (const uint32_t index : items) {
    const Item& item = shop.assortment.items[index];
    weights.push_back(item.popularity * Pull(shopper, memory, index, item, time));
  }
  return items[PickWeighted(std::span<const float>(weights), rng)];
}

void TrueScores(const Shop& shop, const Shopper& shopper, const History& history,
                std::span<float> scores) {
  Memory memory;
  for (const Event& event : history.events) memory.Apply(event);
  const int64_t time = history.now;
  const std::vector<Item>& items = shop.assortment.items;

  std::vector<float> intent(shop.demand.size());
  Intent(shop, shopper, memory, time, intent);
  std::vector<float> look(intent.size());
  for (size_t kind = 0; kind < intent.size(); ++kind) {
    look[kind] += (1 - kAside) * intent[kind];
    for (const KindShare& other : shop.complements[kind]) {
      look[other.kind] += kAside * intent[kind] * other.share;
    }
  }
  std::vector<float> kind_sum(intent.size());
  for (uint32_t i = 0; i < items.size(); ++i) {
    scores[i] = items[i].popularity * Pull(shopper, memory, i, items[i], time);
    kind_sum[items[i].kind] += scores[i];
  }
  std::vector<uint32_t> considered;
  for (const uint32_t i : memory.considered()) {
    if (OnSale(items[i], time)) considered.push_back(i);
  }
  const float returns = considered.empty() ? 0 : kReturn;
  for (uint32_t i = 0; i < items.size(); ++i) {
    if (scores[i] == 0) continue;
    const bool considers = memory.Considers(i);
    float view = (1 - returns) * look[items[i].kind] * scores[i] / kind_sum[items[i].kind];
    if (considers) view += returns / static_cast<float>(considered.size());
    const float passes = 1 - view * CartProbability(shopper, items[i], considers);
    const float lands = 1 - passes * (1 - kMoreViews) / (1 - kMoreViews * passes);
    scores[i] = lands * (1 - kRemove) * shopper.checkout;
  }
  for (const Memory::Bought& bought : memory.bought()) {
    const float again = RepeatProbability(shopper, items[bought.item], bought.time, time);
    scores[bought.item] += again * (1 - scores[bought.item]);
  }
}

}  // namespace vitrine::generate
