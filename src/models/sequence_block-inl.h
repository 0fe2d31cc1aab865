// One block of the sequence model in training: attention, the frequency branch and the two dense
// layers, forward and backward over one batch. Part of sequence_train-inl.h.
#ifndef VITRINE_MODELS_SEQUENCE_BLOCK_INL_H_
#define VITRINE_MODELS_SEQUENCE_BLOCK_INL_H_

#include "layers/dense.h"
#include "layers/frequency.h"
#include "layers/layer_norm.h"
#include "math/activations.h"
#include "models/sequence_train.h"

namespace vitrine {

template <class T>
struct CopyQueryRow {
  SequenceLayout layout;
  BasicMatrixView<const T> in;
  BasicMatrixView<T> out;
  VITRINE_HD void operator()(size_t r) const {
    const T* row = in.Row(layout.First(r) + layout.Position(r));
    for (size_t c = 0; c < in.cols; ++c) out(r, c) = row[c];
  }
};

// Adds a gradient of the queries' rows to the rows that they were taken from.
template <class T>
struct AddQueryRow {
  SequenceLayout layout;
  BasicMatrixView<const T> d_asked;
  BasicMatrixView<T> d_in;
  VITRINE_HD void operator()(size_t r) const {
    T* row = d_in.Row(layout.First(r) + layout.Position(r));
    for (size_t c = 0; c < d_in.cols; ++c) row[c] += d_asked(r, c);
  }
};

// The pieces of a block over one batch: views of the rows in use, forward and backward.
template <class B>
class SequenceBlockStep {
 public:
  using T = typename B::Scalar;
  using View = BasicMatrixView<T>;

  SequenceBlockStep(B& backend, const SequenceShape& shape, const SequenceLayout& layout,
                    size_t n_rows, const T* kernel, const SequenceBlockParams<B>& params,
                    SequenceBlockActivations<B>& act)
      : b_(backend),
        shape_(shape),
        layout_(layout),
        n_(n_rows),
        q_(n_rows / layout.length * layout.queries),
        kernel_(kernel),
        p_(params),
        a_(act) {}

  // out (n_queries x dim) from act.in.
  void Forward(Dropout hidden, Dropout attention, const View& out) {
    hidden_ = hidden.share > 0;
    attention_ = attention.share > 0;
    const View in = N(a_.in), asked = Q(a_.asked);
    b_.ForEachRow(q_, in.cols, CopyQueryRow<T>{layout_, in, asked});

    DenseForward<B, Identity, T>(b_, asked, p_.query_weight, p_.query_bias, Identity{},
                                 Q(a_.query));
    DenseForward<B, Identity, T>(b_, in, p_.key_weight, p_.key_bias, Identity{}, N(a_.key));
    DenseForward<B, Identity, T>(b_, in, p_.value_weight, p_.value_bias, Identity{}, N(a_.value));
    if (attention_) DrawDropout<B, T>(b_, attention, Weights(a_.weights_mask));
    AttentionForward<B, T>(b_, Attention(), Q(a_.context));
    DenseForward<B, Identity, T>(b_, Q(a_.context), p_.output_weight, p_.output_bias, Identity{},
                                 Q(a_.attended));
    AddAndNorm(Q(a_.attended), Q(a_.attended_mask), Next(hidden, 0), asked, p_.attention_gain,
               p_.attention_bias, AttentionNorm(), Q(a_.mixed));

    if (shape_.frequency > 0) {
      const View filtered = Q(a_.filtered);
      FrequencyForward<B, T>(b_, layout_, kernel_, p_.rescale, in, Q(a_.fast), filtered);
      AddAndNorm(filtered, Q(a_.filtered_mask), Next(hidden, 1), asked, p_.frequency_gain,
                 p_.frequency_bias, FrequencyNorm(), Q(a_.scratch));
      const T weight = static_cast<T>(shape_.frequency);
      AddScaled<B, T>(b_, weight, Q(a_.scratch), T{1} - weight, Q(a_.mixed), Q(a_.mixed));
    }

    DenseForward<B, Identity, T>(b_, Q(a_.mixed), p_.inner_weight, p_.inner_bias, Identity{},
                                 Q(a_.inner));
    ActivationForward<B, Gelu, T>(b_, Q(a_.inner), Gelu{}, Q(a_.activated));
    DenseForward<B, Identity, T>(b_, Q(a_.activated), p_.outer_weight, p_.outer_bias, Identity{},
                                 Q(a_.outer));
    AddAndNorm(Q(a_.outer), Q(a_.outer_mask), Next(hidden, 2), Q(a_.mixed), p_.final_gain,
               p_.final_bias, FinalNorm(), out);
  }

