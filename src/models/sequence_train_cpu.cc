#include "backend/cpu/cpu_backend.h"
#include "models/sequence_train-inl.h"

namespace vitrine {

template struct SequenceBlockActivations<CpuBackend>;
template struct SequenceActivations<CpuBackend>;
template void SequenceForwardBackward(CpuBackend&, const SequenceShape&, const SequenceBatch&,
                                      float, const float*, const SequenceParams<CpuBackend>&,
                                      SequenceActivations<CpuBackend>&,
                                      SequenceParams<CpuBackend>&);
template void SequenceUpdate(CpuBackend&, const Adam<float>&, const SequenceParams<CpuBackend>&,
                             SequenceParams<CpuBackend>&, SequenceParams<CpuBackend>&,
                             SequenceParams<CpuBackend>&);

}  // namespace vitrine
