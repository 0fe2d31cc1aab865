#include "data/tally.h"

#include <algorithm>

namespace vitrine {

void Tally::Add(Outcome outcome, uint32_t line) {
  ++counts_[static_cast<size_t>(outcome)];
  if (outcome == Outcome::kKept) return;
  std::vector<uint32_t>& lines = lines_[static_cast<size_t>(outcome)];
  if (lines.size() == kExamples && line >= lines.back()) return;
  lines.insert(std::upper_bound(lines.begin(), lines.end(), line), line);
  if (lines.size() > kExamples) lines.pop_back();
}

}  // namespace vitrine
