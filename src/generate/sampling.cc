#include "generate/sampling.h"

#include <numeric>

namespace vitrine::generate {

AliasTable::AliasTable(std::span<const float> weights) : slots_(weights.size()) {
  const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  std::vector<double> scaled(weights.size());
  std::vector<uint32_t> small, large;
  for (uint32_t i = 0; i < weights.size(); ++i) {
    scaled[i] = weights[i] * static_cast<double>(weights.size()) / sum;
    (scaled[i] < 1 ? small : large).push_back(i);
    slots_[i] = {1, i, i};
  }
  while (!small.empty() && !large.empty()) {
    const uint32_t poor = small.back();
    const uint32_t rich = large.back();
    small.pop_back();
    slots_[poor] = {static_cast<float>(scaled[poor]), poor, rich};
    scaled[rich] -= 1 - scaled[poor];
    if (scaled[rich] < 1) {
      large.pop_back();
      small.push_back(rich);
    }
  }
}

}  // namespace vitrine::generate
