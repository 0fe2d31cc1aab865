#include "data/event_log.h"

#include <algorithm>
#include <numeric>

namespace vitrine {
namespace {

// One column at a time, so that only one is in memory twice.
template <class T>
void Permute(const std::vector<uint32_t>& rows, std::vector<T>& column) {
  std::vector<T> sorted(column.size());
  for (size_t i = 0; i < rows.size(); ++i) sorted[i] = column[rows[i]];
  column = std::move(sorted);
}

}  // namespace

void EventLog::SortByShopper() {
  std::vector<uint32_t> by_name(shoppers.size());
  std::iota(by_name.begin(), by_name.end(), 0u);
  std::sort(by_name.begin(), by_name.end(),
            [this](uint32_t a, uint32_t b) { return shoppers.Name(a) < shoppers.Name(b); });
  std::vector<uint64_t> count(shoppers.size(), 0);
  for (const uint32_t id : shopper) ++count[id];

  // Where each shopper's events begin; shoppers without any get no place.
  offsets.assign(1, 0);
  std::vector<uint64_t> next(shoppers.size(), 0);
  for (const uint32_t id : by_name) {
    if (count[id] == 0) continue;
    next[id] = offsets.back();
    offsets.push_back(offsets.back() + count[id]);
  }
  std::vector<uint32_t> rows(size());
  for (size_t i = 0; i < size(); ++i) rows[next[shopper[i]]++] = static_cast<uint32_t>(i);
  for (size_t s = 0; s < n_shoppers(); ++s) {
    const auto begin = rows.begin() + static_cast<ptrdiff_t>(offsets[s]);
    const auto end = rows.begin() + static_cast<ptrdiff_t>(offsets[s + 1]);
    const auto earlier = [this](uint32_t a, uint32_t b) { return time[a] < time[b]; };
    if (!std::is_sorted(begin, end, earlier)) std::stable_sort(begin, end, earlier);
  }
  Permute(rows, time);
  Permute(rows, shopper);
  Permute(rows, item);
  Permute(rows, order);
  Permute(rows, text);
  Permute(rows, line);
  Permute(rows, price);
  Permute(rows, quantity);
  Permute(rows, value);
  Permute(rows, context);
  Permute(rows, type);
  Permute(rows, outcome);
  Permute(rows, companion);
}

}  // namespace vitrine
