// How well a generator serves shoppers of whom little more is known than a context: the list after
// 0, 1, 2, 3, 5 and 10 events, beside rivals.
#ifndef VITRINE_TRAIN_COLD_START_H_
#define VITRINE_TRAIN_COLD_START_H_

#include <functional>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "data/dataset.h"
#include "train/bootstrap.h"
#include "train/item_facts.h"

namespace vitrine {

inline constexpr size_t kColdLengths[] = {0, 1, 2, 3, 5, 10};  // events known

// A trained model: one file for each fold.
struct ColdContender {
  std::string name;
  std::vector<std::string> files;
};

// The scores of the best list that there is for a context, over the products of the catalogue:
// known of a shop that was made up.
using ColdOracle = std::function<void(const Catalogue& catalogue, std::string_view context,
                                      std::span<float> scores)>;

// Of discovery by the new shoppers of the test parts of `folds`: those held out whole, or who came
// after the cut. {"0": {"cases", "generator": {"ndcg@20": {"value", "low", "high"}, "difference":
// {"diff", "low", "high", "relative"}}, ...}, "1": ...}; a difference is to
// "popularity_in_context", paired over shoppers. `generator` is a gan that was trained with
// contexts; it is asked with them, "generator_without_context" is the same without. null where its
// file knows no context, or nobody is new. With an `oracle`, "0" has "best_possible" and
// "gap_closed": {"gap": how far, relatively, that is above "popularity_all_time"; "closed": the
// share of it that the generator closes, "low", "high"}. Popularity in context: how many training
// shoppers of the same whole context took the product, plus `strength` times the share of all who
// did. "popularity_30_days" is counted before the moment at which the shopper came. What weighs
// these is chosen on training shoppers.
Result<nlohmann::ordered_json> CompareColdStart(std::span<const Dataset> folds,
                                                const ColdContender& generator,
                                                std::span<const ColdContender> rivals,
                                                std::span<const ItemFacts> facts,
                                                const ColdOracle& oracle,
                                                const BootstrapOptions& bootstrap);

}  // namespace vitrine

#endif  // VITRINE_TRAIN_COLD_START_H_
