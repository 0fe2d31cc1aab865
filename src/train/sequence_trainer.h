// Trains the sequence model on the CPU backend: every prefix of a history foresees what comes next,
// with the softmax over the whole catalogue or a sample of it.
#ifndef VITRINE_TRAIN_SEQUENCE_TRAINER_H_
#define VITRINE_TRAIN_SEQUENCE_TRAINER_H_

#include <cstdint>
#include <nlohmann/json.hpp>
#include <vector>

#include "backend/cpu/cpu_backend.h"
#include "core/csr.h"
#include "core/result.h"
#include "format/safetensors.h"
#include "models/sequence_train.h"
#include "train/trainer.h"

namespace vitrine {

struct SequenceOptions {
  size_t dim = 64;
  size_t blocks = 2;
  size_t heads = 1;
  size_t max_length = 50;
  double frequency = 0.7;  // weight of the frequency branch
  size_t cutoff = 5;       // BSARec's c: cutoff / 2 + 1 frequencies are slow
  double dropout = 0.5;
  double attention_dropout = 0.5;
  double learning_rate = 5e-4;
  size_t batch_size = 256;
  Precision precision = Precision::kF32;  // of dense products
  double average = 0.999;                 // decay of the running average of the parameters; 0: none
  size_t negatives = 0;  // items drawn for each batch's softmax; 0: the softmax over all

  // invalid-argument, naming the flag, for what cannot be trained with.
  Status Check() const;
  nlohmann::ordered_json ToJson() const;
};

// Adds the model's metadata and tensors; `params` and `kernel` (1 x max_length: of the frequency
// branch, unused without one) are borrowed until the writer has written.
void AddSequence(const SequenceShape& shape, const SequenceParams<CpuBackend>& params,
                 const Matrix& kernel, TensorFileWriter& writer);

class SequenceTrainer : public Trainer {
 public:
  // invalid-argument where no shopper of the part has two events.
  static Result<std::unique_ptr<Trainer>> Create(const SequenceOptions& options, uint64_t seed,
                                                 const TrainingPart& part);

  // "loss": mean negative log likelihood of the next event, nats.
  Result<nlohmann::ordered_json> RunEpoch() override;
  size_t epoch() const override { return epoch_; }
  size_t n_samples() const override { return samples_.size(); }
  void AddModel(TensorFileWriter& writer) const override {
    AddSequence(shape_, average_, kernel_, writer);
  }
  void AddState(TensorFileWriter& writer) const override;
  Status RestoreState(const TensorFile& file) override;

 private:
  using Params = SequenceParams<CpuBackend>;

  // One event of a history, as the rows of the table that make it up.
  struct Token {
    uint32_t item;
    uint8_t type;
    uint8_t gap;
  };
  // tokens_[end - length, end) foresee the item of tokens_[end].
  struct Sample {
    uint32_t end;
    uint32_t length;
  };

  SequenceTrainer(const SequenceOptions& options, uint64_t seed, const SequenceShape& shape);
  void ReadSamples(const TrainingPart& part);
  void InitializeParams();
  // The samples of the epoch, shuffled, in batches of equal length.
  std::vector<std::pair<size_t, size_t>> ShuffleBatches(std::vector<uint32_t>& order) const;
  SequenceBatch MakeBatch(std::span<const uint32_t> samples);
  // Draws the step's sample, and adds the items' rows to the batch's input.
  ClassSample DrawSample(std::span<const uint32_t> samples);

  SequenceOptions options_;
  uint64_t seed_;
  SequenceShape shape_;
  std::vector<Token> tokens_;
  std::vector<Sample> samples_;
  Matrix kernel_;  // 1 x max_length

  CpuBackend backend_;
  Params params_, grads_, mean_, square_;
  Params average_;  // of the parameters: the model
  SequenceActivations<CpuBackend> act_;
  uint64_t epoch_ = 0;
  uint64_t step_ = 0;

  // Of the current batch.
  Csr input_, input_transposed_, target_;

  // Of a sampled softmax. An item is drawn by how often it is a target: (times + 1)^3/4, as
  // negatives are in word2vec (Mikolov et al., NeurIPS 2013).
  std::vector<double> drawn_below_;  // per item, the share of those up to it
  std::vector<uint32_t> target_items_, drawn_items_;
  std::vector<float> correction_;
};

}  // namespace vitrine

#endif  // VITRINE_TRAIN_SEQUENCE_TRAINER_H_
