// What products say of each other, learnt in closed form from who had which: EASE, dense or sparse,
// and nearest neighbours. Row i of a result is what item i says of the others; the diagonal is 0.
#ifndef VITRINE_TRAIN_ITEM_ITEM_H_
#define VITRINE_TRAIN_ITEM_ITEM_H_

#include <cstddef>

#include "core/csr.h"
#include "core/matrix.h"
#include "core/result.h"

namespace vitrine {

// Below, x is binary: shoppers x items. Results do not depend on the number of threads.

// EASE (Steck, WWW 2019): with P = inverse(x' x + lambda I), the weights are -P(i, j) / P(j, j).
// Takes two n_items x n_items tables of memory and n_items^3 time.
Result<Matrix> DenseEase(const Csr& x, float lambda);

// The same regression with each item explained by `neighbours` others alone, those that correlate
// with it most, whichever way: the sparsity of Steck, "Markov Random Fields for Collaborative
// Filtering", NeurIPS 2019. Each item's weights are exact for its neighbours, so with all of them
// this is EASE. Memory: 8 bytes for every pair of items that any shopper had both of.
// Where that is more than `max_bytes`, pairs of the fewest shoppers, up to a 25th of lambda, are
// left out between an item's neighbours; out-of-memory where that does not help.
Result<Csr> SparseEase(const Csr& x, float lambda, size_t neighbours, size_t max_bytes);

struct NeighbourOptions {
  size_t neighbours = 50;  // that an item listens to
  float shrink = 0;        // pulls rare pairs towards 0
  double alpha = 0.5;      // of asymmetric cosine: 0.5 is cosine, 1 how likely j is given i
};

// Similarity of i to j, kept for the most similar i of each j: with rows of tf-idf values (a
// shopper of many items says little), <i, j> / (|i|^(2 alpha) |j|^(2 - 2 alpha) + shrink).
Csr NearestNeighbours(const Csr& x, const NeighbourOptions& options);

}  // namespace vitrine

#endif  // VITRINE_TRAIN_ITEM_ITEM_H_
