// Lists whose products come true by chances that are known.
#ifndef VITRINE_TESTS_NATIVE_SUPPORT_DRAWN_LISTS_H_
#define VITRINE_TESTS_NATIVE_SUPPORT_DRAWN_LISTS_H_

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "core/rng.h"
#include "evaluate/evaluate.h"

namespace vitrine {

// The score of a place that a list does not have.
inline constexpr float kNothing = std::numeric_limits<float>::quiet_NaN();

inline double Sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

// Lists of 30 products whose chance is Sigmoid(-1 + 2 score - .5 log rank); scores fall from a top
// that varies by shopper.
inline std::vector<Listed> DrawLists(size_t n, uint64_t seed) {
  std::vector<Listed> lists(n * kRanked, {.score = kNothing});
  for (size_t i = 0; i < n; ++i) {
    Rng rng(seed, i);
    const double top = 2 * rng.Uniform() - 1;
    for (size_t place = 0; place < 30; ++place) {
      const double score = top - 0.05 * static_cast<double>(place);
      const double chance =
          Sigmoid(-1 + 2 * score - 0.5 * std::log(static_cast<double>(place + 1)));
      lists[i * kRanked + place] = {static_cast<float>(score), rng.Uniform() < chance};
    }
  }
  return lists;
}

}  // namespace vitrine

#endif  // VITRINE_TESTS_NATIVE_SUPPORT_DRAWN_LISTS_H_
