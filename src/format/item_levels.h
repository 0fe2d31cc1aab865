// Chooses the values that stand for a number per product; see item_values.h.
#ifndef VITRINE_FORMAT_ITEM_LEVELS_H_
#define VITRINE_FORMAT_ITEM_LEVELS_H_

#include <cstdint>
#include <span>
#include <vector>

namespace vitrine {

struct ItemLevels {
  std::vector<uint8_t> codes;  // one a value
  std::vector<float> levels;   // kLevels, ascending, the last repeated: value ~ levels[code]
};

// Exact where there are at most 256 different values; else of small square error, the range that
// has most of it being cut until there are 256. `values` are finite, one at least.
ItemLevels FindLevels(std::span<const float> values);

}  // namespace vitrine

#endif  // VITRINE_FORMAT_ITEM_LEVELS_H_
