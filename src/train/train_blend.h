// Trains the parts of a blend, weighs them on validation, and writes them as one model.
#ifndef VITRINE_TRAIN_TRAIN_BLEND_H_
#define VITRINE_TRAIN_TRAIN_BLEND_H_

#include <nlohmann/json.hpp>
#include <string>

#include "core/result.h"
#include "data/dataset.h"
#include "evaluate/training_part.h"
#include "train/train.h"

namespace vitrine {

// Each part in a folder of its own below `out`; then `out`/model.safetensors and, where asked,
// `out`/fit.safetensors. Gives "settings", "validation" and "calibration".
Result<nlohmann::ordered_json> TrainBlend(const Dataset& dataset, const TrainingPlan& plan,
                                          const TrainOptions& options, const std::string& out);

}  // namespace vitrine

#endif  // VITRINE_TRAIN_TRAIN_BLEND_H_
