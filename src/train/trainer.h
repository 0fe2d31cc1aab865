// A model in training, an epoch at a time, from any state that a checkpoint holds.
#ifndef VITRINE_TRAIN_TRAINER_H_
#define VITRINE_TRAIN_TRAINER_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <numeric>
#include <string>
#include <vector>

#include "core/result.h"
#include "core/rng.h"
#include "evaluate/training_part.h"
#include "format/safetensors.h"

namespace vitrine {

class Trainer {
 public:
  virtual ~Trainer() = default;

  // Goes through every sample once. Gives the losses by name, means over the samples; "loss" is
  // what the steps make small. invalid-argument where it is not finite: the parameters are then
  // spoilt.
  virtual Result<nlohmann::ordered_json> RunEpoch() = 0;

  virtual size_t epoch() const = 0;  // epochs run so far
  virtual size_t n_samples() const = 0;

  // Tensors and metadata of the model file; borrows the parameters.
  virtual void AddModel(TensorFileWriter& writer) const = 0;

  // Parameters, moments and position under "state.*", and back. A state only fits a trainer of the
  // same settings and data.
  virtual void AddState(TensorFileWriter& writer) const = 0;
  virtual Status RestoreState(const TensorFile& file) = 0;
};

// What an options' Check says of a flag that cannot be trained with: "--noise must be above 0".
inline Error BadSetting(const char* flag, const char* remedy) {
  return {ErrorCode::kInvalidArgument, std::string(flag) + " " + remedy};
}

// The rows below n in an order drawn from `stream`.
inline std::vector<uint32_t> ShuffledRows(size_t n, uint64_t seed, uint64_t stream) {
  std::vector<uint32_t> rows(n);
  std::iota(rows.begin(), rows.end(), 0u);
  Rng rng(seed, stream);
  Shuffle(rows, rng);
  return rows;
}

// A flag and its value: "--learning-rate than 0.001".
inline std::string RateText(const char* flag, double rate) {
  return std::string(flag) + " than " + nlohmann::json(rate).dump();
}

// What RunEpoch says where the loss of `epoch` (from 1) is no number that training can go on from;
// `rates` of RateText. IteratedRun adds where to go on.
inline constexpr std::string_view kDiverged = "training diverged";
inline Error Diverged(size_t epoch, const std::string& rates) {
  return {ErrorCode::kInvalidArgument,
          std::string(kDiverged) + " in epoch " + std::to_string(epoch) +
              " (the loss grew beyond all bounds); use a smaller " + rates};
}
inline Error Diverged(size_t epoch, double learning_rate) {
  return Diverged(epoch, RateText("--learning-rate", learning_rate));
}

// How to start, on any part of the data: the start depends on the settings and the part alone.
using MakeTrainer = std::function<Result<std::unique_ptr<Trainer>>(const TrainingPart&)>;

}  // namespace vitrine

#endif  // VITRINE_TRAIN_TRAINER_H_
