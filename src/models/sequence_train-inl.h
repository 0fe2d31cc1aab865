// The body of sequence_train.h; included by the one file per backend that instantiates it.
#ifndef VITRINE_MODELS_SEQUENCE_TRAIN_INL_H_
#define VITRINE_MODELS_SEQUENCE_TRAIN_INL_H_

#include "layers/layer_norm.h"
#include "models/adam_step.h"
#include "models/sequence_block-inl.h"
#include "models/sequence_train.h"

namespace vitrine {

// Dropout streams within a step: the input's, then five for each block.
inline constexpr uint64_t kSequenceStreams = 64;

template <class B>
SequenceBlockActivations<B>::SequenceBlockActivations(const SequenceShape& s, size_t rows)
    : in(rows, s.dim),
      d_in(rows, s.dim),
      asked(rows, s.dim),
      query(rows, s.dim),
      d_query(rows, s.dim),
      key(rows, s.dim),
      d_key(rows, s.dim),
      value(rows, s.dim),
      d_value(rows, s.dim),
      weights(rows, s.heads * s.max_length),
      weights_mask(rows, s.heads * s.max_length),
      d_scores(rows, s.heads * s.max_length),
      context(rows, s.dim),
      d_context(rows, s.dim),
      attended(rows, s.dim),
      attended_mask(rows, s.dim),
      attention_normal(rows, s.dim),
      attention_inverse(rows, 1),
      fast(rows, s.dim),
      filtered(rows, s.dim),
      filtered_mask(rows, s.dim),
      frequency_normal(rows, s.dim),
      frequency_inverse(rows, 1),
      mixed(rows, s.dim),
      d_mixed(rows, s.dim),
      inner(rows, s.inner),
      activated(rows, s.inner),
      d_inner(rows, s.inner),
      outer(rows, s.dim),
      outer_mask(rows, s.dim),
      final_normal(rows, s.dim),
      final_inverse(rows, 1),
      d_branch(rows, s.dim),
      scratch(rows, s.dim) {}

template <class B>
SequenceActivations<B>::SequenceActivations(const SequenceShape& s, size_t rows, size_t targets,
                                            size_t sampled)
    : input_normal(rows, s.dim),
      input_inverse(rows, 1),
      input_mask(rows, s.dim),
      input_scratch(rows, s.dim),
      out(rows, s.dim),
      d_out(rows, s.dim),
      logits(targets, sampled == 0 ? s.n_items : 1 + sampled),
      loss(targets, 1) {
  // The first block's input also has the rows of what the softmax is sampled over.
  const size_t candidates = sampled == 0 ? 0 : targets + sampled;
  for (size_t i = 0; i < s.blocks; ++i) blocks.emplace_back(s, rows + (i == 0 ? candidates : 0));
}

template <class B>
void SequenceForwardBackward(B& backend, const SequenceShape& shape, const SequenceBatch& batch,
                             typename B::Scalar loss_scale, const typename B::Scalar* kernel,
                             const SequenceParams<B>& params, SequenceActivations<B>& act,
                             SequenceParams<B>& grads) {
  using T = typename B::Scalar;
  using View = BasicMatrixView<T>;
  const size_t n_targets = batch.target.rows, n_drawn = batch.sample.size;
  const size_t n = n_targets * batch.length;
  const auto rows = [](auto& m, size_t count) { return View(m).Rows(0, count); };
  const auto layout = [&](size_t block) {
    return SequenceLayout{batch.length, block + 1 == shape.blocks ? 1 : batch.length};
  };
  const auto stream = [&](Dropout dropout, uint64_t site) {
    dropout.stream = dropout.stream * kSequenceStreams + site;
    return dropout;
  };

  // Forward.
  const LayerNormState<T> input_norm = {rows(act.input_normal, n), rows(act.input_inverse, n)};
  const View gathered = rows(act.blocks.front().in, batch.input.rows);
  const View first = gathered.Rows(0, n);
  backend.SparseTimesDense(batch.input, params.table, gathered);
  LayerNormForward<B, T>(backend, first, params.input_gain, params.input_bias,
                         static_cast<T>(kSequenceNormEpsilon), input_norm, first);
  const View mask = rows(act.input_mask, n);
  if (batch.hidden.share > 0) {
    DrawDropout<B, T>(backend, stream(batch.hidden, 0), mask);
    Multiply<B, T>(backend, first, mask, first);
  }
  std::vector<SequenceBlockStep<B>> steps;
  for (size_t i = 0; i < shape.blocks; ++i) {
    const bool is_last = i + 1 == shape.blocks;
    steps.emplace_back(backend, shape, layout(i), n, kernel, params.blocks[i], act.blocks[i]);
    steps.back().Forward(stream(batch.hidden, 1 + 5 * i), stream(batch.attention, 4 + 5 * i),
                         is_last ? rows(act.out, n_targets) : rows(act.blocks[i + 1].in, n));
  }
  const View items = View(const_cast<typename B::Matrix&>(params.table)).Rows(0, shape.n_items);
  const View out = rows(act.out, n_targets), logits = rows(act.logits, n_targets);
  const View targets = gathered.Rows(n, n_drawn > 0 ? n_targets : 0);
  const View drawn = gathered.Rows(n + targets.rows, n_drawn);
  if (n_drawn > 0) {
    SampledLogits<B, T>(backend, batch.sample, out, targets, drawn, logits);
  } else {
    backend.Gemm(Trans::kNo, Trans::kYes, T{1}, out, items, T{0}, logits);
  }
  backend.SoftmaxCrossEntropy(batch.target, loss_scale, logits, rows(act.loss, n_targets));

  // Backward; logits now hold their gradient.
  const View d_gathered = rows(act.blocks.front().d_in, batch.input.rows);
  const View d_out = rows(act.d_out, n_targets);
  if (n_drawn > 0) {
    SampledLogitsBackward<B, T>(backend, logits, out, targets, drawn, d_out,
                                d_gathered.Rows(n, n_targets),
                                d_gathered.Rows(n + n_targets, n_drawn));
  } else {
    DenseBackwardInput<B, T>(backend, logits, items, d_out);
  }
  for (size_t i = shape.blocks; i-- > 0;) {
    const bool is_last = i + 1 == shape.blocks;
    steps[i].Backward(is_last ? d_out : rows(act.blocks[i + 1].d_in, n), grads.blocks[i]);
  }
  const View d_first = d_gathered.Rows(0, n);
  if (batch.hidden.share > 0) Multiply<B, T>(backend, d_first, mask, d_first);
  LayerNormBackwardParams<B, T>(backend, d_first, input_norm, rows(act.input_scratch, n),
                                grads.input_gain, grads.input_bias);
  LayerNormBackwardInput<B, T>(backend, d_first, params.input_gain, input_norm, d_first);
  backend.SparseTimesDense(batch.input_transposed, d_gathered, grads.table);
  if (n_drawn > 0) return;
  backend.Gemm(Trans::kYes, Trans::kNo, T{1}, logits, out, T{1},
               View(grads.table).Rows(0, shape.n_items));
}

template <class B>
void SequenceUpdate(B& backend, const Adam<typename B::Scalar>& adam,
                    const SequenceParams<B>& grads, SequenceParams<B>& params,
                    SequenceParams<B>& mean, SequenceParams<B>& square) {
  StepAdamOfAll(backend, adam, grads, params, mean, square);
}

}  // namespace vitrine

#endif  // VITRINE_MODELS_SEQUENCE_TRAIN_INL_H_
