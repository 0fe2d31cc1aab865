// Who is compared in a benchmark: a model and its baselines, each trained on every fold, and what
// they do with a question.
#ifndef VITRINE_TRAIN_CONTENDERS_H_
#define VITRINE_TRAIN_CONTENDERS_H_

#include <cstddef>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "core/result.h"
#include "data/dataset.h"
#include "evaluate/calibration_report.h"
#include "evaluate/cases.h"
#include "evaluate/evaluate.h"
#include "evaluate/item_facts.h"
#include "train/train.h"

namespace vitrine {

// Whether it is a gan that learns contexts, and there are new shoppers to ask it about.
bool StartsCold(const Dataset& dataset, const TrainOptions& options);

// The model in question, then the baselines (names of models, or "dae"), each at its own default
// settings.
std::vector<TrainOptions> ContendersOf(const Dataset& dataset, const TrainOptions& model,
                                       std::span<const std::string> baselines);

// One training of a model.
struct TrainedRun {
  nlohmann::ordered_json trained;  // what TrainModel returns
  std::string file;
};

// The runs of one model: of every fold one for each seed.
struct TrainedContender {
  std::string name;
  std::vector<std::vector<TrainedRun>> folds;

  const nlohmann::ordered_json& first() const { return folds.front().front().trained; }
  size_t n_seeds() const { return folds.front().size(); }
};

// Trains into folders below `folder`, from the seed of `options` on; a model without chance once.
Result<TrainedContender> TrainContender(std::span<const Dataset> folds, TrainOptions options,
                                        size_t n_seeds, const std::string& folder);

// What the runs of a contender did with each case: every seed, and their mean.
struct TestedRuns {
  std::vector<Evaluation> seeds;
  Evaluation mean;                // shown: of the first seed
  double coverage = 0, gini = 0;  // means over folds and seeds
  CalibrationReport calibration;  // of the first seed
};

// `cases`: of each fold, those of its test part.
Result<TestedRuns> TestContender(const TrainedContender& contender, std::span<const Cases> cases,
                                 std::span<const Dataset> folds, std::span<const ItemFacts> facts);

}  // namespace vitrine

#endif  // VITRINE_TRAIN_CONTENDERS_H_
