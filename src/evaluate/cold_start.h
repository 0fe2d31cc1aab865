// How well a generator serves shoppers of whom little more is known than a context: the list after
// 0, 1, 2, 3, 5 and 10 events, beside rivals.
#ifndef VITRINE_EVALUATE_COLD_START_H_
#define VITRINE_EVALUATE_COLD_START_H_

#include <functional>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "data/dataset.h"
#include "evaluate/bootstrap.h"
#include "evaluate/item_facts.h"

namespace vitrine {

inline constexpr size_t kColdLengths[] = {0, 1, 2, 3, 5, 10};  // events known

// A trained model: one file for each fold.
struct ColdContender {
  std::string name;
  std::vector<std::string> files;
};

// The scores of the best list that there is for a context, over the products of the catalogue:
// known of a shop that was made up.
using BestScores = std::function<void(const Catalogue& catalogue, std::string_view context,
                                      std::span<float> scores)>;
// Makes them, which takes a while: asked once, and only where somebody is new.
using ColdOracle = std::function<BestScores()>;

// Of discovery by the new shoppers of the test parts of `folds`: those held out whole, or who came
// after the cut. `generator` is a gan that was trained with contexts. Returns null where its file
// knows none, or nobody is new; else
//   {"0": {"cases", model: {"ndcg@20": {"value", "low", "high"},
//                           "difference": to "popularity_in_context",
//                           "generator_ahead": the generator's difference to it}, ...},
//    "1": ..., "settings_of_popularity": of each fold {"strength", "weight_of_first"}}
// where a difference is {"diff", "low", "high", "relative"}, paired over shoppers, and a model is
//   generator                   told the context; generator_without_context: the same, not told
//   popularity_in_context       how many training shoppers of the same whole context took the
//                               product, plus `strength` times the share of all who did
//   popularity_all_time, popularity_30_days (before the shopper came), popularity_first_basket
//   popularity_30_days_and_first_basket   both shares, the latter times weight_of_first
//   one of `rivals`, or, with an `oracle`, in "0" alone, best_possible.
// Then "0" has "gap_closed", too: {"gap": how far, relatively, that is above popularity_all_time;
// "closed": the share of it that the generator closes, "low", "high"}. What weighs popularity is
// chosen on training shoppers.
Result<nlohmann::ordered_json> CompareColdStart(std::span<const Dataset> folds,
                                                const ColdContender& generator,
                                                std::span<const ColdContender> rivals,
                                                std::span<const ItemFacts> facts,
                                                const ColdOracle& oracle,
                                                const BootstrapOptions& bootstrap);

}  // namespace vitrine

#endif  // VITRINE_EVALUATE_COLD_START_H_
