#include "kernels/top_k.h"

#include <algorithm>
#include <limits>

namespace vitrine {

void TopK(std::span<const float> scores, size_t k, std::vector<uint32_t>& items) {
  items.clear();
  if (k == 0) return;
  const auto better = [scores](uint32_t a, uint32_t b) {
    return scores[a] != scores[b] ? scores[a] > scores[b] : a < b;
  };
  // A heap whose front is the worst of the best so far. Items come in ascending order, so one that
  // equals the worst score loses to it by index and `>` decides alone.
  float worst = -std::numeric_limits<float>::infinity();
  for (uint32_t item = 0; item < scores.size(); ++item) {
    if (!(scores[item] > worst)) continue;
    if (items.size() == k) {
      std::pop_heap(items.begin(), items.end(), better);
      items.back() = item;
    } else {
      items.push_back(item);
    }
    std::push_heap(items.begin(), items.end(), better);
    if (items.size() == k) worst = scores[items.front()];
  }
  std::sort_heap(items.begin(), items.end(), better);
}

}  // namespace vitrine
