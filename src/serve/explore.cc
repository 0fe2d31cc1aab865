#include "serve/explore.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/rng.h"
#include "math/exponential.h"

namespace vitrine {
namespace {

constexpr float kNever = -std::numeric_limits<float>::infinity();

constexpr uint32_t kHalvings = 9;
constexpr float kPriorShown = 10, kLeastPrior = 0.25f, kMostPrior = 4;

// theta = u^2 at the middle of each cell of u: there a posterior after n impressions is about as
// wide, 1 / (2 sqrt(n)), wherever it lies.
constexpr size_t kCells = 64;

uint32_t ExponentOf(float positive) { return __builtin_bit_cast(uint32_t, positive) >> 23; }

bool Answers(EventType type) { return type <= EventType::kPurchase && type != EventType::kUncart; }

}  // namespace

std::vector<uint32_t> GroupsOf(std::span<const uint32_t> categories,
                               std::span<const float> popularity) {
  float most = 0;
  for (const float value : popularity) most = std::max(most, value);
  std::vector<uint32_t> group_of(popularity.size());
  for (size_t i = 0; i < group_of.size(); ++i) {
    group_of[i] = categories.empty()
                      ? std::min(ExponentOf(most) - ExponentOf(popularity[i]), kHalvings)
                      : std::min(categories[i], kMostGroups - 1);
  }
  return group_of;
}

void SetPosteriors(std::span<const uint32_t> group_of, std::span<const float> popularity,
                   std::span<const Event> events, Groups& groups) {
  float sum = 0, n_groups = 0;
  for (size_t i = 0; i < group_of.size(); ++i) {
    float& sold = groups[group_of[i]].answered;
    n_groups += sold == 0 && popularity[i] > 0;
    sold += popularity[i];
    sum += popularity[i];
  }
  const float scale = sum > 0 ? n_groups / sum : 0;
  for (Group& group : groups) {
    group.answered = std::clamp(scale * group.answered, kLeastPrior, kMostPrior);
    group.passed = kPriorShown - group.answered;
  }
  std::vector<uint32_t> waits(group_of.size());
  for (const Event& event : events) {
    Group& group = groups[group_of[event.item]];
    uint32_t& wait = waits[event.item];
    if (event.type == EventType::kImpression) {
      wait = 1;
      ++group.passed;
    } else if (Answers(event.type)) {
      group.answered += static_cast<float>(wait);
      group.passed -= static_cast<float>(wait);
      wait = 0;
    }
  }
}

void SetChances(uint32_t n_least, Groups& groups) {
  float log_u[kCells], log_rest[kCells], all_below[kCells];
  for (size_t c = 0; c < kCells; ++c) {
    const float u = (static_cast<float>(c) + 0.5f) / kCells;
    log_u[c] = std::log(u);
    log_rest[c] = std::log(1 - u * u);
    all_below[c] = 1;
  }
  // Of each group its cells: the probability of each, then that of lying below it, half of the cell
  // itself counted, which is never 0, since it is divided by.
  std::vector<float> cells(2 * groups.size() * kCells);
  float* row = cells.data();
  for (const Group& group : groups) {
    if (group.n_left < n_least) continue;
    float most = kNever, sum = 0, before = 0;
    for (size_t c = 0; c < kCells; ++c) {
      row[c] = (2 * group.answered - 1) * log_u[c] + (group.passed - 1) * log_rest[c];
      most = std::max(most, row[c]);
    }
    for (size_t c = 0; c < kCells; ++c) sum += row[c] = Exp(row[c] - most);
    for (size_t c = 0; c < kCells; ++c) {
      row[c] /= sum;
      row[kCells + c] = std::max(before + row[c] / 2, 1e-30f);
      before += row[c];
      all_below[c] *= row[kCells + c];
    }
    row += 2 * kCells;
  }
  row = cells.data();
  float total = 0;
  for (Group& group : groups) {
    group.chance = 0;
    if (group.n_left < n_least) continue;
    for (size_t c = 0; c < kCells; ++c) group.chance += row[c] * (all_below[c] / row[kCells + c]);
    total += group.chance;
    row += 2 * kCells;
  }
  if (total == 0) return;
  for (Group& group : groups) group.chance /= total;
}

std::vector<float> Explore(const Exploring& exploring, size_t n, std::span<const Event> events,
                           std::span<const float> popularity, std::span<uint32_t> items,
                           std::span<float> scores) {
  Groups groups;
  const std::vector<uint32_t> group_of = GroupsOf(exploring.categories, popularity);
  SetPosteriors(group_of, popularity, events, groups);
  for (const uint32_t item : items) ++groups[group_of[item]].n_left;
  SetChances(static_cast<uint32_t>(n), groups);

  std::vector<float> propensities(n);
  for (size_t slot = 0; slot < n; ++slot) {
    float left = ToUniform(RandomBits(exploring.seed, events.size(), slot)[0]);
    Group* group = nullptr;
    for (Group& other : groups) {
      if (other.chance == 0 || left <= 0) continue;
      group = &other;
      left -= other.chance;
    }
    if (group == nullptr) return {};
    size_t at = slot;
    while (&groups[group_of[items[at]]] != group) ++at;
    for (; at > slot; --at) {
      std::swap(items[at], items[at - 1]);
      std::swap(scores[at], scores[at - 1]);
    }
    // It stands here if this slot is the group's and n_chosen of the earlier ones are.
    const float chance = group->chance;
    float& propensity = propensities[slot];
    propensity = chance;
    for (size_t i = 0; i < slot; ++i) {
      propensity *= i < group->n_chosen
                        ? chance * static_cast<float>(slot - i) / static_cast<float>(i + 1)
                        : 1 - chance;
    }
    ++group->n_chosen;
  }
  return propensities;
}

}  // namespace vitrine
