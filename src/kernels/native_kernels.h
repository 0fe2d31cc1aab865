// Coarse kernels of the processor that a server runs on.
#ifndef VITRINE_KERNELS_NATIVE_KERNELS_H_
#define VITRINE_KERNELS_NATIVE_KERNELS_H_

#include "kernels/scan.h"

namespace vitrine {

// For SetCoarseKernels: where the processor adds four products of bytes to a sum in one step
// (AVX-512 VNNI), a kernel for int8; else none.
CoarseKernels NativeCoarseKernels();

}  // namespace vitrine

#endif  // VITRINE_KERNELS_NATIVE_KERNELS_H_
