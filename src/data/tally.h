// Counts what became of the rows, and remembers where the first of each kind stand.
#ifndef VITRINE_DATA_TALLY_H_
#define VITRINE_DATA_TALLY_H_

#include <array>
#include <cstdint>
#include <vector>

#include "data/event_log.h"

namespace vitrine {

class Tally {
 public:
  static constexpr size_t kExamples = 5;

  void Add(Outcome outcome, uint32_t line);
  uint64_t count(Outcome outcome) const { return counts_[static_cast<size_t>(outcome)]; }
  // The lowest lines, ascending; not kept for Outcome::kKept.
  const std::vector<uint32_t>& lines(Outcome outcome) const {
    return lines_[static_cast<size_t>(outcome)];
  }

 private:
  std::array<uint64_t, kOutcomes> counts_{};
  std::array<std::vector<uint32_t>, kOutcomes> lines_;
};

}  // namespace vitrine

#endif  // VITRINE_DATA_TALLY_H_
