// A GAN's two steps: their gradients against finite differences on the reference backend in double,
// and the CPU backend against the reference; conditional and not, both losses.
#include <gtest/gtest.h>

#include <cmath>

#include "backend/cpu/cpu_backend.h"
#include "backend/reference/reference_backend.h"
#include "models/gan_norms-inl.h"
#include "models/gan_train-inl.h"
#include "models/gradient_checks.h"

namespace vitrine {
namespace {

constexpr size_t kBatch = 5;

GanShape Shape(bool conditional) {
  return {.n_items = 17,
          .noise = 3,
          .generator = {7, 6},
          .discriminator = {5, 4},
          .conditional = conditional,
          .context = conditional ? 4u : 0u,
          .rectified = false};
}

GanWeights Weights(bool conditional) {
  if (!conditional) {
    return {.loss = GanLoss::kCrossEntropy,
            .anchor = 0,
            .adversary = 1,
            .zero = 0,
            .masking = 1,
            .temperature = 0};
  }
  return {.loss = GanLoss::kHinge,
          .anchor = 0.7f,
          .adversary = 1.3f,
          .zero = 0.4f,
          .masking = 0.6f,
          .temperature = 0.5f};
}

// Random behaviours; half of each is the condition, beside a random context, and the last row has
// none.
struct Sample {
  GanShape shape;
  GanWeights weights;
  Csr condition, condition_transposed, twice, twice_transposed, behaviour, target;
  std::vector<uint32_t> rows;

