#include "data/baskets.h"

#include <unordered_map>

#include "features/event.h"

namespace vitrine {
namespace {

// Numbers the kept purchases of the shopper at place `s` for which takes(i).
template <class Takes>
void NumberShopper(const EventLog& log, size_t s, const Takes& takes,
                   std::unordered_map<uint32_t, uint32_t>& by_order, Baskets& baskets) {
  by_order.clear();
  uint32_t loose = kNoBasket;  // the basket of the last purchase without an order number
  int64_t loose_time = 0;
  for (uint64_t i = log.offsets[s]; i < log.offsets[s + 1]; ++i) {
    if (!log.IsKept(i) || log.type[i] != EventType::kPurchase || !takes(i)) continue;
    uint32_t& number = baskets.number[i];
    if (log.order[i] != EventLog::kNone) {
      const auto known = by_order.find(log.order[i]);
      if (number == kNoBasket) number = known != by_order.end() ? known->second : baskets.n++;
      if (known == by_order.end()) by_order.emplace(log.order[i], number);
    } else {
      const bool together = loose != kNoBasket && log.time[i] - loose_time <= kBasketGapS;
      if (number == kNoBasket) number = together ? loose : baskets.n++;
      loose = number;
      loose_time = log.time[i];
    }
  }
}

}  // namespace

Baskets NumberBaskets(const EventLog& log, const Partition& parts) {
  Baskets baskets;
  baskets.number.assign(log.size(), kNoBasket);
  std::unordered_map<uint32_t, uint32_t> by_order;
  for (size_t s = 0; s < log.n_shoppers(); ++s) {
    if (parts.is_trained[s] == 0) continue;
    NumberShopper(
        log, s, [&](size_t i) { return parts.IsBefore(log, s, i); }, by_order, baskets);
  }
  for (size_t s = 0; s < log.n_shoppers(); ++s) {
    if (parts.is_tested[s] == 0) continue;
    NumberShopper(
        log, s, [](size_t) { return true; }, by_order, baskets);
  }
  return baskets;
}

}  // namespace vitrine
