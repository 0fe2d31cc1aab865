// The best k of many scores.
#ifndef VITRINE_KERNELS_TOP_K_H_
#define VITRINE_KERNELS_TOP_K_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace vitrine {

// Writes the indices of the k highest scores, best first, ties by index; fewer where fewer exist.
// A score of -infinity marks an item that must not be listed. NaN is never listed.
void TopK(std::span<const float> scores, size_t k, std::vector<uint32_t>& items);

}  // namespace vitrine

#endif  // VITRINE_KERNELS_TOP_K_H_
