// Compiled and never run: every model's training step over a backend whose functors are launched on
// a device. It proves that math/, layers/ and models/ are ready for one; warnings are errors, so a
// functor that calls what only the host has does not pass.
#include "core/matrix.h"
#include "models/gan_norms-inl.h"
#include "models/gan_train-inl.h"
#include "models/recvae_train-inl.h"
#include "models/sequence_train-inl.h"
#include "models/vae_train-inl.h"

namespace vitrine {
namespace {

constexpr unsigned kThreads = 256;

template <class F>
__global__ void RunPlaces(size_t rows, size_t cols, F f) {
  const size_t i = size_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (i < rows * cols) f(i / cols, i % cols);
}

template <class F>
__global__ void RunRows(size_t rows, F f) {
  const size_t r = size_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (r < rows) f(r);
}

unsigned Blocks(size_t n) { return static_cast<unsigned>((n + kThreads - 1) / kThreads); }

}  // namespace

// The least that the concept asks for. What libraries will do is declared only.
class DeviceBackend {
 public:
  using Scalar = float;
  using Matrix = BasicMatrix<float>;

  void Gemm(Trans trans_a, Trans trans_b, float alpha, const ConstMatrixView& a,
            const ConstMatrixView& b, float beta, const MatrixView& out);
  void SparseTimesDense(const CsrView& sparse, const ConstMatrixView& dense, const MatrixView& out);
  void SumRows(const ConstMatrixView& in, const MatrixView& out);
  void SoftmaxCrossEntropy(const CsrView& targets, float scale, const MatrixView& logits,
                           const MatrixView& losses);
  template <class F>
  void ForEach(size_t rows, size_t cols, const F& f) {
    RunPlaces<<<Blocks(rows * cols), kThreads>>>(rows, cols, f);
  }
  template <class F>
  void ForEachRow(size_t rows, size_t, const F& f) {
    RunRows<<<Blocks(rows), kThreads>>>(rows, f);
  }
};

static_assert(Backend<DeviceBackend>);

template void VaeForwardBackward(DeviceBackend&, const VaeBatch&, const VaeParams<DeviceBackend>&,
                                 VaeActivations<DeviceBackend>&, VaeParams<DeviceBackend>&);
template void VaeStep(DeviceBackend&, const VaeBatch&, const Adam<float>&,
                      VaeActivations<DeviceBackend>&, VaeParams<DeviceBackend>&,
                      VaeParams<DeviceBackend>&, VaeParams<DeviceBackend>&);

template void RecVaeEncoderStep(DeviceBackend&, const RecVaeShape&, const RecVaeBatch&,
                                const RecVaeParams<DeviceBackend>&,
                                const RecVaeEncoder<DeviceBackend>&,
                                RecVaeActivations<DeviceBackend>&, RecVaeParams<DeviceBackend>&);
template void RecVaeDecoderStep(DeviceBackend&, const RecVaeShape&, const RecVaeBatch&,
                                const RecVaeParams<DeviceBackend>&,
                                RecVaeActivations<DeviceBackend>&, RecVaeParams<DeviceBackend>&);

template void SequenceForwardBackward(DeviceBackend&, const SequenceShape&, const SequenceBatch&,
                                      float, const float*, const SequenceParams<DeviceBackend>&,
                                      SequenceActivations<DeviceBackend>&,
                                      SequenceParams<DeviceBackend>&);
template void SequenceUpdate(DeviceBackend&, const Adam<float>&,
                             const SequenceParams<DeviceBackend>&, SequenceParams<DeviceBackend>&,
                             SequenceParams<DeviceBackend>&, SequenceParams<DeviceBackend>&);

template void GanGenerate(DeviceBackend&, const GanShape&, const GanBatch&,
                          const GanGenerator<DeviceBackend>&, GanActivations<DeviceBackend>&);
template void GanDiscriminatorStep(DeviceBackend&, const GanShape&, const GanBatch&,
                                   const GanWeights&, const GanGenerator<DeviceBackend>&,
                                   const GanDiscriminator<DeviceBackend>&,
                                   GanActivations<DeviceBackend>&,
                                   GanDiscriminator<DeviceBackend>&);
template void GanGeneratorStep(DeviceBackend&, const GanShape&, const GanBatch&, const GanWeights&,
                               const GanGenerator<DeviceBackend>&,
                               const GanDiscriminator<DeviceBackend>&,
                               GanActivations<DeviceBackend>&, GanGenerator<DeviceBackend>&);
template struct GanNorms<DeviceBackend>;
template void LimitNorms(DeviceBackend&, GanNorms<DeviceBackend>&,
                         GanDiscriminator<DeviceBackend>&);

}  // namespace vitrine
