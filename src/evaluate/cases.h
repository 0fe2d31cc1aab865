// What is asked of a model: a shopper's past, a moment, and what the shopper went on to want.
#ifndef VITRINE_EVALUATE_CASES_H_
#define VITRINE_EVALUATE_CASES_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "data/dataset.h"
#include "features/event.h"

namespace vitrine {

// Two questions that are never averaged together.
enum class Task : uint8_t {
  kNextBasket,  // all of the next basket; repeats count and nothing is masked
  kDiscovery,   // only products new to the shopper count; seen ones are masked
};
inline constexpr std::string_view kTaskNames[] = {"next-basket", "discovery"};

// Shoppers that pose no question, by the reason.
struct LeftOut {
  size_t no_history = 0;       // nothing before the cut
  size_t no_target = 0;        // no basket after the cut
  size_t too_few_baskets = 0;  // none would remain on one side of the cut
  size_t nothing_new = 0;      // discovery: all targets were seen before
};

// How much of a held-out shopper's history is shown before the question; each length asks anew.
struct Prefixes {
  bool of_events = false;       // lengths count events, else whole baskets
  std::vector<size_t> lengths;  // from 1; none: the first four fifths of the baskets
};

// Questions in flat arrays: case i has the slice [offsets[i], offsets[i + 1]) of each arena.
struct Cases {
  Task task = Task::kNextBasket;
  std::vector<uint32_t> shopper;    // number within the part of the data set
  std::vector<int64_t> now;         // when the question is asked: the first target's time
  std::vector<uint32_t> n_baskets;  // whole baskets in the prefix

  std::vector<uint64_t> event_offsets = {0};
  std::vector<Event> events;  // the prefix, ascending in time
  std::vector<uint64_t> seen_offsets = {0};
  std::vector<uint32_t> seen;  // products of the prefix, ascending, distinct
  std::vector<uint64_t> target_offsets = {0};
  std::vector<uint32_t> targets;  // ascending, distinct; none of `seen` in discovery
  std::vector<float> revenue;     // price x quantity that each target brought in

  LeftOut left_out;

  size_t size() const { return shopper.size(); }
  // Adds the cases of another part, of the same task.
  void Append(const Cases& other);
  History HistoryOf(size_t i) const { return {Slice(events, event_offsets, i), now[i]}; }
  std::span<const uint32_t> Seen(size_t i) const { return Slice(seen, seen_offsets, i); }
  std::span<const uint32_t> Targets(size_t i) const { return Slice(targets, target_offsets, i); }
  std::span<const float> Revenue(size_t i) const { return Slice(revenue, target_offsets, i); }

 private:
  template <class T>
  static std::span<const T> Slice(const std::vector<T>& arena, const std::vector<uint64_t>& offsets,
                                  size_t i) {
    return std::span(arena).subspan(offsets[i], offsets[i + 1] - offsets[i]);
  }
};

struct CaseOptions {
  Task task = Task::kNextBasket;
  EventType target = EventType::kPurchase;
  int64_t visit_gap_s = 1800;
  // Events that make a product "seen", as in Recommender: all but uncart and impression.
  std::array<bool, kEventTypes> sees = {true, true, true, false, true,
                                        true, true, true, true,  false};
};

// A smallest run of events that no cut may part: events of one order number, of one moment, and
// target events of one visit where they carry no order number. A block with a target event is a
// basket.
struct Block {
  size_t first = 0;  // positions [first, last) among the shopper's events
  size_t last = 0;
  bool basket = false;
};

// A share of all events, each drawn by itself.
struct EventDraw {
  double share = 0;
  uint64_t seed = 0;

  // Whether event number `i` of the shopper is drawn.
  bool Takes(uint32_t shopper, size_t i) const;
  // Leaves what is not drawn.
  void Remove(uint32_t shopper, std::vector<Event>& events) const;
};

// Makes cases one shopper at a time. Events must ascend in time.
class CaseMaker {
 public:
  explicit CaseMaker(const CaseOptions& options) : options_(options) { cases_.task = options.task; }

