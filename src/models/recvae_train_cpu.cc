#include "backend/cpu/cpu_backend.h"
#include "models/recvae_train-inl.h"

namespace vitrine {

template void RecVaeEncoderStep(CpuBackend&, const RecVaeShape&, const RecVaeBatch&,
                                const RecVaeParams<CpuBackend>&, const RecVaeEncoder<CpuBackend>&,
                                RecVaeActivations<CpuBackend>&, RecVaeParams<CpuBackend>&);
template void RecVaeDecoderStep(CpuBackend&, const RecVaeShape&, const RecVaeBatch&,
                                const RecVaeParams<CpuBackend>&, RecVaeActivations<CpuBackend>&,
                                RecVaeParams<CpuBackend>&);

}  // namespace vitrine
