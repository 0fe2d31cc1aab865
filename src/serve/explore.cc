#include "serve/explore.h"

#include <algorithm>
#include <array>
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
using Cells = std::array<float, kCells>;

uint32_t ExponentOf(float positive) { return __builtin_bit_cast(uint32_t, positive) >> 23; }

bool Answers(EventType type) { return type <= EventType::kPurchase && type != EventType::kUncart; }

// The probabilities of the cells.
void Spread(const Posterior& posterior, const Cells& log_u, const Cells& log_rest, Cells& cells) {
  float most = kNever;
  for (size_t c = 0; c < kCells; ++c) {
    cells[c] = (2 * posterior.answered - 1) * log_u[c] + (posterior.passed - 1) * log_rest[c];
    most = std::max(most, cells[c]);
  }
  float sum = 0;
  for (float& cell : cells) sum += cell = Exp(cell - most);
  for (float& cell : cells) cell /= sum;
}

}  // namespace

std::vector<uint8_t> GroupsOf(std::span<const uint32_t> categories,
                              std::span<const float> popularity) {
  std::vector<uint8_t> groups(popularity.size());
  const uint32_t top = ExponentOf(*std::max_element(popularity.begin(), popularity.end()));
  for (size_t i = 0; i < groups.size(); ++i) {
    groups[i] = static_cast<uint8_t>(categories.empty()
                                         ? std::min(top - ExponentOf(popularity[i]), kHalvings)
                                         : std::min(categories[i], kLastGroup));
  }
  return groups;
}

std::vector<Posterior> PosteriorsOf(std::span<const uint8_t> groups,
                                    std::span<const float> popularity,
                                    std::span<const Event> events) {
  std::vector<float> sold;
  float sum = 0, n_groups = 0;
  for (size_t i = 0; i < groups.size(); ++i) {
    if (groups[i] >= sold.size()) sold.resize(groups[i] + size_t{1});
    sold[groups[i]] += popularity[i];
    sum += popularity[i];
  }
  for (const float share : sold) n_groups += share > 0;
  std::vector<Posterior> posteriors;
  for (const float share : sold) {
    const float prior = std::clamp(n_groups * share / (sum > 0 ? sum : 1), kLeastPrior, kMostPrior);
    posteriors.push_back({prior, kPriorShown - prior});
  }
  std::vector<bool> unanswered(groups.size());
  for (const Event& event : events) {
    Posterior& posterior = posteriors[groups[event.item]];
    if (event.type == EventType::kImpression) {
      ++posterior.passed;
      unanswered[event.item] = true;
    } else if (Answers(event.type) && unanswered[event.item]) {
      --posterior.passed;
      ++posterior.answered;
      unanswered[event.item] = false;
    }
  }
  return posteriors;
}

std::vector<float> ChancesOf(std::span<const Posterior> posteriors,
                             std::span<const uint32_t> n_left, size_t n_least) {
  Cells log_u, log_rest, all_below;
  for (size_t c = 0; c < kCells; ++c) {
    const float u = (static_cast<float>(c) + 0.5f) / kCells;
    log_u[c] = std::log(u);
    log_rest[c] = std::log(1 - u * u);
    all_below[c] = 1;
  }
  // Groups one after the other: the cells' probabilities, then those of lying below a cell, half of
  // the cell itself counted.
  std::vector<Cells> cells(posteriors.size()), below(posteriors.size());
  for (size_t g = 0; g < posteriors.size(); ++g) {
    if (n_left[g] < n_least) continue;
    Spread(posteriors[g], log_u, log_rest, cells[g]);
    float sum = 0;
    for (size_t c = 0; c < kCells; ++c) {
      // Not 0, since it is divided by.
      below[g][c] = std::max(sum + cells[g][c] / 2, 1e-30f);
      sum += cells[g][c];
      all_below[c] *= below[g][c];
    }
  }
  std::vector<float> chances(posteriors.size());
  float sum = 0;
  for (size_t g = 0; g < posteriors.size(); ++g) {
    if (n_left[g] < n_least) continue;
    for (size_t c = 0; c < kCells; ++c) chances[g] += cells[g][c] * (all_below[c] / below[g][c]);
    sum += chances[g];
  }
  for (float& chance : chances) chance /= sum > 0 ? sum : 1;
  return chances;
}

std::vector<Explored> Explore(const Exploring& exploring, size_t n, std::span<const Event> events,
                              std::span<const float> popularity, std::span<float> scores) {
  const std::vector<uint8_t> groups = GroupsOf(exploring.categories, popularity);
  const std::vector<Posterior> posteriors = PosteriorsOf(groups, popularity, events);
  std::vector<uint32_t> n_left(posteriors.size()), n_chosen(posteriors.size());
  for (size_t i = 0; i < scores.size(); ++i) n_left[groups[i]] += scores[i] > kNever;
  const std::vector<float> chances = ChancesOf(posteriors, n_left, n);

  Rng rng(exploring.seed, events.size());
  std::vector<Explored> explored;
  for (size_t slot = 0; slot < n; ++slot) {
    size_t group = chances.size();
    float left = rng.Uniform();
    for (size_t g = 0; g < chances.size() && left > 0; ++g) {
      if (chances[g] == 0) continue;
      group = g;
      left -= chances[g];
    }
    if (group == chances.size()) break;
    size_t best = scores.size();
    for (size_t i = 0; i < scores.size(); ++i) {
      if (groups[i] == group && scores[i] > (best < scores.size() ? scores[best] : kNever)) best = i;
    }
    // It stands here if this slot is the group's and `before` of the earlier ones are.
    const uint32_t before = n_chosen[group]++;
    const double chance = chances[group];
    double propensity = chance;
    for (size_t i = 0; i < slot; ++i) {
      propensity *= i < before ? chance * static_cast<double>(slot - i) / static_cast<double>(i + 1)
                               : 1 - chance;
    }
    explored.push_back({static_cast<uint32_t>(best), scores[best], static_cast<float>(propensity)});
    scores[best] = kNever;
  }
  return explored;
}

}  // namespace vitrine
