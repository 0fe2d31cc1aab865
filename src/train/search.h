// `vitrine tune` as a library call: settings drawn at random, and fewer and fewer of them trained
// longer and longer.
#ifndef VITRINE_TRAIN_SEARCH_H_
#define VITRINE_TRAIN_SEARCH_H_

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "core/result.h"
#include "data/dataset.h"
#include "train/train.h"

namespace vitrine {

// Flags of `vitrine train` without their dashes, with values.
using Settings = std::vector<std::pair<std::string, std::string>>;

// What one flag's value is drawn from: `choices`, or where there are none [low, high].
struct Range {
  std::string flag;  // without its dashes
  std::vector<std::string> choices;
  double low = 0, high = 0;
  bool logarithmic = false;  // uniform in the logarithm
  bool whole = false;
};

// "dropout=0.3:0.8", "hidden=200,300,600". Logarithmic where 0 < 10 low <= high; whole where both
// ends are and high is 2 or more.
Result<Range> ParseRange(const std::string& text);

// What is worth trying of a model, or of a variant of vae, on `n_shoppers`; empty for a blend.
std::vector<Range> DefaultRanges(const std::string& model, Task task, size_t n_shoppers);

// All choices, or the least and the greatest value that may be drawn.
std::vector<std::string> EndsOf(const Range& range);

// The settings of trial number `trial`; they depend on the arguments alone.
Settings DrawSettings(const std::vector<Range>& ranges, uint64_t seed, size_t trial);

struct Trial {
  Settings settings;
  TrainOptions options;
};

struct SearchOptions {
  size_t reduction = 3;      // of this many trials the best goes on
  size_t first_epochs = 10;  // before the first reduction; each further rung has `reduction` times
                             // as many
  bool resume = false;       // from what `out` holds
  size_t stop_after = 0;     // runs before stopping as if interrupted; 0: run on
};

// Successive halving (Jamieson and Talwalkar, AISTATS 2016) on validation. The last `reduction`
// trials or fewer run to their end; models that are computed have one rung. Keeps `out`/tune.json
// after every run, and checkpoints of the trials that are still in the race below `out`. Returns
// what tune.json holds: {"identity", "metric", "trials": [{"settings", "rungs": [{"epochs",
// value}], "best", "failed"}], "best": number of the best trial, "validation"}; "interrupted" where
// it stopped before the end. A trial that cannot be trained is out of the race, and says why; an
// error where none can.
Result<nlohmann::ordered_json> Search(const Dataset& dataset, const std::vector<Trial>& trials,
                                      const nlohmann::ordered_json& identity,
                                      const SearchOptions& options, const std::string& out);

}  // namespace vitrine

#endif  // VITRINE_TRAIN_SEARCH_H_
