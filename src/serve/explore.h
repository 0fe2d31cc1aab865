// The last slots of a list given to what is not known of a shopper yet: Thompson sampling over
// groups of products, with the probability of each choice.
//
// A group is a category of the shop; where the shop has none, products of a like popularity. That
// a product of group g is answered when shown has the probability theta_g ~ Beta(a_g, b_g):
//
//   a_g = prior_g + impressions that were answered,  b_g = 10 - prior_g + those that were not,
//   prior_g = popularity of g / mean popularity of a group, within 1/4 and 4
//
// A slot shows the model's best product that is left of group g with probability
//
//   chance_g = P(theta_g > theta_h for all h != g),
//
// which is Thompson sampling; theta lies on a grid, so that the chances are sums and not estimates.
#ifndef VITRINE_SERVE_EXPLORE_H_
#define VITRINE_SERVE_EXPLORE_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "features/event.h"

namespace vitrine {

// Categories from this one on count as one.
inline constexpr uint32_t kLastGroup = 255;

struct Exploring {
  float share = 0;                       // of the slots, 0 to 1
  uint64_t seed = 1;                     // the list depends on it and on the number of events
  std::span<const uint32_t> categories;  // of each item; empty: by popularity
};

// Beta(answered, passed).
struct Posterior {
  float answered = 0, passed = 0;
};

// The group of each item. Without categories: how many times the popularity halves down from that
// of the most popular, in powers of two, up to 9.
std::vector<uint8_t> GroupsOf(std::span<const uint32_t> categories,
                              std::span<const float> popularity);

// Of each group, after `events`, ascending in time. An impression is answered by the first view,
// click, cart, wish or purchase of its product before the next impression of it.
std::vector<Posterior> PosteriorsOf(std::span<const uint8_t> groups,
                                    std::span<const float> popularity,
                                    std::span<const Event> events);

// chance_g among the groups for which `n_left` is at least `n_least`, 0 for others; all 0 where
// there are none. Sums to 1.
std::vector<float> ChancesOf(std::span<const Posterior> posteriors,
                             std::span<const uint32_t> n_left, size_t n_least);

// A product in its slot, and the probability that it stands there, whichever products the other
// slots have.
struct Explored {
  uint32_t item = 0;
  float score = 0;
  float propensity = 0;
};

// The products of `n` slots. `scores`: of each item, -infinity where it must not be listed; what is
// chosen is set to that. Groups with fewer than n products are left out; nothing is explored where
// that leaves none.
std::vector<Explored> Explore(const Exploring& exploring, size_t n, std::span<const Event> events,
                              std::span<const float> popularity, std::span<float> scores);

}  // namespace vitrine

#endif  // VITRINE_SERVE_EXPLORE_H_
