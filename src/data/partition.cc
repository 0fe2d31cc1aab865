#include "data/partition.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <string>
#include <string_view>
#include <utility>

#include "core/rng.h"
#include "data/cleaning.h"

namespace vitrine {
namespace {

constexpr size_t kTypes = kEventTypes;

// From what a shop most wants to foresee, down.
constexpr std::array<EventType, kTypes> kByStrength = {
    EventType::kPurchase,   EventType::kCart,  EventType::kWish, EventType::kRate,
    EventType::kReview,     EventType::kClick, EventType::kView, EventType::kDwell,
    EventType::kImpression, EventType::kUncart};

// FNV-1a; the name's own random stream.
uint64_t HashName(std::string_view name) {
  uint64_t hash = 14695981039346656037u;
  for (const char c : name) hash = (hash ^ static_cast<uint8_t>(c)) * 1099511628211u;
  return hash;
}

// A share of the shoppers, drawn by their names: the draw of one does not depend on the others'
// events.
Result<std::vector<uint8_t>> DrawHeldOut(const EventLog& log, const SplitRules& rules) {
  std::vector<std::pair<uint64_t, size_t>> draws;
  for (size_t s = 0; s < log.n_shoppers(); ++s) {
    const auto bits = RandomBits(rules.seed, HashName(log.shoppers.Name(log.ShopperAt(s))), 0);
    draws.emplace_back(uint64_t{bits[0]} << 32 | bits[1], s);
  }
  std::sort(draws.begin(), draws.end());
  size_t first = 0, last = 0;
  if (rules.n_folds > 0) {
    first = draws.size() * rules.fold / rules.n_folds;
    last = draws.size() * (rules.fold + 1) / rules.n_folds;
  } else {
    last =
        static_cast<size_t>(std::llround(rules.test_fraction * static_cast<double>(draws.size())));
  }
  const size_t n = last - first;
  if (n == 0 || n == draws.size()) {
    return Error{ErrorCode::kInvalidArgument,
                 "of " + std::to_string(draws.size()) + " shoppers, " +
                     (rules.n_folds > 0
                          ? std::to_string(rules.n_folds) + " folds leave one part empty; choose "
                                                            "another number"
                          : "a test fraction of " + std::to_string(rules.test_fraction) +
                                " leaves one part empty; choose another --test-fraction, or "
                                "--split none")};
  }
  std::vector<uint8_t> is_held_out(log.n_shoppers(), 0);
  for (size_t i = first; i < last; ++i) is_held_out[draws[i].second] = 1;
  return is_held_out;
}

// The last kept event of every shopper, but of one who has no other: that one is for training.
std::vector<uint64_t> FindLastEvents(const EventLog& log) {
  std::vector<uint64_t> last(log.n_shoppers());
  for (size_t s = 0; s < log.n_shoppers(); ++s) {
    uint64_t n_kept = 0;
    for (uint64_t i = log.offsets[s]; i < log.offsets[s + 1]; ++i) {
      if (!log.IsKept(i)) continue;
      last[s] = i;
      ++n_kept;
    }
    if (n_kept < 2) last[s] = log.offsets[s + 1];
  }
  return last;
}

// Whether all products of the log are candidates, touched in training or not.
bool KeepsAll(Split split) { return split == Split::kGivenSplit || split == Split::kLeaveLast; }

// Products and shoppers that keep each other in the training part (the k-core).
struct Core {
  std::vector<uint32_t> n_shoppers;  // by the log's item: kept shoppers who touched it
  std::vector<uint8_t> keeps_item;
  std::vector<uint8_t> keeps_shopper;  // by place
};

Core FindCore(const EventLog& log, const Partition& parts, const SplitRules& rules) {
  Core core;
  core.keeps_item.assign(log.items.size(), 1);
  core.keeps_shopper.assign(log.n_shoppers(), 1);
  std::vector<uint32_t> last_place(log.items.size());
  for (bool changed = true; changed;) {
    changed = false;
    core.n_shoppers.assign(log.items.size(), 0);
    std::fill(last_place.begin(), last_place.end(), EventLog::kNone);
    for (size_t s = 0; s < log.n_shoppers(); ++s) {
      if (core.keeps_shopper[s] == 0) continue;
      uint64_t n_events = 0;
      for (uint64_t i = log.offsets[s]; i < log.offsets[s + 1]; ++i) {
        if (!log.IsKept(i) || !parts.IsBefore(log, s, i)) continue;
        const uint32_t item = log.item[i];
        if (core.keeps_item[item] == 0) continue;
        ++n_events;
        if (last_place[item] == s) continue;
        last_place[item] = static_cast<uint32_t>(s);
        ++core.n_shoppers[item];
      }
      const uint64_t least = KeepsAll(rules.split) ? 0 : rules.min_shopper_events;
      if (n_events >= std::max<uint64_t>(least, 1)) continue;
      core.keeps_shopper[s] = 0;
      changed = true;  // the counts of this turn include the shopper; the next one's do not
    }
    for (size_t item = 0; item < core.keeps_item.size(); ++item) {
      if (core.keeps_item[item] == 0 || KeepsAll(rules.split)) continue;
      if (core.n_shoppers[item] >= std::max<uint64_t>(rules.min_item_shoppers, 1)) continue;
      core.keeps_item[item] = 0;
      changed = true;
    }
  }
  return core;
}

// Most touched first, so that ties between scores go to what more shoppers want; then by name.
void NumberItems(const EventLog& log, const Core& core, Partition& parts) {
  for (uint32_t item = 0; item < core.keeps_item.size(); ++item) {
    if (core.keeps_item[item] != 0) parts.items.push_back(item);
  }
  std::sort(parts.items.begin(), parts.items.end(), [&](uint32_t a, uint32_t b) {
    return core.n_shoppers[a] != core.n_shoppers[b] ? core.n_shoppers[a] > core.n_shoppers[b]
                                                    : log.items.Name(a) < log.items.Name(b);
  });
  parts.item_index.assign(log.items.size(), Partition::kNone);
  for (uint32_t i = 0; i < parts.items.size(); ++i) parts.item_index[parts.items[i]] = i;
}

EventType FindTarget(const EventLog& log, const Partition& parts) {
  std::array<bool, kTypes> present{};
  for (size_t s = 0; s < log.n_shoppers(); ++s) {
    for (uint64_t i = log.offsets[s]; i < log.offsets[s + 1]; ++i) {
      if (parts.InTraining(log, s, i) && parts.item_index[log.item[i]] != Partition::kNone) {
        present[static_cast<size_t>(log.type[i])] = true;
      }
    }
  }
  return *std::find_if(kByStrength.begin(), kByStrength.end() - 1,
                       [&present](EventType type) { return present[static_cast<size_t>(type)]; });
}

// Whether the shopper has something in the test part that a model could have foreseen.
bool IsTested(const EventLog& log, const Partition& parts, size_t s) {
  for (uint64_t i = log.offsets[s]; i < log.offsets[s + 1]; ++i) {
    if (!log.IsKept(i) || parts.IsBefore(log, s, i)) continue;
    if (parts.item_index[log.item[i]] == Partition::kNone) continue;
    if (parts.split == Split::kStrong || log.type[i] == parts.target) return true;
  }
  return false;
}

}  // namespace

Result<int64_t> ChooseCut(const EventLog& log, const SplitRules& rules) {
  if (!HasCut(rules.split)) return kNoCut;
  const auto [first, last] = std::minmax_element(log.time.begin(), log.time.end());
  int64_t cut_time = 0;
  if (rules.cut_time) {
    cut_time = *rules.cut_time;
  } else {
    std::vector<int64_t> times = log.time;
    const auto place = static_cast<ptrdiff_t>(
        std::floor((1 - rules.test_fraction) * static_cast<double>(times.size())));
    const auto nth = times.begin() + std::min<ptrdiff_t>(place, std::ssize(times) - 1);
    std::nth_element(times.begin(), nth, times.end());
    cut_time = *nth;
  }
  if (cut_time <= *first || cut_time > *last) {
    return Error{ErrorCode::kInvalidArgument,
                 std::string(rules.cut_time ? "the cut" : "a cut by --test-fraction") +
                     " leaves no event on one side of it; choose another --cut, or --split strong "
                     "or none"};
  }
  return cut_time;
}

Result<Partition> Divide(EventLog& log, const SplitRules& rules, int64_t cut_time) {
  Partition parts{.split = rules.split, .cut_time = cut_time};
  if (rules.split == Split::kStrong) {
    VITRINE_ASSIGN_OR_RETURN(parts.is_held_out, DrawHeldOut(log, rules));
  }
  if (rules.split == Split::kLeaveLast) parts.last_event = FindLastEvents(log);
  Core core = FindCore(log, parts, rules);
  NumberItems(log, core, parts);
  if (parts.items.empty()) {
    return Error{ErrorCode::kInvalidArgument,
                 "no product is left to train on: each was touched by fewer than " +
                     std::to_string(rules.min_item_shoppers) +
                     " shoppers of the training part; lower --min-item-shoppers or "
                     "--min-shopper-events, or give a longer log"};
  }
  parts.is_trained = std::move(core.keeps_shopper);
  parts.target = FindTarget(log, parts);

  parts.is_tested.assign(log.n_shoppers(), 0);
  for (size_t s = 0; s < log.n_shoppers(); ++s) {
    parts.is_tested[s] = IsTested(log, parts, s) ? 1 : 0;
    for (uint64_t i = log.offsets[s]; i < log.offsets[s + 1]; ++i) {
      if (!log.IsKept(i)) continue;
      const bool before = parts.IsBefore(log, s, i);
      if (parts.item_index[log.item[i]] == Partition::kNone) {
        log.outcome[i] = before ? Outcome::kRare : Outcome::kOutsideVocabulary;
      } else if (parts.is_tested[s] == 0 && !(before && parts.is_trained[s] != 0)) {
        log.outcome[i] = before ? Outcome::kRare : Outcome::kUntested;
      }
    }
  }
  return parts;
}

}  // namespace vitrine
