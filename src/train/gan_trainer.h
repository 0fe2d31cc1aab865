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
#include "format/safetensors.h"
#include "models/gan_norms.h"
#include "models/gan_train.h"
#include "train/contexts.h"
#include "train/trainer.h"

namespace vitrine {

// What a behaviour vector is: the products of a shopper, or the shoppers of a product, as in the
// user-based and the item-based CFGAN.
enum class GanSide : uint8_t { kShopper, kItem };
inline constexpr const char* kGanSideNames[] = {"shopper", "item"};

struct GanOptions {
  GanSide side = GanSide::kShopper;
  std::vector<size_t> generator = {300};
  std::vector<size_t> discriminator = {125};
  size_t noise = 64;
  bool conditional = true;
  bool rectified = false;
  GanWeights weights;
  double dropout = 0.5;        // of the behaviour, to make the condition
  double unconditional = 0.1;  // share of the shoppers without a condition
  double context_only = 0.3;   // share of those that have their context and no behaviour
  bool context_month = false;  // whether the month of the first event is a context, too
  double learning_rate = 1e-3;
  double discriminator_rate = 1e-4;
  size_t batch_size = 64;
  Precision precision = Precision::kF32;                // of dense products
  size_t generator_steps = 1, discriminator_steps = 1;  // of a batch
  double average = 0.99;  // decay of the running average that is the model

  // The network of the article that the product follows: 100-d noise, 256-512-1024 to a sigmoid
  // behaviour vector, 1024-512-256 to a verdict, binary cross entropy, Adam 1e-4 on both.
  static GanOptions Paper();

  // invalid-argument, naming the flag, for what cannot be trained with.
  Status Check() const;
  nlohmann::ordered_json ToJson() const;
};

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
