// TIFU-KNN, the rival for next baskets: what the shopper bought, by how often and how lately, and
// what the most similar shoppers bought. Its file holds their histories, so it is never served.
#ifndef VITRINE_MODELS_TIFU_KNN_H_
#define VITRINE_MODELS_TIFU_KNN_H_

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "features/profile.h"
#include "models/model.h"

namespace vitrine {

// Hu, He, Gao and Zhang, "Modeling personalized item frequency information for next-basket
// recommendation", SIGIR 2020.
struct TifuOptions {
  size_t groups = 7;         // m: equal parts of a shopper's baskets
  double within = 0.9;       // r_b: weight of a basket over the one after it, within a group
  double across = 0.7;       // r_g: the same of groups
  size_t neighbours = 300;   // k
  double alpha = 0.7;        // weight of the shopper's own vector against the neighbours' mean
  int64_t basket_gap_s = 0;  // purchases without an order number: one basket up to this silence
};

// The shopper's vector over products. Events that are not `target` are passed over.
Profile TifuVector(std::span<const Event> events, EventType target, size_t n_items,
                   const TifuOptions& options);

class TifuKnnModel : public Model {
 public:
  // Tensors "tifu.offsets" (U64, shoppers + 1), "tifu.items" (U32) and "tifu.values" (F32): a
  // vector a shopper. Metadata "tifu.*" with the names of TifuOptions, and "tifu.target".
  static Result<std::unique_ptr<Model>> Read(const TensorFile& file, size_t n_items);

  std::string_view name() const override { return "tifu-knn"; }
  size_t n_items() const override { return n_items_; }
  void Score(const History& history, std::span<float> scores) const override;

 private:
  size_t n_items_ = 0;
  EventType target_ = EventType::kPurchase;
  TifuOptions options_;
  std::span<const uint64_t> offsets_;
  std::span<const uint32_t> items_;
  std::span<const float> values_;
  std::vector<float> square_;  // of each shopper's norm
};

}  // namespace vitrine

#endif  // VITRINE_MODELS_TIFU_KNN_H_
