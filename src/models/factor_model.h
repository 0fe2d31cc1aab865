// A model whose score is the product of a vector of the history and a vector of the item.
#ifndef VITRINE_MODELS_FACTOR_MODEL_H_
#define VITRINE_MODELS_FACTOR_MODEL_H_

#include <span>
#include <vector>

#include "features/profile.h"
#include "models/item_table.h"
#include "models/model.h"

namespace vitrine {

class FactorModel : public Model {
 public:
  size_t n_items() const final { return item_table_.n_items(); }
  // <Encode(history), item> + the item's bias.
  void Score(const History& history, std::span<float> scores) const final;
  void Scan(const History& history, BestItems& best) const final;
  void ScoreItem(uint32_t item, std::span<const History> histories,
                 std::span<float> scores) const final;

  const FactorModel* AsFactors() const final { return this; }

  // The vectors of some histories, one after the other: item_table().padded_dim() values each, the
  // padding 0.
  virtual std::vector<float> EncodeMany(std::span<const History> histories) const = 0;
  std::vector<float> Encode(const History& history) const { return EncodeMany({&history, 1}); }
  const ItemTable& item_table() const { return item_table_; }      // n_items x dim
  std::span<const float> item_bias() const { return item_bias_; }  // n_items, or empty
  // The scores that such a vector gives: of every item, and of one.
  void ScoreBy(std::span<const float> vector, std::span<float> scores) const;
  float ScoreItemBy(std::span<const float> vector, uint32_t item) const;

 protected:
  // Of each history, the sum of the rows of `table` by its profile, scaled to norm 1:
  // table.padded_dim() values, one after the other.
  static std::vector<float> SumProfiles(const ProfileOptions& options,
                                        std::span<const History> histories, const ItemTable& table);

  ItemTable item_table_;
  std::span<const float> item_bias_;
  std::vector<float> own_bias_;  // what item_bias_ shows where the file keeps bytes
};

}  // namespace vitrine

#endif  // VITRINE_MODELS_FACTOR_MODEL_H_
