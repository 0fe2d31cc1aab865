#include "train/neighbour_table.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

namespace vitrine {
namespace {

constexpr size_t kWindow = 8;             // events to either side
constexpr float kNearer = 0.7f;           // what each next one counts
constexpr int64_t kPause = 86400;         // seconds that end it
constexpr float kShrink = 5;              // shoppers
constexpr size_t kKept = 20;              // of a row
constexpr size_t kRunningSums = 1 << 22;  // entries before equal ones are added up

struct Pair {
  uint32_t from, to;
  float value;
};

// Adds up equal pairs; each sum in the order of its terms.
void AddUp(std::vector<Pair>& pairs) {
  std::ranges::stable_sort(pairs, [](const Pair& a, const Pair& b) {
    return a.from != b.from ? a.from < b.from : a.to < b.to;
  });
  size_t n = 0;
  for (size_t i = 0; i < pairs.size(); ++i) {
    if (n > 0 && pairs[n - 1].from == pairs[i].from && pairs[n - 1].to == pairs[i].to) {
      pairs[n - 1].value += pairs[i].value;
    } else {
      pairs[n++] = pairs[i];
    }
  }
  pairs.resize(n);
}

// What stands around events[i], walking by `step`.
void Walk(std::span<const Event> events, size_t i, ptrdiff_t step, std::vector<Pair>& pairs) {
  float value = 1;
  size_t found = 0;
  const auto n = static_cast<ptrdiff_t>(events.size());
  for (ptrdiff_t at = static_cast<ptrdiff_t>(i) + step; at >= 0 && at < n && found < kWindow;
       at += step) {
    const Event& event = events[static_cast<size_t>(at)];
    const Event& before = events[static_cast<size_t>(at - step)];
    if (std::abs(event.time - before.time) > kPause) return;
    if (event.item == events[i].item) continue;
    pairs.push_back({events[i].item, event.item, value});
    value *= kNearer;
    ++found;
  }
}

}  // namespace

Csr NeighbourTable(const TrainingPart& part) {
  std::vector<Pair> all, own;
  size_t most = kRunningSums;
  part.ForEachShopper([&](uint32_t, std::span<const Event> events) {
    own.clear();
    for (size_t i = 0; i < events.size(); ++i) {
      Walk(events, i, -1, own);
      Walk(events, i, 1, own);
    }
    AddUp(own);
    for (Pair& pair : own) pair.value = std::min(pair.value, 1.0f);
    all.insert(all.end(), own.begin(), own.end());
    if (all.size() >= most) {
      AddUp(all);
      most = std::max(kRunningSums, 2 * all.size());
    }
  });
  AddUp(all);

  Csr table;
  table.cols = part.n_items();
  size_t i = 0;
  std::vector<Pair> row;
  for (uint32_t from = 0; from < table.cols; ++from) {
    row.clear();
    float sum = kShrink;
    for (; i < all.size() && all[i].from == from; ++i) {
      row.push_back(all[i]);
      sum += all[i].value;
    }
    const size_t kept = std::min(kKept, row.size());
    std::ranges::stable_sort(row, [](const Pair& a, const Pair& b) { return a.value > b.value; });
    row.resize(kept);
    std::ranges::sort(row, [](const Pair& a, const Pair& b) { return a.to < b.to; });
    for (const Pair& pair : row) {
      table.indices.push_back(pair.to);
      table.values.push_back(pair.value / sum);
    }
    table.EndRow();
  }
  return table;
}

}  // namespace vitrine
