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

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "features/event.h"

namespace vitrine {

struct Exploring {
  float share = 0;                       // of the slots, the last ones; 0 to 1
  uint64_t seed = 1;                     // what is drawn depends on it and on the number of events
  std::span<const uint32_t> categories;  // of each item; empty: by popularity
};

// Categories from the last one on count as one.
inline constexpr uint32_t kMostGroups = 256;

// What is explored is among so many products that the model ranks first, or in the list.
inline constexpr size_t kMostExplored = 4096;

struct Group {
  float answered = 0, passed = 0;  // a and b
  float chance = 0;
  uint32_t n_left = 0;    // products that may be chosen
  uint32_t n_chosen = 0;  // for earlier slots
};
using Groups = std::array<Group, kMostGroups>;

// The group of each item. Without categories: how many times the popularity halves down from that
// of the most popular, in powers of two, up to 9.
std::vector<uint32_t> GroupsOf(std::span<const uint32_t> categories,
                               std::span<const float> popularity);

// Sets a and b after `events`, ascending in time. An impression is answered by the first view,
// click, cart, wish or purchase of its product before the next impression of it.
void SetPosteriors(std::span<const uint32_t> group_of, std::span<const float> popularity,
                   std::span<const Event> events, Groups& groups);

// Sets the chance among the groups with at least `n_least` products left; that of others is 0.
// Their sum is 1 where there is such a group.
void SetChances(uint32_t n_least, Groups& groups);

// Moves the products of the first `n` slots to the front of `items`, the best first, of which the
// last slots of a list and what comes behind it are made; `scores` go with them. Returns the
// probability that each stands in its slot, whichever products the other slots have. Groups with
// fewer products than slots are passed over; where that leaves none, nothing is moved nor returned.
std::vector<float> Explore(const Exploring& exploring, size_t n, std::span<const Event> events,
                           std::span<const float> popularity, std::span<uint32_t> items,
                           std::span<float> scores);

}  // namespace vitrine

#endif  // VITRINE_SERVE_EXPLORE_H_
