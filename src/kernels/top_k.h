// The best k of many scores, which may come a few at a time.
#ifndef VITRINE_KERNELS_TOP_K_H_
#define VITRINE_KERNELS_TOP_K_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace vitrine {

// What is added to the score of an item.
struct ItemBias {
  uint32_t item = 0;
  float value = 0;
};

// Keeps the k highest scores of items that come in ascending order; equal scores by item, the lower
// first. Scores that are -infinity or no number are never kept.
class BestItems {
 public:
  // `never`: items that must not be listed; `biases`: those of some items; both ascending by item,
  // and borrowed.
  explicit BestItems(size_t k, std::span<const uint32_t> never = {},
                     std::span<const ItemBias> biases = {})
      : k_(k), never_(never), biases_(biases) {}

  // What a score has to exceed to be kept.
  float worst() const { return worst_; }

  // Scores come without the biases.
  void Push(uint32_t item, float score);
  // The scores of first, first + 1, ...
  void Push(uint32_t first, std::span<const float> scores);

  // Adds the biases of first, first + 1, ... to `scores`, for who has to know what a score may
  // become. Nothing below `first` may be pushed any more.
  void AddBiases(uint32_t first, std::span<float> scores);

  // Gives what was kept, best first, and ends the collection.
  void Take(std::vector<uint32_t>& items, std::vector<float>& scores);

 private:
  struct Entry {
    uint32_t item;
    float score;
  };
  static bool Better(const Entry& a, const Entry& b) {
    return a.score != b.score ? a.score > b.score : a.item < b.item;
  }

  // Of a score that has its bias.
  void Keep(uint32_t item, float score);
  bool AnyBias(uint32_t first, size_t n);

  size_t k_;
  std::span<const uint32_t> never_;
  std::span<const ItemBias> biases_;  // those of items that may still come
  float worst_ = -std::numeric_limits<float>::infinity();
  std::vector<Entry> heap_;  // its front is the worst of the best so far
};

// Writes the indices i < n for which scores[i] <= bound does not hold, ascending, and returns how
// many they are. `indices` has room for n.
size_t SelectAbove(const float* scores, size_t n, float bound, uint32_t* indices);

// Writes the indices of the k highest scores, best first, ties by index; fewer where fewer exist.
// A score of -infinity marks an item that must not be listed. NaN is never listed.
void TopK(std::span<const float> scores, size_t k, std::vector<uint32_t>& items);

}  // namespace vitrine

#endif  // VITRINE_KERNELS_TOP_K_H_
