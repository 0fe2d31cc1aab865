// The events that a model may learn from: the training part of a data set, whole or without what is
// set aside for validation.
#ifndef VITRINE_EVALUATE_TRAINING_PART_H_
#define VITRINE_EVALUATE_TRAINING_PART_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "core/csr.h"
#include "data/dataset.h"
#include "evaluate/cases.h"
#include "features/profile.h"

namespace vitrine {

// A view of Dataset::train(): its shoppers without the held-out ones, their events before `until`
// without the drawn ones and without the last.
struct TrainingPart {
  const Dataset* dataset = nullptr;
  int64_t until = std::numeric_limits<int64_t>::max();  // seconds UTC
  std::vector<uint32_t> held_out;                       // ascending
  EventDraw draw;
  bool without_last = false;

  // When the part ends: `until`, or just after its last event.
  int64_t end_time() const;
  size_t n_items() const { return dataset->info().n_items; }
  // Calls visit(shopper, events) for every shopper with any event in the part, in order.
  template <class Visit>
  void ForEachShopper(const Visit& visit) const;
};

// What training learns from and is judged by.
struct TrainingPlan {
  TrainingPart fit;  // without validation
  TrainingPart all;
  Cases validation;
};

// The part's profiles as a sparse matrix, a row per shopper whose profile is not empty. Decay
// counts from the part's end.
Csr TrainingMatrix(const TrainingPart& part, const ProfileOptions& options);

// Shoppers that did the target event to each item, since `since` (seconds UTC).
std::vector<float> Popularity(const TrainingPart& part,
                              int64_t since = std::numeric_limits<int64_t>::min());

template <class Visit>
void TrainingPart::ForEachShopper(const Visit& visit) const {
  std::vector<Event> events;
  size_t next = 0;
  for (uint32_t shopper = 0; shopper < dataset->train().size(); ++shopper) {
    if (next < held_out.size() && held_out[next] == shopper) {
      ++next;
      continue;
    }
    dataset->train().Read(shopper, events);
    while (!events.empty() && events.back().time >= until) events.pop_back();
    if (without_last && !events.empty()) events.pop_back();
    draw.Remove(shopper, events);
    if (!events.empty()) visit(shopper, std::span<const Event>(events));
  }
}

}  // namespace vitrine

#endif  // VITRINE_EVALUATE_TRAINING_PART_H_
