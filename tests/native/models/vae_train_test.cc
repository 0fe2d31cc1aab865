// The VAE's step: its gradients against finite differences on the reference backend in double, and
// the CPU backend against the reference.
#include <gtest/gtest.h>

#include <cmath>

#include "backend/cpu/cpu_backend.h"
#include "backend/reference/reference_backend.h"
#include "models/gradient_checks.h"
#include "models/vae_train-inl.h"

namespace vitrine {
namespace {

constexpr VaeShape kShape{.n_items = 23, .hidden = 11, .latent = 5};
// Its tables' gradients come in three slices, the last of one product.
constexpr VaeShape kSliced{.n_items = 2 * kVaeSlice + 1, .hidden = 2, .latent = 2};
constexpr size_t kBatch = 6;

// Random profiles with half of each as the input.
struct Sample {
  VaeShape shape;
  Csr input{.cols = shape.n_items}, input_transposed, target{.cols = shape.n_items};
  std::vector<uint32_t> rows;

  explicit Sample(const VaeShape& of) : shape(of) {
    Rng rng(3, 1);
    for (uint32_t r = 0; r < kBatch; ++r) {
      rows.push_back(100 + r);
      for (uint32_t item = 0; item < shape.n_items; ++item) {
        if (rng.Uniform() > 0.4f) continue;
        target.indices.push_back(item);
        if (rng.Uniform() < 0.5f) {
          input.indices.push_back(item);
          input.values.push_back(0.3f + rng.Uniform());
        }
      }
      target.EndRow();
      input.EndRow();
    }
    input_transposed = Transpose(input);
  }
  VaeBatch Batch() const {
    return {input, input_transposed, target, {.seed = 5, .stream = 9, .rows = rows.data()}, 0.7f};
  }
};

template <class B>
VaeParams<B> RandomParams(const VaeShape& shape, uint64_t seed) {
  VaeParams<B> params(shape);
  Randomize(params, seed, 0.4f);
  return params;
}

double Objective(const Sample& sample, const VaeParams<ReferenceBackend>& params) {
  ReferenceBackend backend;
  VaeActivations<ReferenceBackend> act(sample.shape, kBatch);
  VaeParams<ReferenceBackend> grads(sample.shape);
  const VaeBatch batch = sample.Batch();
  VaeForwardBackward(backend, batch, params, act, grads);
  double sum = 0;
  for (size_t r = 0; r < kBatch; ++r) {
    sum += act.loss(r, 0) + static_cast<double>(batch.kl_weight) * act.kl(r, 0);
  }
  return sum / kBatch;
}

void ExpectFiniteDifferences(const VaeShape& shape, double tolerance) {
  const Sample sample(shape);
  auto params = RandomParams<ReferenceBackend>(shape, 1);
  ReferenceBackend backend;
  VaeActivations<ReferenceBackend> act(shape, kBatch);
  VaeParams<ReferenceBackend> grads(shape);
  VaeForwardBackward(backend, sample.Batch(), params, act, grads);
  const auto loss = [&] { return Objective(sample, params); };
  ExpectGradients(params, grads, 1e-5, tolerance, loss, EveryPart);
}

TEST(VaeTrain, GradientsMatchFiniteDifferences) { ExpectFiniteDifferences(kShape, 1e-7); }

TEST(VaeTrain, GradientsInSlicesMatchFiniteDifferences) { ExpectFiniteDifferences(kSliced, 1e-6); }

TEST(VaeTrain, StepOnCpuMatchesReference) {
  const Sample sample(kShape);
  auto cpu_params = RandomParams<CpuBackend>(kShape, 2);
  auto reference_params = RandomParams<ReferenceBackend>(kShape, 2);
  CpuBackend cpu;
  ReferenceBackend reference;
  VaeActivations<CpuBackend> cpu_act(kShape, kBatch);
  VaeActivations<ReferenceBackend> reference_act(kShape, kBatch);
  VaeParams<CpuBackend> cpu_mean(kShape), cpu_square(kShape);
  VaeParams<ReferenceBackend> grads(kShape), mean(kShape), square(kShape);
  for (int step = 1; step <= 3; ++step) {
    Adam<float> adam{.rate = 0.01f};
    adam.SetStep(step);
    Adam<double> adam_reference{.rate = 0.01f, .beta1 = 0.9f, .beta2 = 0.999f};
    adam_reference.SetStep(step);
    VaeStep(cpu, sample.Batch(), adam, cpu_act, cpu_params, cpu_mean, cpu_square);
    VaeForwardBackward(reference, sample.Batch(), reference_params, reference_act, grads);
    StepAdamOfAll(reference, adam_reference, grads, reference_params, mean, square);
    for (size_t r = 0; r < kBatch; ++r) {
      EXPECT_NEAR(cpu_act.loss(r, 0), reference_act.loss(r, 0), 1e-4);
      EXPECT_NEAR(cpu_act.kl(r, 0), reference_act.kl(r, 0), 1e-4);
    }
  }
  // Adam divides by the gradient's own size, so a gradient near 0 shows its rounding.
  ExpectPartsNear(cpu_params, reference_params, 2e-3, EveryPart);
}

}  // namespace
}  // namespace vitrine
