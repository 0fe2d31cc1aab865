// The sizes of a sequence model, and how an event becomes rows of its table.
#ifndef VITRINE_MODELS_SEQUENCE_SHAPE_H_
#define VITRINE_MODELS_SEQUENCE_SHAPE_H_

#include <cstddef>
#include <cstdint>

#include "features/event.h"

namespace vitrine {

// Of its layer norms, in training and at inference.
inline constexpr float kSequenceNormEpsilon = 1e-12f;

struct SequenceShape {
  // Time between events: none, under a minute, and so on by powers of four to two years and more.
  static constexpr size_t kGaps = 16;

  size_t n_items = 0;
  size_t dim = 64;
  size_t blocks = 2;
  size_t heads = 1;
  size_t inner = 256;          // width inside the feed-forward part
  size_t max_length = 50;      // events that the model looks back
  bool has_types = false;      // whether the types of events are told apart
  bool has_gaps = false;       // whether the time between events is seen
  float frequency = 0.7f;      // weight of the frequency branch against attention; 0: none
  size_t low_frequencies = 3;  // of the window, counted with the mean, that pass as slow

  // The table: a row per item, then per place counted from the last, then per type, then per gap.
  size_t first_place() const { return n_items; }
  size_t first_type() const { return n_items + max_length; }
  size_t first_gap() const { return first_type() + (has_types ? kEventTypes : 0); }
  size_t table_rows() const { return first_gap() + (has_gaps ? kGaps : 0); }

  // Which gap row stands for `seconds` since the event before; the first event has gap 0.
  static size_t GapOf(int64_t seconds) {
    size_t gap = 1;
    for (int64_t limit = 60; gap + 1 < kGaps && seconds >= limit; limit *= 4) ++gap;
    return gap;
  }
};

}  // namespace vitrine

#endif  // VITRINE_MODELS_SEQUENCE_SHAPE_H_
