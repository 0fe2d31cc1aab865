// RecVAE's two steps: their gradients against finite differences on the reference backend in
// double, and the CPU backend against the reference; with two tables and with one.
#include <gtest/gtest.h>

#include <cmath>

#include "backend/cpu/cpu_backend.h"
#include "backend/reference/reference_backend.h"
#include "models/gradient_checks.h"
#include "models/recvae_train-inl.h"

namespace vitrine {
namespace {

constexpr size_t kBatch = 5;

RecVaeShape Shape(bool tied) {
  return {.n_items = 17, .hidden = 7, .latent = tied ? 7u : 4u, .layers = 3, .tied = tied};
}

// Random profiles; half of each is the input.
struct Sample {
  RecVaeShape shape;
  Csr input, input_transposed, whole, target;
  std::vector<uint32_t> rows;
  std::vector<float> kl_weights;

  explicit Sample(bool tied) : shape(Shape(tied)) {
    for (Csr* csr : {&input, &whole, &target}) csr->cols = shape.n_items;
    Rng rng(3, 1);
    for (uint32_t r = 0; r < kBatch; ++r) {
      rows.push_back(40 + r);
      kl_weights.push_back(0.2f + 0.1f * static_cast<float>(r));
      for (uint32_t item = 0; item < shape.n_items; ++item) {
        if (rng.Uniform() > 0.4f) continue;
        const float value = 0.3f + rng.Uniform();
        target.indices.push_back(item);
        whole.indices.push_back(item);
        whole.values.push_back(value);
        if (rng.Uniform() < 0.5f) continue;
        input.indices.push_back(item);
        input.values.push_back(2 * value);
      }
      for (Csr* csr : {&input, &whole, &target}) csr->EndRow();
    }
    input_transposed = Transpose(input);
  }
  RecVaeBatch Batch() const {
    return {.input = input,
            .input_transposed = input_transposed,
            .whole = whole,
            .target = target,
            .noise = {.seed = 5, .stream = 9, .rows = rows.data()},
            .kl_weights = kl_weights.data()};
  }
};

constexpr float kDeviation = 0.4f;

// Mean of the losses that the step makes small.
template <class B>
double Step(B& backend, const Sample& sample, bool encoder, const RecVaeParams<B>& params,
            RecVaeParams<B>& grads) {
  RecVaeActivations<B> act(sample.shape, kBatch);
  RecVaeEncoder<B> old(sample.shape);
  Randomize(old, 77, kDeviation);
  if (encoder) {
    RecVaeEncoderStep(backend, sample.shape, sample.Batch(), params, old, act, grads);
  } else {
    RecVaeDecoderStep(backend, sample.shape, sample.Batch(), params, act, grads);
  }
  double sum = 0;
  for (size_t r = 0; r < kBatch; ++r) {
    sum += static_cast<double>(act.loss(r, 0));
    if (encoder) sum += static_cast<double>(act.kl(r, 0));
  }
  return sum / kBatch;
}

struct Case {
  bool tied, encoder;
};
class RecVaeTrain : public testing::TestWithParam<Case> {
 protected:
  // The parts that the step gives a gradient of.
  static bool IsTrained(const std::string& name) {
    if (GetParam().encoder) return !name.starts_with("vae.item");
    return name == "vae.item.bias" || (name == "vae.item.table" && !GetParam().tied);
  }
};

TEST_P(RecVaeTrain, GradientsMatchFiniteDifferences) {
  using Params = RecVaeParams<ReferenceBackend>;
  const Sample sample(GetParam().tied);
  ReferenceBackend backend;
  Params params(sample.shape), grads(sample.shape), ignored(sample.shape);
  Randomize(params, 1, kDeviation);
  Step(backend, sample, GetParam().encoder, params, grads);
  const auto loss = [&] { return Step(backend, sample, GetParam().encoder, params, ignored); };
  EXPECT_GT(ExpectGradients(params, grads, 1e-5, 1e-7, loss, IsTrained).places, 0u);
}

TEST_P(RecVaeTrain, StepOnCpuMatchesReference) {
  const Sample sample(GetParam().tied);
  CpuBackend cpu;
  ReferenceBackend reference;
  RecVaeParams<CpuBackend> params(sample.shape), grads(sample.shape);
  RecVaeParams<ReferenceBackend> expected_params(sample.shape), expected_grads(sample.shape);
  Randomize(params, 2, kDeviation);
  Randomize(expected_params, 2, kDeviation);
  EXPECT_NEAR(Step(cpu, sample, GetParam().encoder, params, grads),
              Step(reference, sample, GetParam().encoder, expected_params, expected_grads), 1e-4);
  ExpectPartsNear(grads, expected_grads, 2e-5, IsTrained);
}

INSTANTIATE_TEST_SUITE_P(Steps, RecVaeTrain,
                         testing::Values(Case{false, true}, Case{false, false}, Case{true, true}),
                         [](const auto& test) {
                           return std::string(test.param.encoder ? "Encoder" : "Decoder") +
                                  (test.param.tied ? "Tied" : "");
                         });

}  // namespace
}  // namespace vitrine
