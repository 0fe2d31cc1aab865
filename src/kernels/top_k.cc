#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/top_k.cc"
#include "hwy/foreach_target.h"  // must come before highway.h
//
#include <algorithm>

#include "hwy/highway.h"
#include "kernels/top_k.h"

HWY_BEFORE_NAMESPACE();
namespace vitrine {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

size_t SelectAbove(const float* HWY_RESTRICT scores, size_t n, float bound,
                   uint32_t* HWY_RESTRICT indices) {
  const hn::ScalableTag<float> d;
  const size_t lanes = hn::Lanes(d);
  const auto vbound = hn::Set(d, bound);
  size_t found = 0, i = 0;
  for (; i < n; i += lanes) {
    // Almost always a whole vector lies below.
    if (i + lanes <= n && hn::AllTrue(d, hn::Le(hn::LoadU(d, scores + i), vbound))) continue;
    for (size_t j = i; j < HWY_MIN(i + lanes, n); ++j) {
      if (!(scores[j] <= bound)) indices[found++] = static_cast<uint32_t>(j);
    }
  }
  return found;
}

}  // namespace HWY_NAMESPACE
}  // namespace vitrine
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace vitrine {

HWY_EXPORT(SelectAbove);

size_t SelectAbove(const float* scores, size_t n, float bound, uint32_t* indices) {
  return HWY_DYNAMIC_DISPATCH(SelectAbove)(scores, n, bound, indices);
}

bool BestItems::AnyBias(uint32_t first, size_t n) {
  while (!biases_.empty() && biases_.front().item < first) biases_ = biases_.subspan(1);
  return !biases_.empty() && biases_.front().item - first < n;
}

void BestItems::AddBiases(uint32_t first, std::span<float> scores) {
  if (!AnyBias(first, scores.size())) return;
  for (const auto& [item, value] : biases_) {
    if (item - first >= scores.size()) break;
    scores[item - first] += value;
  }
}

void BestItems::Push(uint32_t item, float score) {
  Keep(item, AnyBias(item, 1) ? score + biases_.front().value : score);
}

void BestItems::Keep(uint32_t item, float score) {
  // Items ascend, so one that equals the worst score loses to it by index and `>` decides alone.
  if (!(score > worst_)) return;
  while (!never_.empty() && never_.front() < item) never_ = never_.subspan(1);
  if (!never_.empty() && never_.front() == item) return;
  if (heap_.size() == k_) {
    if (k_ == 0) return;
    std::pop_heap(heap_.begin(), heap_.end(), Better);
    heap_.back() = {item, score};
  } else {
    heap_.push_back({item, score});
  }
  std::push_heap(heap_.begin(), heap_.end(), Better);
  if (heap_.size() == k_) worst_ = heap_.front().score;
}

void BestItems::Push(uint32_t first, std::span<const float> scores) {
  constexpr size_t kBlock = 256;
  uint32_t indices[kBlock];
  float biased[kBlock];
  for (size_t begin = 0; begin < scores.size(); begin += kBlock) {
    const uint32_t item = first + static_cast<uint32_t>(begin);
    auto block = scores.subspan(begin, std::min(kBlock, scores.size() - begin));
    if (AnyBias(item, block.size())) {
      std::copy(block.begin(), block.end(), biased);
      AddBiases(item, {biased, block.size()});
      block = {biased, block.size()};
    }
    const size_t found = SelectAbove(block.data(), block.size(), worst_, indices);
    for (size_t i = 0; i < found; ++i) Keep(item + indices[i], block[indices[i]]);
  }
}

void BestItems::Take(std::vector<uint32_t>& items, std::vector<float>& scores) {
  std::sort_heap(heap_.begin(), heap_.end(), Better);
  items.clear();
  scores.clear();
  for (const Entry& entry : heap_) {
    items.push_back(entry.item);
    scores.push_back(entry.score);
  }
  heap_.clear();
}

void TopK(std::span<const float> scores, size_t k, std::vector<uint32_t>& items) {
  BestItems best(k);
  best.Push(0, scores);
  std::vector<float> kept;
  best.Take(items, kept);
}

}  // namespace vitrine
#endif  // HWY_ONCE
