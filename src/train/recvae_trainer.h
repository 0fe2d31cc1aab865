// Trains RecVAE on the CPU backend: in turns the encoder, several times, and the decoder, once.
#ifndef VITRINE_TRAIN_RECVAE_TRAINER_H_
#define VITRINE_TRAIN_RECVAE_TRAINER_H_

#include <cstdint>
#include <nlohmann/json.hpp>
#include <vector>

#include "backend/cpu/cpu_backend.h"
#include "core/csr.h"
#include "core/result.h"
#include "format/safetensors.h"
#include "models/recvae_train.h"
#include "train/trainer.h"

namespace vitrine {

struct RecVaeOptions {
  size_t hidden = 600;
  size_t latent = 200;
  bool tied = false;     // one table for encoder and decoder; the latent is as wide as the hidden
  double gamma = 0.005;  // weight of the KL term for each product of a history
  double dropout = 0.5;  // of the input, while the encoder trains
  size_t encoder_epochs = 3;  // for one of the decoder
  double learning_rate = 5e-4;
  size_t batch_size = 500;
  Precision precision = Precision::kF32;  // of dense products

  // invalid-argument, naming the flag, for what cannot be trained with.
  Status Check() const;
  nlohmann::ordered_json ToJson() const;
};

// Adds the model's metadata and tensors; `params` are borrowed until the writer has written.
void AddRecVae(const RecVaeShape& shape, const RecVaeParams<CpuBackend>& params,
               TensorFileWriter& writer);

class RecVaeTrainer : public Trainer {
 public:
  // `profiles` (n_shoppers x n_items) has ones only. The start depends on (options, seed, n_items)
  // alone.
  RecVaeTrainer(const RecVaeOptions& options, uint64_t seed, Csr profiles);

  // "likelihood" (negative, nats) and "kl" (weighted, nats) per shopper as the encoder saw them
  // last, and their sum.
  Result<nlohmann::ordered_json> RunEpoch() override;
  size_t epoch() const override { return epoch_; }
  size_t n_samples() const override { return profiles_.rows() * (options_.encoder_epochs + 1); }
  void AddModel(TensorFileWriter& writer) const override { AddRecVae(shape_, params_, writer); }
  void AddState(TensorFileWriter& writer) const override;
  Status RestoreState(const TensorFile& file) override;

 private:
  using Params = RecVaeParams<CpuBackend>;
  using Encoder = RecVaeEncoder<CpuBackend>;

  // One pass over the shoppers.
  struct Losses {
    double likelihood = 0, kl = 0;
  };
  Result<Losses> RunPhase(bool trains_encoder);
  // Fills the buffers of a step with the shoppers named in rows_.
  RecVaeBatch MakeBatch(double dropout);

  RecVaeOptions options_;
  uint64_t seed_;
  Csr profiles_;
  CpuBackend backend_;
  RecVaeShape shape_;
  Params params_, grads_, mean_, square_;
  Encoder old_;
  // Adam's moments of a tied table as the decoder; the two phases have an optimizer each.
  Matrix tied_mean_, tied_square_;
  RecVaeActivations<CpuBackend> act_;
  uint64_t epoch_ = 0;
  uint64_t step_ = 0;   // of both phases: numbers the random draws
  uint64_t phase_ = 0;  // passes so far
  uint64_t encoder_step_ = 0, decoder_step_ = 0;

  // Of the current batch.
  std::vector<uint32_t> rows_;
  std::vector<float> kl_weights_;
  Csr input_, input_transposed_, whole_, target_;
};

}  // namespace vitrine

#endif  // VITRINE_TRAIN_RECVAE_TRAINER_H_
