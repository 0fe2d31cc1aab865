// How often one product followed another.
#ifndef VITRINE_TRAIN_MARKOV_H_
#define VITRINE_TRAIN_MARKOV_H_

#include "core/csr.h"
#include "evaluate/training_part.h"
#include "features/profile.h"

namespace vitrine {

// A first-order Markov chain over the events that `profile` counts: row i holds the share of each
// product among what came after i, itself among them. What comes after an event is the next one, or
// with `to_target` the next one of the data set's target type.
Csr TransitionShares(const TrainingPart& part, const ProfileOptions& profile, bool to_target);

}  // namespace vitrine

#endif  // VITRINE_TRAIN_MARKOV_H_
