// Fits src/serve/calibration.h to what validation's shoppers did with their lists.
#ifndef VITRINE_TRAIN_CALIBRATE_H_
#define VITRINE_TRAIN_CALIBRATE_H_

#include <cstddef>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "core/result.h"
#include "evaluate/evaluate.h"
#include "format/safetensors.h"
#include "serve/calibration.h"

namespace vitrine {

// Listed products of about the same score, together.
struct Pool {
  double n = 0, hits = 0;
  double scores = 0;  // their sum

  double rate() const { return hits / n; }
};

// Isotonic regression: neighbours whose rates fall are pooled until none do (pool adjacent
// violators: Ayer, Brunk, Ewing, Reid and Silverman, 1955). `pools` ascend by score.
std::vector<Pool> PoolViolators(const std::vector<Pool>& pools);

// Pools further neighbours, always those whose squared errors grow least, until `most` are left.
void ReducePools(size_t most, std::vector<Pool>& pools);

// `lists`: kRanked places for each case, as Evaluate leaves them. Isotonic regression on the scores
// gives the knots; logistic regression on its log odds and the log of the rank gives the rest,
// pulled towards the isotonic curve as it is. Empty where hits or misses are fewer than 20.
Calibration FitCalibration(std::span<const Listed> lists);

// Metadata "calibration.*", rounded to six digits; nothing where it is empty.
void AddCalibration(const Calibration& calibration, TensorFileWriter& writer);

// Rewrites the model file at `path` with it, in the place of its own.
Status SetCalibration(const Calibration& calibration, const std::string& path);

// {"scores", "log_odds", "place"}, and back.
nlohmann::ordered_json ToJson(const Calibration& calibration);
Calibration CalibrationOf(const nlohmann::ordered_json& json);

}  // namespace vitrine

#endif  // VITRINE_TRAIN_CALIBRATE_H_