  // Prefix: the blocks that start before `cut_time`. Targets: the first basket after them.
  void AddFromTime(uint32_t shopper, std::span<const Event> events, int64_t cut_time);
  // Prefix: up to the end of the first 80 % of the baskets (one at least, all but one at most).
  // Targets: see AddFirstBaskets.
  void AddFoldIn(uint32_t shopper, std::span<const Event> events);
  // Prefix: all but the last event. Target: the last.
  void AddLast(uint32_t shopper, std::span<const Event> events);
  // Prefix: the events that `draw` leaves. Targets: those that it takes.
  void AddDrawn(uint32_t shopper, std::span<const Event> events, const EventDraw& draw);
  // Prefix: the events but for a fifth, drawn, which are the targets; of shoppers with five or
  // more. As Liang et al., "Variational autoencoders for collaborative filtering", 2018.
  void AddRandomFoldIn(uint32_t shopper, std::span<const Event> events, uint64_t seed);
  // Prefix: up to the end of basket number `n_baskets` (from 1). Targets: the basket after it, or
  // in discovery all baskets after it.
  void AddFirstBaskets(uint32_t shopper, std::span<const Event> events, size_t n_baskets);

  // Prefix: up to the end of the block that has event number `n_events` (from 1). Targets as above.
  void AddFirstEvents(uint32_t shopper, std::span<const Event> events, size_t n_events);

  // Prefix: the first `n_events`, none for 0, even where that parts a block. Targets: all after
  // them.
  void AddExactEvents(uint32_t shopper, std::span<const Event> events, size_t n_events);

  // The blocks of `events`, in order; valid until the next call.
  std::span<const Block> SplitBlocks(std::span<const Event> events);

  Cases Take() { return std::move(cases_); }

 private:
  // Asks after events[0, prefix_end) for the target events of `baskets` (blocks that are baskets).
  void Add(uint32_t shopper, std::span<const Event> events, size_t prefix_end, size_t n_baskets,
           std::span<const Block> baskets);
  // The first n_left events are the prefix, all others targets.
  void AddParted(uint32_t shopper, std::span<const Event> events, size_t n_left);
  void AddFirstOf(uint32_t shopper, std::span<const Event> events, std::span<const Block> baskets,
                  size_t n_baskets);
  // Asks after events[0, prefix_end), which hold n_baskets, for the next basket of `rest`, or in
  // discovery for all of it.
  void AddRest(uint32_t shopper, std::span<const Event> events, size_t prefix_end, size_t n_baskets,
               std::span<const Block> rest);
  std::span<const Block> SplitBaskets(std::span<const Event> events);

  CaseOptions options_;
  Cases cases_;
  std::vector<Block> blocks_;
  std::vector<int32_t> visits_;
};

// Every shopper, or the named ones.
using ShopperSubset = std::optional<std::span<const uint32_t>>;

Cases CasesFromTime(const Shoppers& shoppers, const CaseOptions& options, int64_t cut_time,
                    const ShopperSubset& only = std::nullopt);
// Strong generalisation: shoppers that no model was trained on. Ratings, which have no baskets, are
// parted at random (by the seed 0).
Cases CasesFromShoppers(const Shoppers& shoppers, const CaseOptions& options,
                        const ShopperSubset& only = std::nullopt);
Cases CasesFromLast(const Shoppers& shoppers, const CaseOptions& options);
Cases CasesFromDraw(const Shoppers& shoppers, const CaseOptions& options, const EventDraw& draw);
// The same, asked after prefixes of each of the lengths.
Cases CasesFromPrefixes(const Shoppers& shoppers, const CaseOptions& options,
                        const Prefixes& prefixes, const ShopperSubset& only = std::nullopt);
// The same after exactly so many events: what a page knows while a basket is being filled.
Cases CasesAfterEvents(const Shoppers& shoppers, const CaseOptions& options, size_t n_events,
                       const ShopperSubset& only = std::nullopt);

// Validation inside the training part.
// Time split: the moment from which the last `fraction` of the training time span is left. Train on
// events before it; ask with CasesFromTime(train, options, cut).
int64_t ValidationCut(const DatasetInfo& info, double fraction);
// Strong generalisation: round(fraction * n_shoppers) shoppers drawn by `seed`, ascending. Train on
// the others; ask with CasesFromShoppers(train, options, held_out).
std::vector<uint32_t> HoldOutShoppers(size_t n_shoppers, double fraction, uint64_t seed);

}  // namespace vitrine

#endif  // VITRINE_EVALUATE_CASES_H_
