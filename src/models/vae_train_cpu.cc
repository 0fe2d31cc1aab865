#include "backend/cpu/cpu_backend.h"
#include "models/vae_train-inl.h"

namespace vitrine {

template void VaeForwardBackward(CpuBackend&, const VaeBatch&, const VaeParams<CpuBackend>&,
                                 VaeActivations<CpuBackend>&, VaeParams<CpuBackend>&);
template void VaeStep(CpuBackend&, const VaeBatch&, const Adam<float>&, VaeActivations<CpuBackend>&,
                      VaeParams<CpuBackend>&, VaeParams<CpuBackend>&, VaeParams<CpuBackend>&);

}  // namespace vitrine
