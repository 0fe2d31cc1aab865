// Kernels held to answers that are known beforehand: there are browsers that take an instruction
// and compute something else with it.
#ifndef VITRINE_KERNELS_KNOWN_ANSWERS_H_
#define VITRINE_KERNELS_KNOWN_ANSWERS_H_

#include "kernels/scan.h"

namespace vitrine {

// Of the kernels of gemv.h in this build.
bool KernelsAreRight();
// Of those of `kernels` that are there.
bool CoarseKernelsAreRight(const CoarseKernels& kernels);

}  // namespace vitrine

#endif  // VITRINE_KERNELS_KNOWN_ANSWERS_H_
