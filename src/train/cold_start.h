// How well a generator serves shoppers of whom little more is known than a context: the list after
// 0, 1, 2, 3, 5 and 10 events, beside rivals.
#ifndef VITRINE_TRAIN_COLD_START_H_
#define VITRINE_TRAIN_COLD_START_H_

#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/result.h"
#include "data/dataset.h"
#include "train/bootstrap.h"
#include "train/item_facts.h"
#include "train/training_part.h"

namespace vitrine {

// A trained model: one file for each fold.
struct ColdContender {
  std::string name;
  std::vector<std::string> files;
};

// How many products weigh as much as a context: the "gan.context.fade" at which the gan at
// `fit_path` does best, by NDCG@20, on the shoppers that the plan sets aside for validation, or who
// came when its part ends, after their first 1 to 10 events. Nothing where it knows no context, or
// there are no such shoppers.
Result<std::optional<float>> ChooseFade(const TrainingPlan& plan, const std::string& fit_path);

// Of discovery by the test shoppers of `folds`, held out whole: {"0": {"cases", "generator":
// {"ndcg@20": {"value", "low", "high"}, "difference": {"diff", "low", "high", "relative"}}, ...},
// "1": ...}; a difference is to "popularity_in_context", paired over shoppers. `generator` is a gan
// that was trained with contexts; it is asked with them, "generator_without_context" is the same
// without. null where its file knows no context.
// Popularity in context: how many training shoppers of the same whole context took the product,
// plus `strength` times the share of all who did; the strength is chosen on training shoppers held
// out.
Result<nlohmann::ordered_json> CompareColdStart(std::span<const Dataset> folds,
                                                const ColdContender& generator,
                                                std::span<const ColdContender> rivals,
                                                std::span<const ItemFacts> facts,
                                                const BootstrapOptions& bootstrap);

}  // namespace vitrine

#endif  // VITRINE_TRAIN_COLD_START_H_
