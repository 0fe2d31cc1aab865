// Causal self-attention over a batch of sequences of equal length: Vaswani et al., "Attention is
// all you need", NeurIPS 2017, section 3.2. Forward beside backward, over any backend.
//
// Row s * length + t of the keys and values is position t of sequence s. The queries are of the
// last `queries` positions of each: all of them, or one where only the last is wanted.
#ifndef VITRINE_LAYERS_ATTENTION_H_
#define VITRINE_LAYERS_ATTENTION_H_

#include <cmath>

#include "backend/backend.h"
#include "math/exponential.h"

namespace vitrine {

struct SequenceLayout {
  size_t length = 1;   // positions of every sequence
  size_t queries = 1;  // of which the last so many are asked for

  // Of query row r: the first row of its sequence, and its position.
  VITRINE_HD size_t First(size_t r) const { return r / queries * length; }
  VITRINE_HD size_t Position(size_t r) const { return length - queries + r % queries; }
};

template <class T>
struct AttentionViews {
  SequenceLayout layout;
  size_t heads;
  BasicMatrixView<const T> query;       // n_queries x dim
  BasicMatrixView<const T> key, value;  // n x dim
  BasicMatrixView<T> weights;           // n_queries x heads * length: softmax of the scores
  BasicMatrixView<const T> mask;        // the same shape: dropout of the weights; no data: none

  VITRINE_HD T Kept(size_t r, size_t place) const {
    return mask.data == nullptr ? T{1} : mask(r, place);
  }
};

template <class T>
struct Attend {
  AttentionViews<T> v;
  BasicMatrixView<T> context;  // n_queries x dim
  VITRINE_HD void operator()(size_t r) const {
    const size_t width = v.query.cols / v.heads;
    const size_t first = v.layout.First(r), last = v.layout.Position(r);
    const T scale = T{1} / std::sqrt(static_cast<T>(width));
    for (size_t h = 0; h < v.heads; ++h) {
      const T* query = v.query.Row(r) + h * width;
      T* weights = v.weights.Row(r) + h * v.layout.length;
      T max = 0;
      for (size_t j = 0; j <= last; ++j) {
        const T* key = v.key.Row(first + j) + h * width;
        T score = 0;
        for (size_t c = 0; c < width; ++c) score += query[c] * key[c];
        weights[j] = score * scale;
        if (j == 0 || weights[j] > max) max = weights[j];
      }
      T sum = 0;
      for (size_t j = 0; j <= last; ++j) {
        weights[j] = Exp(weights[j] - max);
        sum += weights[j];
      }
      T* out = context.Row(r) + h * width;
      for (size_t c = 0; c < width; ++c) out[c] = 0;
      for (size_t j = 0; j <= last; ++j) {
        weights[j] /= sum;
        const T weight = weights[j] * v.Kept(r, h * v.layout.length + j);
        const T* value = v.value.Row(first + j) + h * width;
        for (size_t c = 0; c < width; ++c) out[c] += weight * value[c];
      }
    }
  }
};

// d_scores and d_query of a query row.
template <class T>
struct AttendGradient {
  AttentionViews<T> v;
  BasicMatrixView<const T> d_context;
  BasicMatrixView<T> d_scores;  // n_queries x heads * length
  BasicMatrixView<T> d_query;
  VITRINE_HD void operator()(size_t r) const {
    const size_t width = v.query.cols / v.heads;
    const size_t first = v.layout.First(r), last = v.layout.Position(r);
    const T scale = T{1} / std::sqrt(static_cast<T>(width));
    for (size_t h = 0; h < v.heads; ++h) {
      const T* d_out = d_context.Row(r) + h * width;
      const T* weights = v.weights.Row(r) + h * v.layout.length;
      T* scores = d_scores.Row(r) + h * v.layout.length;
      T along = 0;
      for (size_t j = 0; j <= last; ++j) {
        const T* value = v.value.Row(first + j) + h * width;
        T d_weight = 0;
        for (size_t c = 0; c < width; ++c) d_weight += d_out[c] * value[c];
        scores[j] = d_weight * v.Kept(r, h * v.layout.length + j);
        along += scores[j] * weights[j];
      }
      T* query = d_query.Row(r) + h * width;
      for (size_t c = 0; c < width; ++c) query[c] = 0;
      for (size_t j = 0; j <= last; ++j) {
        scores[j] = weights[j] * (scores[j] - along) * scale;
        const T* key = v.key.Row(first + j) + h * width;
        for (size_t c = 0; c < width; ++c) query[c] += scores[j] * key[c];
      }
    }
  }
};

// d_key and d_value of a position, summed over the queries that see it in their order.
template <class T>
struct AttendedGradient {
  AttentionViews<T> v;
  BasicMatrixView<const T> d_context, d_scores;
  BasicMatrixView<T> d_key, d_value;
  VITRINE_HD void operator()(size_t row) const {
    const size_t width = v.query.cols / v.heads;
    const size_t sequence = row / v.layout.length, j = row % v.layout.length;
    T* key = d_key.Row(row);
    T* value = d_value.Row(row);
    for (size_t c = 0; c < v.query.cols; ++c) key[c] = value[c] = 0;
    for (size_t q = 0; q < v.layout.queries; ++q) {
      const size_t r = sequence * v.layout.queries + q;
      if (v.layout.Position(r) < j) continue;
      for (size_t h = 0; h < v.heads; ++h) {
        const size_t place = h * v.layout.length + j;
        const T d_score = d_scores(r, place);
        const T weight = v.weights(r, place) * v.Kept(r, place);
        for (size_t c = h * width; c < (h + 1) * width; ++c) {
          key[c] += d_score * v.query(r, c);
          value[c] += weight * d_context(r, c);
        }
      }
    }
  }
};

// context (n_queries x dim); fills v.weights.
template <class B, class T = typename B::Scalar>
void AttentionForward(B& backend, const AttentionViews<T>& v, const BasicMatrixView<T>& context) {
  backend.ForEachRow(v.query.rows, 4 * v.layout.length * v.query.cols, Attend<T>{v, context});
}

// `d_scores` (n_queries x heads * length) is written over.
template <class B, class T = typename B::Scalar>
void AttentionBackward(B& backend, const AttentionViews<T>& v,
                       const BasicMatrixView<const T>& d_context,
                       const BasicMatrixView<T>& d_scores, const BasicMatrixView<T>& d_query,
                       const BasicMatrixView<T>& d_key, const BasicMatrixView<T>& d_value) {
  backend.ForEachRow(v.query.rows, 4 * v.layout.length * v.query.cols,
                     AttendGradient<T>{v, d_context, d_scores, d_query});
  backend.ForEachRow(v.key.rows, 4 * v.layout.queries * v.query.cols,
                     AttendedGradient<T>{v, d_context, d_scores, d_key, d_value});
}

}  // namespace vitrine

#endif  // VITRINE_LAYERS_ATTENTION_H_
