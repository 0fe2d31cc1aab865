// How a gan over products serves shoppers that it has never seen.
#ifndef VITRINE_TRAIN_GAN_ITEM_VECTORS_H_
#define VITRINE_TRAIN_GAN_ITEM_VECTORS_H_

#include <cstddef>
#include <cstdint>

#include "backend/cpu/cpu_backend.h"
#include "core/csr.h"
#include "models/gan_train.h"

namespace vitrine {

struct GanItemVectors {
  Matrix items;    // n_items x width
  Matrix shopper;  // width x width, as a layer: from the history's sum to the shopper's vector
  Matrix bias;     // 1 x n_items
};

// A product's vector e is its hidden layer, given all its shoppers, averaged over draws of the
// noise. A shopper's vector is learned as a row of the last table; that of a new one is the linear
// function of the sum of e over the history, divided by the root of its length, that comes nearest
// to the learned ones.
// A product's logits say which shoppers want it, as shares of one; what ranks products for a
// shopper is how many those are, too: the bias is log(shoppers) - log(sum of exp(logits)).
// `vectors` has a row of shoppers for each product; products are generated `tile_rows` at a time.
GanItemVectors FitItemVectors(const GanShape& shape, const Csr& vectors,
                              const GanGenerator<CpuBackend>& generator, uint64_t seed,
                              size_t tile_rows);

}  // namespace vitrine

#endif  // VITRINE_TRAIN_GAN_ITEM_VECTORS_H_
