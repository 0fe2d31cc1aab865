#include "backend/cpu/cpu_backend.h"
#include "models/gan_norms-inl.h"
#include "models/gan_train-inl.h"

namespace vitrine {

template void GanGenerate(CpuBackend&, const GanShape&, const GanBatch&,
                          const GanGenerator<CpuBackend>&, GanActivations<CpuBackend>&);
template void GanDiscriminatorStep(CpuBackend&, const GanShape&, const GanBatch&, const GanWeights&,
                                   const GanGenerator<CpuBackend>&,
                                   const GanDiscriminator<CpuBackend>&, GanActivations<CpuBackend>&,
                                   GanDiscriminator<CpuBackend>&);
template void GanGeneratorStep(CpuBackend&, const GanShape&, const GanBatch&, const GanWeights&,
                               const GanGenerator<CpuBackend>&, const GanDiscriminator<CpuBackend>&,
                               GanActivations<CpuBackend>&, GanGenerator<CpuBackend>&);
template struct GanNorms<CpuBackend>;
template void LimitNorms(CpuBackend&, GanNorms<CpuBackend>&, GanDiscriminator<CpuBackend>&);

}  // namespace vitrine
