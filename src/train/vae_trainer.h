// Trains Mult-VAE on the CPU backend, an epoch at a time, from any state that a checkpoint holds.
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

namespace vitrine {

struct VaeOptions {
  size_t hidden = 600;
  size_t latent = 200;
  double dropout = 0.5;  // of the input
  double beta = 0.2;     // weight of the KL term, once annealed
  size_t anneal_epochs = 20;
  double learning_rate = 1e-3;
  size_t batch_size = 100;
  uint64_t seed = 1;

  // invalid-argument, naming the flag, for what cannot be trained with.
  Status Check() const;
  nlohmann::ordered_json ToJson() const;
};

class VaeTrainer {
 public:
  // `profiles` (n_shoppers x n_items) has ones only. The start depends on (options, n_items) alone.
  VaeTrainer(const VaeOptions& options, Csr profiles);

  struct EpochLoss {
    double likelihood = 0;  // mean negative log likelihood per shopper, nats
    double kl = 0;          // mean, nats
  };
  // Shuffles, and takes a step per batch. invalid-argument where the loss is not finite: the
  // parameters are then spoilt.
  Result<EpochLoss> RunEpoch();

  size_t epoch() const { return epoch_; }  // epochs run so far
  size_t n_shoppers() const { return profiles_.rows(); }

  // Tensors and metadata of the model file; borrows the parameters.
  void AddModel(TensorFileWriter& writer) const;

  // Parameters, moments and position under "state.*", and back. A state only fits a trainer of the
  // same options and data.
  void AddState(TensorFileWriter& writer) const;
  Status RestoreState(const TensorFile& file);

 private:
  using Params = VaeParams<CpuBackend>;

  // Fills the buffers of a step with the shoppers named in rows_.
  VaeBatch MakeBatch();

  VaeOptions options_;
  Csr profiles_;
  CpuBackend backend_;
  VaeShape shape_;
  Params params_, grads_, mean_, square_;
  VaeActivations<CpuBackend> act_;
  uint64_t epoch_ = 0;
  uint64_t step_ = 0;

  // Of the current batch.
  std::vector<uint32_t> rows_;
  Csr input_, input_transposed_, target_;
};

}  // namespace vitrine

#endif  // VITRINE_TRAIN_VAE_TRAINER_H_
