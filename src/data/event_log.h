// The whole log in memory, encoded: what cleaning and splitting work on.
#ifndef VITRINE_DATA_EVENT_LOG_H_
#define VITRINE_DATA_EVENT_LOG_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "core/string_ids.h"
#include "features/event.h"

namespace vitrine {

// What became of a row of the log. Every row has exactly one.
enum class Outcome : uint8_t {
  kKept,
  kNetted,  // a purchase that was cancelled whole, or the cancellation of one
  kMalformed,
  kNoShopper,
  kNoProduct,
  kUnwanted,
  kUnknownEvent,
  kBadTime,
  kImpossibleTime,
  kBadNumber,
  kWorthless,
  kDuplicate,
  kUnmatched,
  kBot,
  kRare,
  kOutsideVocabulary,
  kUntested,
};
inline constexpr size_t kOutcomes = 17;

struct OutcomeText {
  std::string_view name;     // in report.json
  std::string_view meaning;  // for people
};
inline constexpr std::array<OutcomeText, kOutcomes> kOutcomeTexts = {{
    {"kept", "kept"},
    {"netted", "cancelled purchases and their cancellations"},
    {"malformed", "could not be read as a row"},
    {"no-shopper", "named no shopper"},
    {"no-product", "named no product"},
    {"unwanted-product", "were on products left out by --drop-products"},
    {"unknown-event", "were events that say nothing of a product"},
    {"bad-time", "had no readable time"},
    {"impossible-time", "lay before 1995 or in the future"},
    {"bad-number", "had an unreadable number"},
    {"worthless-purchase", "were purchases for nothing or of nothing"},
    {"duplicate", "repeated another row exactly"},
    {"unmatched-cancellation", "cancelled a purchase that the log does not hold before"},
    {"bot", "came from shoppers that behave like programs"},
    {"rare", "were on products or by shoppers seen too seldom"},
    {"outside-vocabulary", "in the test part, were on products that the training part lacks"},
    {"untested", "after the cut, came from shoppers without anything to foresee"},
}};

// One column per property; events of one row share `line`. A cancellation is a purchase of
// negative quantity.
struct EventLog {
  static constexpr uint32_t kNone = StringIds::kNone;

  std::vector<int64_t> time;  // seconds since 1970-01-01 UTC
  std::vector<uint32_t> shopper;
  std::vector<uint32_t> item;   // kNone: a cancellation of a whole order
  std::vector<uint32_t> order;  // kNone: outside orders
  std::vector<uint32_t> text;   // what the row says of the product; kNone: nothing
  std::vector<uint32_t> line;   // over all files
  std::vector<float> price;     // 0: unknown
  std::vector<float> quantity;
  std::vector<float> value;
  std::vector<uint16_t> context;
  std::vector<EventType> type;
  std::vector<Outcome> outcome;
  std::vector<uint8_t> companion;  // 1: the second event of a row, as a review beside its rating

  // Names by number, from the whole log. The data set's numbers come later, from the training
  // part.
  StringIds shoppers;
  StringIds items;
  StringIds orders;
  StringIds texts;     // JoinProductText
  StringIds contexts;  // 0 is "unknown"

  // After SortByShopper: events of the shopper at place s are [offsets[s], offsets[s + 1]),
  // ascending in time, and rows of one time in the log's order.
  std::vector<uint64_t> offsets;

  size_t size() const { return time.size(); }
  size_t n_shoppers() const { return offsets.empty() ? 0 : offsets.size() - 1; }
  uint32_t ShopperAt(size_t place) const { return shopper[offsets[place]]; }
  bool IsKept(size_t i) const { return outcome[i] == Outcome::kKept; }

  // Groups the events; shoppers come in the order of their names, so that the result does not
  // depend on the log's order.
  void SortByShopper();
};

}  // namespace vitrine

#endif  // VITRINE_DATA_EVENT_LOG_H_
