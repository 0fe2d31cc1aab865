#include "evaluate/cases.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>
#include <utility>

#include "core/check.h"
#include "core/rng.h"
#include "features/history_features.h"

namespace vitrine {
namespace {

// Keys of events that may not be parted from others of the same key; a visit's number is set apart
// from order numbers by a bit above them.
constexpr uint64_t kAlone = ~uint64_t{0};
constexpr uint64_t kVisit = uint64_t{1} << 32;

// RandomBits stream of HoldOutShoppers: "held" in ASCII.
constexpr uint64_t kHoldOutStream = 0x68656c64;
// And of EventDraw: "draw".
constexpr uint64_t kDrawStream = 0x64726177;
// And of AddRandomFoldIn: "fold".
constexpr uint64_t kFoldInStream = 0x666f6c64;

template <class Add>
void ForEachShopper(const Shoppers& shoppers, const ShopperSubset& only, const Add& add) {
  std::vector<Event> events;
  const size_t n = only ? only->size() : shoppers.size();
  for (size_t i = 0; i < n; ++i) {
    const uint32_t shopper = only ? (*only)[i] : static_cast<uint32_t>(i);
    shoppers.Read(shopper, events);
    add(shopper, std::span<const Event>(events));
  }
}

}  // namespace

void Cases::Append(const Cases& other) {
  const auto add = [](auto& arena, const auto& more) {
    arena.insert(arena.end(), more.begin(), more.end());
  };
  const auto add_offsets = [](std::vector<uint64_t>& offsets, const std::vector<uint64_t>& more) {
    const uint64_t base = offsets.back();
    for (size_t i = 1; i < more.size(); ++i) offsets.push_back(base + more[i]);
  };
  add(shopper, other.shopper);
  add(now, other.now);
  add(n_baskets, other.n_baskets);
  add(events, other.events);
  add(seen, other.seen);
  add(targets, other.targets);
  add(revenue, other.revenue);
  add_offsets(event_offsets, other.event_offsets);
  add_offsets(seen_offsets, other.seen_offsets);
  add_offsets(target_offsets, other.target_offsets);
  left_out.no_history += other.left_out.no_history;
  left_out.no_target += other.left_out.no_target;
  left_out.too_few_baskets += other.left_out.too_few_baskets;
  left_out.nothing_new += other.left_out.nothing_new;
}

bool EventDraw::Takes(uint32_t shopper, size_t i) const {
  return share > 0 &&
         ToUniform(RandomBits(seed, kDrawStream, uint64_t{shopper} << 32 | i)[0]) < share;
}

void EventDraw::Remove(uint32_t shopper, std::vector<Event>& events) const {
  if (share <= 0) return;
  size_t n_left = 0;
  for (size_t i = 0; i < events.size(); ++i) {
    if (!Takes(shopper, i)) events[n_left++] = events[i];
  }
  events.resize(n_left);
}

std::span<const Block> CaseMaker::SplitBlocks(std::span<const Event> events) {
  const size_t n = events.size();
  SplitVisits(options_.visit_gap_s, events, visits_);
  const auto key = [&](size_t i) {
    if (events[i].basket != kNoBasket) return uint64_t{events[i].basket};
    return events[i].type == options_.target ? kVisit | static_cast<uint32_t>(visits_[i]) : kAlone;
  };
  std::unordered_map<uint64_t, size_t> last_of_key;
  for (size_t i = 0; i < n; ++i) {
    if (key(i) != kAlone) last_of_key[key(i)] = i;
  }
  blocks_.clear();
  Block block;
  size_t reach = 0;
  for (size_t i = 0; i < n; ++i) {
    block.basket |= events[i].type == options_.target;
    if (key(i) != kAlone) reach = std::max(reach, last_of_key[key(i)]);
    if (reach > i || (i + 1 < n && events[i + 1].time == events[i].time)) continue;
    block.last = i + 1;
    blocks_.push_back(block);
    block = {.first = i + 1};
  }
  return blocks_;
}

std::span<const Block> CaseMaker::SplitBaskets(std::span<const Event> events) {
  SplitBlocks(events);
  std::erase_if(blocks_, [](const Block& block) { return !block.basket; });
  return blocks_;
}

void CaseMaker::Add(uint32_t shopper, std::span<const Event> events, size_t prefix_end,
                    size_t n_baskets, std::span<const Block> baskets) {
  const auto seen_begin = static_cast<ptrdiff_t>(cases_.seen.size());
  const auto target_begin = static_cast<ptrdiff_t>(cases_.targets.size());
  for (const Event& event : events.first(prefix_end)) {
    if (options_.sees[static_cast<size_t>(event.type)]) cases_.seen.push_back(event.item);
  }
  const auto seen = cases_.seen.begin() + seen_begin;
  std::sort(seen, cases_.seen.end());
  cases_.seen.erase(std::unique(seen, cases_.seen.end()), cases_.seen.end());

  std::vector<std::pair<uint32_t, double>> bought;
  int64_t now = 0;
  for (const Block& basket : baskets) {
    for (const Event& event : events.subspan(basket.first, basket.last - basket.first)) {
      if (event.type != options_.target) continue;
      if (bought.empty()) now = event.time;
      bought.emplace_back(event.item, double{event.price} * event.quantity);
    }
  }
  std::stable_sort(bought.begin(), bought.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  for (size_t i = 0; i < bought.size();) {
    const uint32_t item = bought[i].first;
    double revenue = 0;
    for (; i < bought.size() && bought[i].first == item; ++i) revenue += bought[i].second;
    if (options_.task == Task::kDiscovery && std::binary_search(seen, cases_.seen.end(), item)) {
      continue;
    }
    cases_.targets.push_back(item);
    cases_.revenue.push_back(static_cast<float>(revenue));
  }
  if (cases_.targets.begin() + target_begin == cases_.targets.end()) {
    cases_.seen.erase(seen, cases_.seen.end());
    ++cases_.left_out.nothing_new;
    return;
  }
  cases_.shopper.push_back(shopper);
  cases_.now.push_back(now);
  cases_.n_baskets.push_back(static_cast<uint32_t>(n_baskets));
  cases_.events.insert(cases_.events.end(), events.begin(),
                       events.begin() + static_cast<ptrdiff_t>(prefix_end));
  cases_.event_offsets.push_back(cases_.events.size());
  cases_.seen_offsets.push_back(cases_.seen.size());
  cases_.target_offsets.push_back(cases_.targets.size());
}

void CaseMaker::AddFromTime(uint32_t shopper, std::span<const Event> events, int64_t cut_time) {
  size_t prefix_end = 0;
  size_t n_baskets = 0;
  for (const Block& block : SplitBlocks(events)) {
    if (events[block.first].time < cut_time) {
      prefix_end = block.last;
      n_baskets += block.basket;
    } else if (block.basket) {
      if (prefix_end == 0) {
        ++cases_.left_out.no_history;
      } else {
        Add(shopper, events, prefix_end, n_baskets, {&block, 1});
      }
      return;
    }
  }
  ++cases_.left_out.no_target;
}

void CaseMaker::AddFoldIn(uint32_t shopper, std::span<const Event> events) {
  const auto baskets = SplitBaskets(events);
  AddFirstOf(shopper, events, baskets, std::max<size_t>(1, baskets.size() * 4 / 5));
}

void CaseMaker::AddLast(uint32_t shopper, std::span<const Event> events) {
  if (events.size() < 2) {
    ++(events.empty() ? cases_.left_out.no_target : cases_.left_out.no_history);
    return;
  }
  const Block last = {events.size() - 1, events.size(), true};
  Add(shopper, events, events.size() - 1, events.size() - 1, {&last, 1});
}

void CaseMaker::AddDrawn(uint32_t shopper, std::span<const Event> events, const EventDraw& draw) {
  std::vector<Event> parted(events.begin(), events.end());
  draw.Remove(shopper, parted);
  const size_t n_left = parted.size();
  for (size_t i = 0; i < events.size(); ++i) {
    if (draw.Takes(shopper, i)) parted.push_back(events[i]);
  }
  AddParted(shopper, parted, n_left);
}

void CaseMaker::AddRandomFoldIn(uint32_t shopper, std::span<const Event> events, uint64_t seed) {
  constexpr size_t kLeastEvents = 5;
  if (events.size() < kLeastEvents) {
    ++cases_.left_out.too_few_baskets;
    return;
  }
  std::vector<std::pair<uint64_t, size_t>> keys(events.size());
  for (size_t i = 0; i < events.size(); ++i) {
    const auto bits = RandomBits(seed, kFoldInStream, uint64_t{shopper} << 32 | i);
    keys[i] = {uint64_t{bits[0]} << 32 | bits[1], i};
  }
  std::sort(keys.begin(), keys.end());
  const size_t n_targets = events.size() / kLeastEvents;
  std::vector<Event> parted;
  for (size_t k = n_targets; k < keys.size(); ++k) parted.push_back(events[keys[k].second]);
  std::sort(parted.begin(), parted.end(),
            [](const Event& a, const Event& b) { return a.time < b.time; });
  for (size_t k = 0; k < n_targets; ++k) parted.push_back(events[keys[k].second]);
  AddParted(shopper, parted, events.size() - n_targets);
}

void CaseMaker::AddParted(uint32_t shopper, std::span<const Event> events, size_t n_left) {
  if (n_left == 0 || n_left == events.size()) {
    ++(n_left == 0 ? cases_.left_out.no_history : cases_.left_out.no_target);
    return;
  }
  const Block targets = {n_left, events.size(), true};
  Add(shopper, events, n_left, 1, {&targets, 1});
}

void CaseMaker::AddFirstBaskets(uint32_t shopper, std::span<const Event> events, size_t n_baskets) {
  AddFirstOf(shopper, events, SplitBaskets(events), n_baskets);
}

void CaseMaker::AddFirstOf(uint32_t shopper, std::span<const Event> events,
                           std::span<const Block> baskets, size_t n_baskets) {
  VITRINE_CHECK(n_baskets > 0);
  if (baskets.size() <= n_baskets) {
    ++cases_.left_out.too_few_baskets;
    return;
  }
  AddRest(shopper, events, baskets[n_baskets - 1].last, n_baskets, baskets.subspan(n_baskets));
}

void CaseMaker::AddFirstEvents(uint32_t shopper, std::span<const Event> events, size_t n_events) {
  VITRINE_CHECK(n_events > 0);
  size_t prefix_end = 0, n_baskets = 0;
  for (const Block& block : SplitBlocks(events)) {
    if (block.first >= n_events) break;
    prefix_end = block.last;
    n_baskets += block.basket;
  }
  std::erase_if(blocks_,
                [&](const Block& block) { return !block.basket || block.first < prefix_end; });
  if (events.size() < n_events || blocks_.empty()) {
    ++cases_.left_out.no_target;
    return;
  }
  AddRest(shopper, events, prefix_end, n_baskets, blocks_);
}

void CaseMaker::AddExactEvents(uint32_t shopper, std::span<const Event> events, size_t n_events) {
  if (events.size() <= n_events) {
    ++cases_.left_out.no_target;
    return;
  }
  const Block rest = {n_events, events.size(), true};
  Add(shopper, events, n_events, 0, {&rest, 1});
}

void CaseMaker::AddRest(uint32_t shopper, std::span<const Event> events, size_t prefix_end,
                        size_t n_baskets, std::span<const Block> rest) {
  Add(shopper, events, prefix_end, n_baskets,
      options_.task == Task::kDiscovery ? rest : rest.first(1));
}

Cases CasesFromTime(const Shoppers& shoppers, const CaseOptions& options, int64_t cut_time,
                    const ShopperSubset& only) {
  CaseMaker maker(options);
  ForEachShopper(shoppers, only, [&](uint32_t shopper, std::span<const Event> events) {
    maker.AddFromTime(shopper, events, cut_time);
  });
  return maker.Take();
}

Cases CasesFromShoppers(const Shoppers& shoppers, const CaseOptions& options,
                        const ShopperSubset& only) {
  CaseMaker maker(options);
  ForEachShopper(shoppers, only, [&](uint32_t shopper, std::span<const Event> events) {
    if (options.target == EventType::kRate) {
      maker.AddRandomFoldIn(shopper, events, /*seed=*/0);
    } else {
      maker.AddFoldIn(shopper, events);
    }
  });
  return maker.Take();
}

Cases CasesFromLast(const Shoppers& shoppers, const CaseOptions& options) {
  CaseMaker maker(options);
  ForEachShopper(shoppers, std::nullopt, [&](uint32_t shopper, std::span<const Event> events) {
    maker.AddLast(shopper, events);
  });
  return maker.Take();
}

Cases CasesFromDraw(const Shoppers& shoppers, const CaseOptions& options, const EventDraw& draw) {
  CaseMaker maker(options);
  ForEachShopper(shoppers, std::nullopt, [&](uint32_t shopper, std::span<const Event> events) {
    maker.AddDrawn(shopper, events, draw);
  });
  return maker.Take();
}

Cases CasesFromPrefixes(const Shoppers& shoppers, const CaseOptions& options,
                        const Prefixes& prefixes, const ShopperSubset& only) {
  if (prefixes.lengths.empty()) return CasesFromShoppers(shoppers, options, only);
  CaseMaker maker(options);
  ForEachShopper(shoppers, only, [&](uint32_t shopper, std::span<const Event> events) {
    for (const size_t length : prefixes.lengths) {
      if (prefixes.of_events) {
        maker.AddFirstEvents(shopper, events, length);
      } else {
        maker.AddFirstBaskets(shopper, events, length);
      }
    }
  });
  return maker.Take();
}

Cases CasesAfterEvents(const Shoppers& shoppers, const CaseOptions& options, size_t n_events,
                       const ShopperSubset& only) {
  CaseMaker maker(options);
  ForEachShopper(shoppers, only, [&](uint32_t shopper, std::span<const Event> events) {
    maker.AddExactEvents(shopper, events, n_events);
  });
  return maker.Take();
}

int64_t ValidationCut(const DatasetInfo& info, double fraction) {
  const int64_t end = HasCut(info.split) ? info.cut_time : info.last_time + 1;
  const double span = static_cast<double>(end - info.first_time);
  return end - static_cast<int64_t>(std::llround(fraction * span));
}

std::vector<uint32_t> HoldOutShoppers(size_t n_shoppers, double fraction, uint64_t seed) {
  // The shoppers with the smallest random keys; equal keys fall back on the number.
  std::vector<std::pair<uint64_t, uint32_t>> keys(n_shoppers);
  for (size_t i = 0; i < n_shoppers; ++i) {
    const auto bits = RandomBits(seed, kHoldOutStream, i);
    keys[i] = {uint64_t{bits[0]} << 32 | bits[1], static_cast<uint32_t>(i)};
  }
  const auto n_held = std::min(
      n_shoppers, static_cast<size_t>(std::llround(fraction * static_cast<double>(n_shoppers))));
  std::nth_element(keys.begin(), keys.begin() + static_cast<ptrdiff_t>(n_held), keys.end());
  std::vector<uint32_t> held(n_held);
  for (size_t i = 0; i < n_held; ++i) held[i] = keys[i].second;
  std::sort(held.begin(), held.end());
  return held;
}

}  // namespace vitrine
