// The sequence model's parameters, activations and one training step, over any backend: a causal
// transformer over the last events of a history, with BSARec's frequency branch as an option.
// Kang and McAuley, "Self-attentive sequential recommendation", ICDM 2018; Shin et al., "An
// attentive inductive bias for sequential recommendation beyond the self-attention", AAAI 2024.
#ifndef VITRINE_MODELS_SEQUENCE_TRAIN_H_
#define VITRINE_MODELS_SEQUENCE_TRAIN_H_

#include <cstdint>
#include <string>
#include <vector>

#include "core/csr.h"
#include "layers/attention.h"
#include "layers/elementwise.h"
#include "layers/sampled_softmax.h"
#include "math/optimizers.h"
#include "models/sequence_shape.h"

namespace vitrine {

// One block. Also the form of its gradient and of Adam's two moments.
template <class B>
struct SequenceBlockParams {
  using Matrix = typename B::Matrix;
  Matrix query_weight, query_bias;  // dim x dim, 1 x dim; and so on
  Matrix key_weight, key_bias;
  Matrix value_weight, value_bias;
  Matrix output_weight, output_bias;
  Matrix attention_gain, attention_bias;  // 1 x dim: of the layer norm behind it
  Matrix rescale;                         // 1 x dim: of the frequency branch
  Matrix frequency_gain, frequency_bias;  // 1 x dim
  Matrix inner_weight, inner_bias;        // inner x dim, 1 x inner
  Matrix outer_weight, outer_bias;        // dim x inner, 1 x dim
  Matrix final_gain, final_bias;          // 1 x dim

  explicit SequenceBlockParams(const SequenceShape& s)
      : query_weight(s.dim, s.dim),
        query_bias(1, s.dim),
        key_weight(s.dim, s.dim),
        key_bias(1, s.dim),
        value_weight(s.dim, s.dim),
        value_bias(1, s.dim),
        output_weight(s.dim, s.dim),
        output_bias(1, s.dim),
        attention_gain(1, s.dim),
        attention_bias(1, s.dim),
        rescale(1, s.dim),
        frequency_gain(1, s.dim),
        frequency_bias(1, s.dim),
        inner_weight(s.inner, s.dim),
        inner_bias(1, s.inner),
        outer_weight(s.dim, s.inner),
        outer_bias(1, s.dim),
        final_gain(1, s.dim),
        final_bias(1, s.dim) {}

  template <class Self, class Visit>
  static void ForEachPart(Self& self, const Visit& visit) {
    visit("query.weight", self.query_weight);
    visit("query.bias", self.query_bias);
    visit("key.weight", self.key_weight);
    visit("key.bias", self.key_bias);
    visit("value.weight", self.value_weight);
    visit("value.bias", self.value_bias);
    visit("output.weight", self.output_weight);
    visit("output.bias", self.output_bias);
    visit("attention.gain", self.attention_gain);
    visit("attention.bias", self.attention_bias);
    visit("frequency.rescale", self.rescale);
    visit("frequency.gain", self.frequency_gain);
    visit("frequency.bias", self.frequency_bias);
    visit("inner.weight", self.inner_weight);
    visit("inner.bias", self.inner_bias);
    visit("outer.weight", self.outer_weight);
    visit("outer.bias", self.outer_bias);
    visit("final.gain", self.final_gain);
    visit("final.bias", self.final_bias);
  }
};

// All that is learned.
template <class B>
struct SequenceParams {
  using Matrix = typename B::Matrix;
  Matrix table;                   // rows as SequenceShape says: items first, then places and so on
  Matrix input_gain, input_bias;  // 1 x dim: of the layer norm of the input
  std::vector<SequenceBlockParams<B>> blocks;

  explicit SequenceParams(const SequenceShape& s)
      : table(s.table_rows(), s.dim), input_gain(1, s.dim), input_bias(1, s.dim) {
    for (size_t i = 0; i < s.blocks; ++i) blocks.emplace_back(s);
  }

