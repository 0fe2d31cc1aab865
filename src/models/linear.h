// A linear item-item model: a product's score is the weighted sum of what the history's products
// say of it. Trained in closed form as EASE: Steck, "Embarrassingly shallow autoencoders for sparse
// data", WWW 2019.
#ifndef VITRINE_MODELS_LINEAR_H_
#define VITRINE_MODELS_LINEAR_H_

#include <memory>

#include "features/profile.h"
#include "models/item_table.h"
#include "models/model.h"

namespace vitrine {

class LinearModel : public Model {
 public:
  // Tensor "linear.table" (n_items x n_items; row i: what item i says of every item), "profile.*".
  static Result<std::unique_ptr<Model>> Read(const TensorFile& file, size_t n_items);

  std::string_view name() const override { return "linear"; }
  size_t n_items() const override { return table_.n_items(); }
  void Score(const History& history, std::span<float> scores) const override;

 private:
  LinearModel() = default;

  ProfileOptions profile_;
  ItemTable table_;
};

}  // namespace vitrine

#endif  // VITRINE_MODELS_LINEAR_H_
