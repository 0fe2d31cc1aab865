// One model and its baselines under a protocol: everything is chosen and fitted before the test
// part is read, once.
#ifndef VITRINE_TRAIN_BENCHMARK_H_
#define VITRINE_TRAIN_BENCHMARK_H_

#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "core/result.h"
#include "data/dataset.h"
#include "evaluate/bootstrap.h"
#include "evaluate/cold_start.h"
#include "train/train.h"

namespace vitrine {

struct BenchmarkOptions {
  TrainOptions model;
  size_t n_seeds = 1;                  // from model.seed on; a model without chance takes one
  std::vector<std::string> baselines;  // names of models, trained at their own settings; or "dae"
  BootstrapOptions bootstrap;
  ColdOracle oracle;  // of a shop that was made up; for a gan that is asked about new shoppers
};

// invalid-argument where the model or a baseline could not be trained on the data, or there is an
// oracle and nothing to ask it.
Status CheckBenchmark(const Dataset& dataset, const BenchmarkOptions& options);

// Trains into folders below `folder`, on each of `folds` (one at least: the same log, other
// shoppers held out) anew; a shopper is asked in the fold that holds it out. A metric is the mean
// over the seeds, and its interval is over shoppers of that mean. Returns {"model", "seeds",
// "task", "cases", "left_out", "metrics", "by_activity", "baselines": {name: {"settings",
// "seconds", "metrics", "differences", "by_activity"}}, "calibration" (CalibrationReport),
// "settings", "validation", "per_seed" (of an iterated model with its "curve"), "not_measured",
// "resamples", "users_per_second", "table": the same for people}; several folds add "folds" and
// "per_fold", the others speak of the first. With prefixes "cases" to "by_activity", and those of
// the baselines, stand in "prefixes" or "prefix_events": {length: {...}}. A gan adds "generated"
// (JudgeGenerated; "transfer": JudgeTransfer), what adapts "adapt" (AdaptReport), and either, where
// the log has contexts and shoppers who are new, "cold_start" (CompareColdStart): beside a model
// that adapts a gan is trained for it.
Result<nlohmann::ordered_json> RunBenchmark(std::span<const Dataset> folds,
                                            const BenchmarkOptions& options,
                                            const std::string& folder);

}  // namespace vitrine

#endif  // VITRINE_TRAIN_BENCHMARK_H_
