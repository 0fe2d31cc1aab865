// The sequence model's step: its gradients against finite differences on the reference backend in
// double, and the CPU backend against the reference; with and without the frequency branch, by the
// softmax over all items and by a sampled one.
#include <gtest/gtest.h>

#include <cmath>

#include "backend/cpu/cpu_backend.h"
#include "backend/reference/reference_backend.h"
#include "layers/frequency.h"
#include "models/gradient_checks.h"
#include "models/sequence_train-inl.h"

namespace vitrine {
namespace {

constexpr size_t kSequences = 3;
constexpr size_t kLength = 4;

SequenceShape Shape(float frequency) {
  return {.n_items = 13,
          .dim = 6,
          .blocks = 2,
          .heads = 2,
          .inner = 9,
          .max_length = 7,
          .has_types = true,
          .has_gaps = true,
          .frequency = frequency,
          .low_frequencies = 2};
}

struct Kind {
  float frequency;
  size_t drawn;  // 0: the softmax over all items
};

// Random sequences of one length.
struct Sample {
  SequenceShape shape;
  Csr input, input_transposed, target;
  std::vector<uint32_t> targets, drawn;
  std::vector<float> correction;

  explicit Sample(const Kind& kind) : shape(Shape(kind.frequency)) {
    input.cols = shape.table_rows();
    target.cols = shape.n_items;
    Rng rng(3, 1);
    const auto below = [&rng](size_t n) { return static_cast<uint32_t>(rng.Next() % n); };
    for (size_t s = 0; s < kSequences; ++s) {
      for (size_t t = 0; t < kLength; ++t) {
        input.indices.push_back(below(shape.n_items));
        input.indices.push_back(static_cast<uint32_t>(shape.first_place() + kLength - 1 - t));
        input.indices.push_back(static_cast<uint32_t>(shape.first_type() + below(kEventTypes)));
        input.indices.push_back(
            static_cast<uint32_t>(shape.first_gap() + below(SequenceShape::kGaps)));
        input.EndRow();
      }
      targets.push_back(below(shape.n_items));
      target.indices.push_back(kind.drawn > 0 ? 0 : targets.back());
      target.EndRow();
    }
    if (kind.drawn > 0) {
      target.cols = 1 + kind.drawn;
      for (size_t i = 0; i < kind.drawn; ++i) {
        drawn.push_back(below(shape.n_items));
        correction.push_back(rng.Normal());
      }
      drawn.front() = targets.front();  // which its row must pass over
      for (const auto* items : {&targets, &drawn}) {
        for (const uint32_t item : *items) {
          input.indices.push_back(item);
          input.EndRow();
        }
      }
    }
    input_transposed = Transpose(input);
  }
  SequenceBatch Batch() const {
    return {.length = kLength,
            .input = input,
            .input_transposed = input_transposed,
            .target = target,
            .hidden = {0.3f, 5, 9},
            .attention = {0.4f, 5, 9},
            .sample = {targets.data(), drawn.data(), correction.data(), drawn.size()}};
  }
};

template <class B>
SequenceParams<B> RandomParams(const SequenceShape& shape, uint64_t seed) {
  SequenceParams<B> params(shape);
  Randomize(params, seed, 0.5f);
  return params;
}

constexpr double kLossScale = 0.25;

template <class B>
double RunStep(B& backend, const Sample& sample, const SequenceParams<B>& params,
               SequenceParams<B>& grads) {
  using T = typename B::Scalar;
  const auto kernel = LowPassKernel<T>(sample.shape.max_length, sample.shape.low_frequencies);
  SequenceActivations<B> act(sample.shape, kSequences * kLength, kSequences, sample.drawn.size());
  SequenceForwardBackward(backend, sample.shape, sample.Batch(), static_cast<T>(kLossScale),
                          kernel.data(), params, act, grads);
  double sum = 0;
  for (size_t r = 0; r < kSequences; ++r) sum += static_cast<double>(act.loss(r, 0));
  return kLossScale * sum;
}

class SequenceTrain : public testing::TestWithParam<Kind> {};

TEST_P(SequenceTrain, GradientsMatchFiniteDifferences) {
  using Params = SequenceParams<ReferenceBackend>;
  const Sample sample(GetParam());
  ReferenceBackend backend;
  Params params = RandomParams<ReferenceBackend>(sample.shape, 1);
  Params grads(sample.shape), ignored(sample.shape);
  RunStep(backend, sample, params, grads);
  const auto loss = [&] { return RunStep(backend, sample, params, ignored); };
  ExpectGradients(params, grads, 1e-5, 1e-7, loss, EveryPart);
}

TEST_P(SequenceTrain, StepOnCpuMatchesReference) {
  const Sample sample(GetParam());
  CpuBackend cpu;
  ReferenceBackend reference;
  auto params = RandomParams<CpuBackend>(sample.shape, 2);
  auto expected_params = RandomParams<ReferenceBackend>(sample.shape, 2);
  SequenceParams<CpuBackend> grads(sample.shape);
  SequenceParams<ReferenceBackend> expected_grads(sample.shape);
  EXPECT_NEAR(RunStep(cpu, sample, params, grads),
              RunStep(reference, sample, expected_params, expected_grads), 1e-4);
  ExpectPartsNear(grads, expected_grads, 2e-5, EveryPart);
}

INSTANTIATE_TEST_SUITE_P(Kinds, SequenceTrain,
                         testing::Values(Kind{0, 0}, Kind{0.7f, 0}, Kind{0.7f, 5}),
                         [](const auto& test) {
                           return std::string(test.param.frequency > 0 ? "WithFrequency"
                                                                       : "WithoutFrequency") +
                                  (test.param.drawn > 0 ? "Sampled" : "");
                         });

// Every item drawn as often as it was to be: the sampled loss is that of the whole softmax.
TEST(SampledSoftmax, OverEveryItemIsTheWholeSoftmax) {
  Sample whole({0.7f, 0}), sampled({0.7f, 13});
  Csr& input = sampled.input;
  input.offsets.resize(kSequences * kLength + 1);
  input.indices.resize(input.offsets.back());
  sampled.drawn.clear();
  // Each row's own target is passed over, so that the others alone stand for the normaliser.
  for (uint32_t item = 0; item < 13; ++item) sampled.drawn.push_back(item);
  sampled.correction.assign(13, 0.0f);
  sampled.targets = whole.targets;
  for (const auto* items : {&sampled.targets, &sampled.drawn}) {
    for (const uint32_t item : *items) {
      input.indices.push_back(item);
      input.EndRow();
    }
  }
  sampled.input_transposed = Transpose(input);
  ReferenceBackend backend;
  const auto params = RandomParams<ReferenceBackend>(whole.shape, 1);
  SequenceParams<ReferenceBackend> grads(whole.shape), expected(whole.shape);
  EXPECT_NEAR(RunStep(backend, sampled, params, grads), RunStep(backend, whole, params, expected),
              1e-12);
  for (size_t r = 0; r < whole.shape.table_rows(); ++r) {
    for (size_t c = 0; c < whole.shape.dim; ++c) {
      EXPECT_NEAR(grads.table(r, c), expected.table(r, c), 1e-12);
    }
  }
}

// The kernel against the discrete Fourier transform that it stands for.
TEST(LowPassKernel, IsTheProjectionOntoTheLowestFrequencies) {
  constexpr size_t kWindow = 10;
  constexpr double kTau = 6.283185307179586;
  for (const size_t kept : {1u, 3u, 6u}) {
    const auto kernel = LowPassKernel<double>(kWindow, kept);
    for (size_t wave = 0; wave <= kWindow / 2; ++wave) {
      for (size_t t = 0; t < kWindow; ++t) {
        double slow = 0;
        for (size_t j = 0; j < kWindow; ++j) {
          const double x = std::cos(kTau * static_cast<double>(wave * j) / kWindow + 0.4);
          slow += kernel[j < t ? t - j : j - t] * x;
        }
        const double own = std::cos(kTau * static_cast<double>(wave * t) / kWindow + 0.4);
        EXPECT_NEAR(slow, wave < kept ? own : 0.0, 1e-12) << kept << " " << wave << " " << t;
      }
    }
  }
}

}  // namespace
}  // namespace vitrine