  explicit Sample(bool conditional) : shape(Shape(conditional)), weights(Weights(conditional)) {
    for (Csr* csr : {&condition, &behaviour, &target}) csr->cols = shape.n_items;
    condition.cols = std::max(shape.n_items, shape.condition());
    Rng rng(3, 1);
    for (uint32_t r = 0; r < kBatch; ++r) {
      rows.push_back(40 + r);
      const bool whole = !conditional || r + 1 == kBatch;
      for (uint32_t item = 0; item < shape.n_items; ++item) {
        if (rng.Uniform() > 0.4f) continue;
        behaviour.indices.push_back(item);
        if (!whole) target.indices.push_back(item);
        if (whole || rng.Uniform() < 0.5f) continue;
        condition.indices.push_back(item);
        condition.values.push_back(0.3f + rng.Uniform());
      }
      for (uint32_t value = 0; !whole && value < shape.context; ++value) {
        if (rng.Uniform() < 0.5f) continue;
        condition.indices.push_back(static_cast<uint32_t>(shape.n_items) + value);
        condition.values.push_back(GanContextWeight(2));
      }
      for (Csr* csr : {&condition, &behaviour, &target}) csr->EndRow();
    }
    twice = Twice(condition);
    condition_transposed = Transpose(condition);
    twice_transposed = Transpose(twice);
  }
  GanBatch Batch() const {
    return {.condition = condition,
            .condition_transposed = condition_transposed,
            .conditions_twice = twice,
            .conditions_twice_transposed = twice_transposed,
            .behaviour = behaviour,
            .target = target,
            .noise = {.seed = 5, .stream = 9, .rows = rows.data()},
            .seed = 5,
            .stream = 20};
  }
};

constexpr float kDeviation = 0.4f;

// Mean of what the discriminator makes small.
template <class B>
double Loss(B& backend, const Sample& sample, const GanGenerator<B>& generator,
            const GanDiscriminator<B>& discriminator, GanDiscriminator<B>& grads) {
  GanActivations<B> act(sample.shape, kBatch);
  GanDiscriminatorStep(backend, sample.shape, sample.Batch(), sample.weights, generator,
                       discriminator, act, grads);
  double sum = 0;
  for (size_t r = 0; r < 2 * kBatch; ++r) sum += static_cast<double>(act.doubt(r, 0));
  return sum / kBatch;
}

// Mean of what the generator makes small.
template <class B>
double Loss(B& backend, const Sample& sample, const GanGenerator<B>& generator,
            const GanDiscriminator<B>& discriminator, GanGenerator<B>& grads) {
  GanActivations<B> act(sample.shape, kBatch);
  GanGeneratorStep(backend, sample.shape, sample.Batch(), sample.weights, generator, discriminator,
                   act, grads);
  double sum = 0;
  for (size_t r = 0; r < kBatch; ++r) {
    sum += static_cast<double>(act.loss(r, 0)) + static_cast<double>(act.zero_loss(r, 0)) +
           static_cast<double>(act.deceit(r, 0));
  }
  return sum / kBatch;
}

// Compares the gradients by the parts of `Parts`, the generator or the discriminator.
template <class Parts>
void CheckGradients(const Sample& sample) {
  ReferenceBackend backend;
  GanGenerator<ReferenceBackend> generator(sample.shape);
  GanDiscriminator<ReferenceBackend> discriminator(sample.shape);
  Randomize(generator, 1, kDeviation);
  Randomize(discriminator, 2, kDeviation);
  Parts grads(sample.shape), ignored(sample.shape);
  Loss(backend, sample, generator, discriminator, grads);
  const auto loss = [&] { return Loss(backend, sample, generator, discriminator, ignored); };
  constexpr double kStep = 1e-6, kTolerance = 1e-6;
  if constexpr (std::is_same_v<Parts, GanGenerator<ReferenceBackend>>) {
    EXPECT_GT(ExpectGradients(generator, grads, kStep, kTolerance, loss, EveryPart).moved, 50u);
  } else {
    EXPECT_GT(ExpectGradients(discriminator, grads, kStep, kTolerance, loss, EveryPart).moved, 50u);
  }
}

class GanTrain : public testing::TestWithParam<bool> {};

TEST_P(GanTrain, GeneratorGradientsMatchFiniteDifferences) {
  CheckGradients<GanGenerator<ReferenceBackend>>(Sample(GetParam()));
}
TEST_P(GanTrain, DiscriminatorGradientsMatchFiniteDifferences) {
  CheckGradients<GanDiscriminator<ReferenceBackend>>(Sample(GetParam()));
}

TEST_P(GanTrain, StepsOnCpuMatchReference) {
  const Sample sample(GetParam());
  CpuBackend cpu;
  ReferenceBackend reference;
  GanGenerator<CpuBackend> generator(sample.shape), generator_grads(sample.shape);
  GanDiscriminator<CpuBackend> discriminator(sample.shape), discriminator_grads(sample.shape);
  GanGenerator<ReferenceBackend> expected_generator(sample.shape), expected_grads(sample.shape);
  GanDiscriminator<ReferenceBackend> expected_discriminator(sample.shape),
      expected_discriminator_grads(sample.shape);
  Randomize(generator, 1, kDeviation);
  Randomize(expected_generator, 1, kDeviation);
  Randomize(discriminator, 2, kDeviation);
  Randomize(expected_discriminator, 2, kDeviation);
  EXPECT_NEAR(Loss(cpu, sample, generator, discriminator, generator_grads),
              Loss(reference, sample, expected_generator, expected_discriminator, expected_grads),
              1e-4);
  EXPECT_NEAR(Loss(cpu, sample, generator, discriminator, discriminator_grads),
              Loss(reference, sample, expected_generator, expected_discriminator,
                   expected_discriminator_grads),
              1e-4);
  ExpectPartsNear(generator_grads, expected_grads, 5e-5, EveryPart);
  ExpectPartsNear(discriminator_grads, expected_discriminator_grads, 5e-5, EveryPart);
}

TEST_P(GanTrain, LimitsTheLargestSingularValueToOne) {
  CpuBackend backend;
  GanDiscriminator<CpuBackend> discriminator(Shape(GetParam()));
  Randomize(discriminator, 4, kDeviation);
  ForEachWeight(discriminator, [](Matrix& weight) {  // so that all are above 1 at first
    for (size_t r = 0; r < weight.rows(); ++r) {
      for (size_t c = 0; c < weight.cols(); ++c) weight(r, c) *= 20;
    }
  });
  GanNorms<CpuBackend> norms(backend, discriminator);
  for (int i = 0; i < 100; ++i) LimitNorms(backend, norms, discriminator);
  ForEachWeight(discriminator, [&](const Matrix& weight) {
    // The norm of the weight times any unit vector is at most 1, and of the found one it is 1.
    Rng rng(6, 6);
    for (int i = 0; i < 20; ++i) {
      double in = 0, out = 0;
      std::vector<float> vector(weight.cols());
      for (float& v : vector) {
        v = rng.Normal();
        in += v * v;
      }
      for (size_t r = 0; r < weight.rows(); ++r) {
        double sum = 0;
        for (size_t c = 0; c < weight.cols(); ++c) sum += weight(r, c) * vector[c];
        out += sum * sum;
      }
      EXPECT_LE(std::sqrt(out), 1.001 * std::sqrt(in));
    }
  });
  for (const Matrix& length : norms.length) EXPECT_NEAR(length(0, 0), 1, 1e-3);
}

INSTANTIATE_TEST_SUITE_P(Kinds, GanTrain, testing::Bool(), [](const auto& test) {
  return std::string(test.param ? "Conditional" : "NoiseAlone");
});

}  // namespace
}  // namespace vitrine
