// Trains Mult-VAE on the CPU backend.
#ifndef VITRINE_TRAIN_VAE_TRAINER_H_
#define VITRINE_TRAIN_VAE_TRAINER_H_

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "backend/cpu/cpu_backend.h"
#include "core/csr.h"
#include "core/result.h"
#include "format/safetensors.h"
#include "models/vae_train.h"
#include "train/trainer.h"

namespace vitrine {

struct VaeOptions {
  bool deterministic = false;  // Mult-DAE: a latent without noise, whose KL term counts nothing
  size_t hidden = 600;
  size_t latent = 200;
  double dropout = 0.5;  // of the input
  double beta = 0.2;     // weight of the KL term, once annealed
  size_t anneal_epochs = 20;
  double learning_rate = 1e-3;
  size_t batch_size = 100;
  Precision precision = Precision::kF32;  // of dense products

  // invalid-argument, naming the flag, for what cannot be trained with.
  Status Check() const;
  nlohmann::ordered_json ToJson() const;
};

// Adds the model's metadata and tensors; `params` are borrowed until the writer has written.
void AddVae(const VaeShape& shape, const VaeParams<CpuBackend>& params, TensorFileWriter& writer);

class VaeTrainer : public Trainer {
 public:
  // `profiles` (n_shoppers x n_items) has ones only. The start depends on (options, seed, n_items)
  // alone.
  VaeTrainer(const VaeOptions& options, uint64_t seed, Csr profiles);

  // "likelihood" (negative, nats), "kl" (nats) and their sum, per shopper. Shuffles, and takes a
  // step per batch.
  Result<nlohmann::ordered_json> RunEpoch() override;
  size_t epoch() const override { return epoch_; }
  size_t n_samples() const override { return profiles_.rows(); }
  void AddModel(TensorFileWriter& writer) const override { AddVae(shape_, params_, writer); }
  void AddState(TensorFileWriter& writer) const override;
  Status RestoreState(const TensorFile& file) override;

 private:
  using Params = VaeParams<CpuBackend>;

  // Fills the buffers of a step with the shoppers named in rows_.
  VaeBatch MakeBatch();

  VaeOptions options_;
  uint64_t seed_;
  Csr profiles_;
  CpuBackend backend_;
  VaeShape shape_;
  Params params_, mean_, square_;
  VaeActivations<CpuBackend> act_;
  uint64_t epoch_ = 0;
  uint64_t step_ = 0;

  // Of the current batch.
  std::vector<uint32_t> rows_;
  Csr input_, input_transposed_, target_;
};

}  // namespace vitrine

#endif  // VITRINE_TRAIN_VAE_TRAINER_H_
