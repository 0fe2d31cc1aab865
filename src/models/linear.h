// A linear item-item model: a product's score is the weighted sum of what the history's products
// say of it. `linear` is EASE (Steck, "Embarrassingly shallow autoencoders for sparse data", WWW
// 2019), dense or sparse; `item-knn` the similarity of neighbours; `markov` how often one product
// followed another; `forward` what came after, learnt from what went before.
#ifndef VITRINE_MODELS_LINEAR_H_
#define VITRINE_MODELS_LINEAR_H_

#include <memory>
#include <optional>
#include <span>
#include <string>

#include "features/profile.h"
#include "models/item_table.h"
#include "models/model.h"
#include "models/sparse_table.h"

namespace vitrine {

class LinearModel : public Model {
 public:
  // "linear.table", an item table (n_items x n_items) or a sparse one: row i is what item i says of
  // the others; "profile.*"; where it is there, "linear.bias" (F32, n_items), which every history's
  // scores start from.
  static Result<std::unique_ptr<Model>> Read(const TensorFile& file, size_t n_items);

  std::string_view name() const override { return name_; }
  size_t n_items() const override { return n_items_; }
  void Score(const History& history, std::span<float> scores) const override;
  void Scan(const History& history, BestItems& best) const override;
  void ScoreItem(uint32_t item, std::span<const History> histories,
                 std::span<float> scores) const override;

 private:
  LinearModel() = default;

  std::string name_;
  size_t n_items_ = 0;
  ProfileOptions profile_;
  ItemTable dense_;
  std::optional<SparseTable> sparse_;
  std::span<const float> bias_;  // or empty
};

}  // namespace vitrine

#endif  // VITRINE_MODELS_LINEAR_H_
