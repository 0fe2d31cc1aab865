#include "format/item_levels.h"

#include <algorithm>
#include <queue>

#include "format/item_values.h"

namespace vitrine {
namespace {

// Sorted values, with what the square error of any range is made of.
class SortedValues {
 public:
  explicit SortedValues(std::span<const float> values) : sorted_(values.begin(), values.end()) {
    std::ranges::sort(sorted_);
    const double shift = sorted_.empty() ? 0 : sorted_[sorted_.size() / 2];  // loses fewer digits
    for (const float value : sorted_) {
      const double x = value - shift;
      sums_.push_back(sums_.back() + x);
      squares_.push_back(squares_.back() + x * x);
    }
    shift_ = shift;
  }

  const std::vector<float>& sorted() const { return sorted_; }
  double Mean(size_t first, size_t last) const {
    return shift_ + (sums_[last] - sums_[first]) / static_cast<double>(last - first);
  }
  double Error(size_t first, size_t last) const {
    if (sorted_[first] == sorted_[last - 1]) return 0;
    const double sum = sums_[last] - sums_[first];
    const double square = squares_[last] - squares_[first];
    return square - sum * sum / static_cast<double>(last - first);
  }

 private:
  std::vector<float> sorted_;
  std::vector<double> sums_{0}, squares_{0};
  double shift_ = 0;
};

struct Range {
  double error;
  size_t first, last;
  bool operator<(const Range& other) const { return error < other.error; }
};

// The first value of the range above its middle; of two different ones, so that both sides have
// some.
size_t CutOf(const SortedValues& values, const Range& range) {
  const auto& sorted = values.sorted();
  const double mean = values.Mean(range.first, range.last);
  const auto begin = sorted.begin() + static_cast<ptrdiff_t>(range.first);
  const auto end = sorted.begin() + static_cast<ptrdiff_t>(range.last);
  auto cut = std::upper_bound(begin, end, static_cast<float>(mean));
  if (cut == end) cut = std::lower_bound(begin, end, *(end - 1));
  if (cut == begin) cut = std::upper_bound(begin, end, *begin);
  return static_cast<size_t>(cut - sorted.begin());
}

size_t NearestLevel(const std::vector<float>& levels, float value) {
  const auto above = std::ranges::lower_bound(levels, value);
  if (above == levels.begin()) return 0;
  if (above == levels.end() || value - *(above - 1) <= *above - value) {
    return static_cast<size_t>(above - levels.begin()) - 1;
  }
  return static_cast<size_t>(above - levels.begin());
}

}  // namespace

ItemLevels FindLevels(std::span<const float> values) {
  ItemLevels result;
  if (values.empty()) return result;
  const SortedValues sorted(values);
  std::priority_queue<Range> ranges;
  ranges.push({sorted.Error(0, values.size()), 0, values.size()});
  while (ranges.size() < kLevels && ranges.top().error > 0) {
    const Range range = ranges.top();
    ranges.pop();
    const size_t cut = CutOf(sorted, range);
    ranges.push({sorted.Error(range.first, cut), range.first, cut});
    ranges.push({sorted.Error(cut, range.last), cut, range.last});
  }
  for (; !ranges.empty(); ranges.pop()) {
    const Range& range = ranges.top();
    const bool one = sorted.sorted()[range.first] == sorted.sorted()[range.last - 1];
    result.levels.push_back(one ? sorted.sorted()[range.first]
                                : static_cast<float>(sorted.Mean(range.first, range.last)));
  }
  std::ranges::sort(result.levels);
  result.codes.reserve(values.size());
  for (const float value : values) {
    result.codes.push_back(static_cast<uint8_t>(NearestLevel(result.levels, value)));
  }
  result.levels.resize(kLevels, result.levels.back());
  return result;
}

}  // namespace vitrine