  // Calls visit(name, matrix) for each part. The names are those of the model file, but for
  // "sequence.table", which the file keeps in pieces.
  template <class Self, class Visit>
  static void ForEachPart(Self& self, const Visit& visit) {
    visit(std::string("sequence.table"), self.table);
    visit(std::string("sequence.input.gain"), self.input_gain);
    visit(std::string("sequence.input.bias"), self.input_bias);
    for (size_t i = 0; i < self.blocks.size(); ++i) {
      const std::string prefix = "sequence.block" + std::to_string(i) + ".";
      SequenceBlockParams<B>::ForEachPart(
          self.blocks[i], [&](const char* name, auto& matrix) { visit(prefix + name, matrix); });
    }
  }
};

// Every buffer of a block in a step. Gradients have d_ names.
template <class B>
struct SequenceBlockActivations {
  using Matrix = typename B::Matrix;
  Matrix in, d_in;  // n x dim
  Matrix asked;     // n_queries x dim: the input's rows of the queries
  Matrix query, d_query, key, d_key, value, d_value;
  Matrix weights, weights_mask, d_scores;      // n_queries x heads * length
  Matrix context, d_context;                   // n_queries x dim
  Matrix attended, attended_mask;              // n_queries x dim
  Matrix attention_normal, attention_inverse;  // of the layer norm; n_queries x dim, x 1
  Matrix fast, filtered, filtered_mask;        // n_queries x dim
  Matrix frequency_normal, frequency_inverse;
  Matrix mixed, d_mixed;             // n_queries x dim
  Matrix inner, activated, d_inner;  // n_queries x inner
  Matrix outer, outer_mask;          // n_queries x dim
  Matrix final_normal, final_inverse;
  Matrix d_branch, scratch;  // n_queries x dim

  SequenceBlockActivations(const SequenceShape& s, size_t rows);
};

template <class B>
struct SequenceActivations {
  using Matrix = typename B::Matrix;
  Matrix input_normal, input_inverse, input_mask, input_scratch;
  std::vector<SequenceBlockActivations<B>> blocks;
  Matrix out, d_out;  // n_queries x dim: what the last block gives
  Matrix logits;      // n_targets x n_items, or 1 + the sample; becomes its own gradient
  Matrix loss;        // n_targets x 1

  // For batches of at most `rows` positions in all and `targets` targets, against `sampled` items,
  // or, where that is 0, against all.
  SequenceActivations(const SequenceShape& s, size_t rows, size_t targets, size_t sampled = 0);
};

// A batch of sequences of one length, each with a target for its last position.
struct SequenceBatch {
  size_t length = 1;
  // n x table_rows: the rows of the table that make up each position. Where the softmax is sampled,
  // then the item of each target, and each of the sample.
  CsrView input;
  CsrView input_transposed;
  CsrView target;      // n_sequences x n_items, or, sampled, x (1 + the sample), with column 0 each
  Dropout hidden;      // of the input and behind every layer
  Dropout attention;   // of the attention weights
  ClassSample sample;  // empty: the softmax is over all items
};

// Runs the batch forward and backward: fills act.loss and `grads` with the gradient of
// sum(loss) * loss_scale.
template <class B>
void SequenceForwardBackward(B& backend, const SequenceShape& shape, const SequenceBatch& batch,
                             typename B::Scalar loss_scale, const typename B::Scalar* kernel,
                             const SequenceParams<B>& params, SequenceActivations<B>& act,
                             SequenceParams<B>& grads);

// One Adam step of every parameter.
template <class B>
void SequenceUpdate(B& backend, const Adam<typename B::Scalar>& adam,
                    const SequenceParams<B>& grads, SequenceParams<B>& params,
                    SequenceParams<B>& mean, SequenceParams<B>& square);

}  // namespace vitrine

#endif  // VITRINE_MODELS_SEQUENCE_TRAIN_H_
