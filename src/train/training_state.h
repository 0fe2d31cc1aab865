// Where a training stands, for its checkpoint: parameters, Adam's moments, epoch and step.
#ifndef VITRINE_TRAIN_TRAINING_STATE_H_
#define VITRINE_TRAIN_TRAINING_STATE_H_

#include <algorithm>
#include <cstdint>
#include <string>

#include "core/matrix.h"
#include "core/result.h"
#include "format/safetensors.h"

namespace vitrine {

struct TrainingPosition {
  uint64_t epoch = 0;
  uint64_t step = 0;
};

// Under "state.*". `Params` has a static ForEachPart(self, visit(name, matrix)).
template <class Params>
void AddTrainingState(const TrainingPosition& position, const Params& params, const Params& mean,
                      const Params& square, TensorFileWriter& writer) {
  writer.SetMetadata("state.epoch", static_cast<int64_t>(position.epoch));
  writer.SetMetadata("state.step", static_cast<int64_t>(position.step));
  const auto add = [&](const Params& part, const std::string& prefix) {
    Params::ForEachPart(
        part, [&](const auto& name, const Matrix& matrix) { writer.Add(prefix + name, matrix); });
  };
  add(params, "state.");
  add(mean, "state.mean.");
  add(square, "state.square.");
}

// bad-format where the stored matrix is of another shape.
inline Status RestoreMatrix(const TensorFile& file, const std::string& name, Matrix& matrix) {
  VITRINE_ASSIGN_OR_RETURN(const ConstMatrixView stored,
                           file.MatrixOf<float>(name, matrix.rows(), matrix.cols()));
  if (stored.stride != matrix.stride()) {
    return {ErrorCode::kBadFormat, file.name() + ": '" + name + "' has odd rows"};
  }
  std::copy_n(stored.data, matrix.rows() * matrix.stride(), matrix.data());
  return {};
}

// The parts under `prefix`. bad-format where they are of other shapes.
template <class Parts>
Status RestoreParts(const TensorFile& file, const std::string& prefix, Parts& parts) {
  Status status;
  Parts::ForEachPart(parts, [&](const auto& name, Matrix& matrix) {
    if (status.ok()) status = RestoreMatrix(file, prefix + name, matrix);
  });
  return status;
}

template <class Params>
Result<TrainingPosition> RestoreTrainingState(const TensorFile& file, Params& params, Params& mean,
                                              Params& square) {
  VITRINE_ASSIGN_OR_RETURN(const int64_t epoch, file.Integer("state.epoch"));
  VITRINE_ASSIGN_OR_RETURN(const int64_t step, file.Integer("state.step"));
  VITRINE_RETURN_IF_ERROR(RestoreParts(file, "state.", params));
  VITRINE_RETURN_IF_ERROR(RestoreParts(file, "state.mean.", mean));
  VITRINE_RETURN_IF_ERROR(RestoreParts(file, "state.square.", square));
  return TrainingPosition{static_cast<uint64_t>(epoch), static_cast<uint64_t>(step)};
}

}  // namespace vitrine

#endif  // VITRINE_TRAIN_TRAINING_STATE_H_
