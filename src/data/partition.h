// Training and test part of a cleaned log, and the products that the training part knows.
#ifndef VITRINE_DATA_PARTITION_H_
#define VITRINE_DATA_PARTITION_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "core/result.h"
#include "data/dataset.h"
#include "data/event_log.h"

namespace vitrine {

struct SplitRules {
  Split split = Split::kTime;
  std::optional<int64_t> cut_time;  // seconds since 1970-01-01 UTC; kTime, kGivenSplit
  double test_fraction = 0.1;       // of events (kTime without a cut) or shoppers (kStrong)
  uint64_t seed = 0;                // kStrong
  // kStrong: instead of the fraction, part number `fold` of so many equal ones; 0: the fraction.
  size_t n_folds = 0;
  size_t fold = 0;  // from 0
  // The training part keeps shoppers with so many events on kept products, and products that so
  // many kept shoppers touched; taken in turns until nothing changes. kGivenSplit and kLeaveLast
  // keep all.
  uint64_t min_shopper_events = 1;
  uint64_t min_item_shoppers = 2;
};

// Where the test part begins: kNoCut unless the split is by time. From all events, clean or not,
// since cleaning needs it. invalid-argument where one side would be empty.
Result<int64_t> ChooseCut(const EventLog& log, const SplitRules& rules);

// "Place" is a shopper's in the sorted log.
struct Partition {
  static constexpr uint32_t kNone = EventLog::kNone;

  Split split = Split::kNone;
  int64_t cut_time = 0;              // kNoCut unless by time
  std::vector<uint8_t> is_held_out;  // by place; kStrong only
  std::vector<uint64_t> last_event;  // by place; kLeaveLast only
  std::vector<uint8_t> is_trained;   // by place: some of the events are in the training part
  std::vector<uint8_t> is_tested;    // by place: the kept events are in the test part
  std::vector<uint32_t> items;       // the log's item by vocabulary index
  std::vector<uint32_t> item_index;  // vocabulary index by the log's item, or kNone
  EventType target = EventType::kPurchase;

  // Whether event i of the shopper at `place` lies on the training side of the split.
  bool IsBefore(const EventLog& log, size_t place, size_t i) const {
    if (split == Split::kStrong) return is_held_out[place] == 0;
    if (split == Split::kLeaveLast) return i < last_event[place];
    return log.time[i] < cut_time;
  }
  // Whether the event is in the training part.
  bool InTraining(const EventLog& log, size_t place, size_t i) const {
    return log.IsKept(i) && is_trained[place] != 0 && IsBefore(log, place, i);
  }
};

// Splits, prunes and gives every event its final outcome. invalid-argument where nothing is left
// to train on.
Result<Partition> Divide(EventLog& log, const SplitRules& rules, int64_t cut_time);

}  // namespace vitrine

#endif  // VITRINE_DATA_PARTITION_H_
