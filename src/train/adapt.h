// What lets a trained model adapt to its shopper on the device, as validation chooses it.
#ifndef VITRINE_TRAIN_ADAPT_H_
#define VITRINE_TRAIN_ADAPT_H_

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/result.h"
#include "evaluate/training_part.h"
#include "serve/adapt.h"

namespace vitrine {

// The model as a device ranks that adapts before every list, where the file can adapt: for judging
// alone. Borrows the file.
Result<std::unique_ptr<Model>> LoadAdapted(const TensorFile& file);

// What validation chooses among. Scores have any scale, so that gains span three decades.
struct AdaptGrid {
  std::vector<float> gains = {0.02f, 0.05f, 0.1f, 0.2f, 0.3f, 0.5f, 1, 2, 5, 10, 20};
  std::vector<float> decays = {0.5f, 0.7f, 0.9f};
  // Of those above 0 the one by which shoppers' own pasts are likeliest; 0 is the same gain for
  // all, and chosen where validation does better by it.
  std::vector<float> sharpnesses = {0, 1, 2, 5, 10, 20, 50};
};

// Gives the model at `path`, fitted to `final_part`, the table and the settings that do best on the
// plan's validation for the model at `fit_path`, which has not seen it. Where nothing is ahead of
// the model alone by more than chance, and the grid has no single gain, the file stays as it is.
// Returns what was chosen, {"gain" (0: nothing), "decay", "purchase_weight", "sharpness",
// "validation": {metric: value, "without": value}}.
Result<nlohmann::ordered_json> AddAdaptation(const TrainingPlan& plan,
                                             const TrainingPart& final_part, const AdaptGrid& grid,
                                             const std::string& fit_path, const std::string& path);

}  // namespace vitrine

#endif  // VITRINE_TRAIN_ADAPT_H_
