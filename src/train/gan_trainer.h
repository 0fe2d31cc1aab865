// Trains a generator and a discriminator over behaviour vectors on the CPU backend, in turns.
#ifndef VITRINE_TRAIN_GAN_TRAINER_H_
#define VITRINE_TRAIN_GAN_TRAINER_H_

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <vector>

#include "backend/cpu/cpu_backend.h"
#include "core/csr.h"
#include "core/result.h"
#include "evaluate/contexts.h"
#include "format/safetensors.h"
#include "models/gan_norms.h"
#include "models/gan_train.h"
#include "train/gan_options.h"
#include "train/trainer.h"

namespace vitrine {

class GanTrainer : public Trainer {
 public:
  // `profiles` (n_shoppers x n_items) has ones only. The start depends on (options, seed, shape of
  // profiles) alone.
  // `contexts`: what is known of each shopper, unless empty.
  GanTrainer(const GanOptions& options, uint64_t seed, Csr profiles, ContextRows contexts = {});

  // "loss" is the generator's: its anchor (nats), its deceit and zero reconstruction, weighted;
  // "doubt" the discriminator's. "spread" is how different behaviours generated from noise alone
  // are: the mean cosine distance of their vectors. invalid-argument also where that collapsed.
  Result<nlohmann::ordered_json> RunEpoch() override;
  size_t epoch() const override { return epoch_; }
  size_t n_samples() const override { return vectors_.rows() * options_.generator_steps; }
  void AddModel(TensorFileWriter& writer) const override;
  void AddState(TensorFileWriter& writer) const override;
  Status RestoreState(const TensorFile& file) override;

 private:
  struct Params {
    GanGenerator<CpuBackend> generator;
    GanDiscriminator<CpuBackend> discriminator;
    explicit Params(const GanShape& s) : generator(s), discriminator(s) {}
    template <class Self, class Visit>
    static void ForEachPart(Self& self, const Visit& visit) {
      GanGenerator<CpuBackend>::ForEachPart(self.generator, visit);
      GanDiscriminator<CpuBackend>::ForEachPart(self.discriminator, visit);
    }
  };

  // Adds to the condition what is known of the shopper, some of it left out.
  void AddContext(uint32_t row, uint64_t stream, bool whole);
  // Fills the buffers of a step with the vectors named in rows_.
  GanBatch MakeBatch();
  // Chances (draws x n_items) that the averaged generator gives from noise alone.
  Matrix GenerateFromNoise(size_t n_draws) const;
  double Spread() const;
  void AddSamples(TensorFileWriter& writer) const;

  GanOptions options_;
  uint64_t seed_;
  Csr vectors_;  // a row per behaviour vector
  ContextRows contexts_;
  CpuBackend backend_;
  GanShape shape_;
  Params params_, grads_, mean_, square_;
  GanGenerator<CpuBackend> average_;
  GanActivations<CpuBackend> act_;
  GanNorms<CpuBackend> norms_;
  uint64_t epoch_ = 0;
  uint64_t step_ = 0;  // of both networks: numbers the random draws
  uint64_t generator_step_ = 0, discriminator_step_ = 0;

  // Of the current batch.
  std::vector<uint32_t> rows_;
  Csr condition_, condition_transposed_, twice_, twice_transposed_, behaviour_, target_;
};

}  // namespace vitrine

#endif  // VITRINE_TRAIN_GAN_TRAINER_H_
