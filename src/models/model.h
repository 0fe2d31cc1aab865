// What serving and evaluation know of a trained model: a history in, a score per product out.
#ifndef VITRINE_MODELS_MODEL_H_
#define VITRINE_MODELS_MODEL_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "core/matrix.h"
#include "core/result.h"
#include "features/event.h"
#include "format/tensor_file.h"
#include "kernels/top_k.h"

namespace vitrine {

class FactorModel;

// Immutable once made; every call is safe from any number of threads.
class Model {
 public:
  virtual ~Model() = default;

  virtual std::string_view name() const = 0;  // metadata "vitrine.model"
  virtual size_t n_items() const = 0;

  // Writes a score for every item; higher is better, any finite scale. `scores` has n_items().
  virtual void Score(const History& history, std::span<float> scores) const = 0;

  // Hands `best` the same scores, item by item in their order: a list without an array as long as
  // the catalogue, where the model can do without.
  virtual void Scan(const History& history, BestItems& best) const;

  // The model as one whose scores are products with a vector of the history, where it is.
  virtual const FactorModel* AsFactors() const { return nullptr; }

  // scores[i]: the score that `item` has after histories[i], as Score gives it but for rounding; of
  // a blend, whose scores are scaled within a shopper, all on the scale of histories[0]. `scores`
  // has as many values as there are histories, one at least.
  virtual void ScoreItem(uint32_t item, std::span<const History> histories,
                         std::span<float> scores) const;
};

// The model that `file` holds, by its metadata "vitrine.model". The file's memory is used in place.
Result<std::unique_ptr<Model>> LoadModel(const TensorFile& file);

}  // namespace vitrine

#endif  // VITRINE_MODELS_MODEL_H_
