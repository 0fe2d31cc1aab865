// Why a product is listed: what each product of the history adds to its score, and without which of
// them it would not be there.
#ifndef VITRINE_SERVE_EXPLAIN_H_
#define VITRINE_SERVE_EXPLAIN_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/result.h"
#include "serve/recommender.h"

namespace vitrine {

// Of a longer history only so many products, the latest, are asked about.
inline constexpr size_t kMostReasons = 256;

struct Reason {
  uint32_t item = 0;  // a product of the history
  // How much lower the score would be had the shopper had nothing to do with it: exact, by leaving
  // all its events out.
  float contribution = 0;
  // How much higher the score is than without a history, had the shopper had to do with it alone.
  float alone = 0;

  // The mean of both, which are the ends of all the orders that a Shapley value averages over.
  // Where products stand in for each other, leaving one out takes nothing from the score, though
  // each would do.
  float strength() const { return (contribution + alone) / 2; }
};

// What keeps a product out of a list, whatever its score.
enum class Rule : uint8_t {
  kNone,
  kExcluded,  // by the request
  kRepeat,    // it is in the history, and products of the history do not come back
};

// score = base + the contributions + interaction. `linear`, `item-knn`, `markov` and `forward` add
// up their history, so that without recency there is no interaction but rounding; elsewhere it is
// what products say only together.
struct Explanation {
  float score = 0;  // as in the list; of a blend, all of these on the scale of this history
  float base = 0;   // without a history
  float interaction = 0;
  std::vector<Reason> reasons;  // the strongest first, ties by item
  // Of each value of the request's context, in its order: how much lower the score would be were it
  // unknown.
  std::vector<float> context;
  Source source = Source::kModel;  // of the request's list
  bool listed = false;             // whether that has the product
  Rule rule = Rule::kNone;
  float adapted = 0;  // of the score: what an adaptation adds
  // Where it has: products of the history, strongest first, without whose events it would not, and
  // without all but the last of which it would. Empty where leaving out kMostWithout of them would
  // not do.
  std::vector<uint32_t> without;
};
inline constexpr size_t kMostWithout = 8;

// `events` as Recommender::Rank wants them. With `adaptation`, of the recommender's adapter, scores
// have its biases, and a product that is left out takes its part in them along. invalid-argument
// for an item outside the catalogue or a request that Rank refuses.
Result<Explanation> Explain(const Recommender& recommender, std::span<const Event> events,
                            uint32_t item, const Request& request,
                            const Adaptation* adaptation = nullptr);

}  // namespace vitrine

#endif  // VITRINE_SERVE_EXPLAIN_H_