  // Fills act.d_in and `g` from d_out (n_queries x dim), which is written over.
  void Backward(const View& d_out, SequenceBlockParams<B>& g) {
    const View d_mixed = Q(a_.d_mixed), d_branch = Q(a_.d_branch), in = N(a_.in), d_in = N(a_.d_in);
    NormBackward(d_out, p_.final_gain, FinalNorm(), g.final_gain, g.final_bias, d_mixed);
    // d_mixed is the gradient of both terms of the sum.
    Drop(d_mixed, Q(a_.outer_mask), d_branch);
    DenseBackwardParams<B, T>(b_, d_branch, Q(a_.activated), g.outer_weight, g.outer_bias);
    DenseBackwardInput<B, T>(b_, d_branch, p_.outer_weight, Q(a_.d_inner));
    ActivationBackwardAt<B, Gelu, T>(b_, Q(a_.inner), Gelu{}, Q(a_.d_inner));
    DenseBackwardParams<B, T>(b_, Q(a_.d_inner), Q(a_.mixed), g.inner_weight, g.inner_bias);
    b_.Gemm(Trans::kNo, Trans::kNo, T{1}, Q(a_.d_inner), p_.inner_weight, T{1}, d_mixed);

    // Attention's share of the mixture, then its layers in reverse. `d_asked` collects what the
    // residuals give to the queries' rows.
    const View d_asked = d_out;
    const T weight = shape_.frequency > 0 ? static_cast<T>(shape_.frequency) : T{0};
    AddScaled<B, T>(b_, T{1} - weight, d_mixed, T{0}, d_mixed, d_branch);
    NormBackward(d_branch, p_.attention_gain, AttentionNorm(), g.attention_gain, g.attention_bias,
                 d_asked);
    Drop(d_asked, Q(a_.attended_mask), d_branch);
    DenseBackwardParams<B, T>(b_, d_branch, Q(a_.context), g.output_weight, g.output_bias);
    DenseBackwardInput<B, T>(b_, d_branch, p_.output_weight, Q(a_.d_context));
    AttentionBackward<B, T>(b_, Attention(), Q(a_.d_context), Weights(a_.d_scores), Q(a_.d_query),
                            N(a_.d_key), N(a_.d_value));
    DenseBackwardParams<B, T>(b_, Q(a_.d_query), Q(a_.asked), g.query_weight, g.query_bias);
    DenseBackwardParams<B, T>(b_, N(a_.d_key), in, g.key_weight, g.key_bias);
    DenseBackwardParams<B, T>(b_, N(a_.d_value), in, g.value_weight, g.value_bias);
    b_.Gemm(Trans::kNo, Trans::kNo, T{1}, Q(a_.d_query), p_.query_weight, T{1}, d_asked);
    DenseBackwardInput<B, T>(b_, N(a_.d_key), p_.key_weight, d_in);
    b_.Gemm(Trans::kNo, Trans::kNo, T{1}, N(a_.d_value), p_.value_weight, T{1}, d_in);

    if (shape_.frequency > 0) {
      AddScaled<B, T>(b_, weight, d_mixed, T{0}, d_mixed, d_mixed);
      NormBackward(d_mixed, p_.frequency_gain, FrequencyNorm(), g.frequency_gain, g.frequency_bias,
                   d_branch);
      AddScaled<B, T>(b_, T{1}, d_asked, T{1}, d_branch, d_asked);
      Drop(d_branch, Q(a_.filtered_mask), d_branch);
      FrequencyBackwardParams<B, T>(b_, p_.rescale, d_branch, Q(a_.fast), Q(a_.scratch), g.rescale);
      FrequencyBackwardInput<B, T>(b_, layout_, kernel_, p_.rescale, d_branch, d_in);
    }
    b_.ForEachRow(q_, in.cols, AddQueryRow<T>{layout_, d_asked, d_in});
  }

 private:
  template <class M>
  View N(M& m) const {
    return View(m).Rows(0, n_);
  }
  template <class M>
  View Q(M& m) const {
    return View(m).Rows(0, q_);
  }
  template <class M>
  View Weights(M& m) const {
    View view = Q(m);
    view.cols = shape_.heads * layout_.length;
    return view;
  }
  AttentionViews<T> Attention() const {
    AttentionViews<T> views{layout_,     shape_.heads,        Q(a_.query), N(a_.key),
                            N(a_.value), Weights(a_.weights), {}};
    if (attention_) views.mask = Weights(a_.weights_mask);
    return views;
  }
  LayerNormState<T> AttentionNorm() const {
    return {Q(a_.attention_normal), Q(a_.attention_inverse)};
  }
  LayerNormState<T> FrequencyNorm() const {
    return {Q(a_.frequency_normal), Q(a_.frequency_inverse)};
  }
  LayerNormState<T> FinalNorm() const { return {Q(a_.final_normal), Q(a_.final_inverse)}; }
  static Dropout Next(Dropout dropout, uint64_t i) {
    dropout.stream += i;
    return dropout;
  }

  // out = layer norm of (dropout of branch + residual); branch becomes the sum.
  template <class M>
  void AddAndNorm(const View& branch, const View& mask, const Dropout& dropout,
                  const View& residual, const M& gain, const M& bias,
                  const LayerNormState<T>& state, const View& out) {
    if (hidden_) {
      DrawDropout<B, T>(b_, dropout, mask);
      Multiply<B, T>(b_, branch, mask, branch);
    }
    AddScaled<B, T>(b_, T{1}, branch, T{1}, residual, branch);
    LayerNormForward<B, T>(b_, branch, gain, bias, static_cast<T>(kSequenceNormEpsilon), state,
                           out);
  }
  template <class M>
  void NormBackward(const View& d_out, const M& gain, const LayerNormState<T>& state, M& d_gain,
                    M& d_bias, const View& d_in) {
    LayerNormBackwardParams<B, T>(b_, d_out, state, Q(a_.scratch), d_gain, d_bias);
    LayerNormBackwardInput<B, T>(b_, d_out, gain, state, d_in);
  }
  void Drop(const View& d, const View& mask, const View& out) {
    if (hidden_) {
      Multiply<B, T>(b_, d, mask, out);
    } else if (out.data != d.data) {
      AddScaled<B, T>(b_, T{1}, d, T{0}, d, out);
    }
  }

  B& b_;
  const SequenceShape& shape_;
  const SequenceLayout layout_;
  const size_t n_, q_;
  const T* kernel_;
  const SequenceBlockParams<B>& p_;
  SequenceBlockActivations<B>& a_;
  bool hidden_ = false;
  bool attention_ = false;
};

}  // namespace vitrine

#endif  // VITRINE_MODELS_SEQUENCE_BLOCK_INL_H_
