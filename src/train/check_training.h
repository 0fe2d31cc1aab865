// Whether settings and data make a model, before any time is spent on it.
#ifndef VITRINE_TRAIN_CHECK_TRAINING_H_
#define VITRINE_TRAIN_CHECK_TRAINING_H_

#include "core/result.h"
#include "data/dataset.h"
#include "train/train.h"

namespace vitrine {

// invalid-argument where no model could be trained so: an unknown name, a setting out of its range,
// a batch larger than the data, a model without the inputs that it needs. Of a blend, every part's.
Status CheckTraining(const Dataset& dataset, const TrainOptions& options);

}  // namespace vitrine

#endif  // VITRINE_TRAIN_CHECK_TRAINING_H_
