// The models that every other one is measured against: popularity and personal frequency.
#ifndef VITRINE_MODELS_BASELINES_H_
#define VITRINE_MODELS_BASELINES_H_

#include <memory>
#include <span>

#include "features/profile.h"
#include "models/model.h"

namespace vitrine {

// The same list for everybody: how many shoppers bought an item, all time or in the last days.
class PopularityModel : public Model {
 public:
  // Tensor "popularity.table" (F32, n_items).
  static Result<std::unique_ptr<Model>> Read(const TensorFile& file, size_t n_items);

  std::string_view name() const override { return "popularity"; }
  size_t n_items() const override { return scores_.size(); }
  void Score(const History& history, std::span<float> scores) const override;

 private:
  std::span<const float> scores_;
};

// What the shopper bought most (or most lately: "profile.half_life_days"), then what sells.
class PersonalFrequencyModel : public Model {
 public:
  // Tensor "popularity" (F32, n_items), "profile.*".
  static Result<std::unique_ptr<Model>> Read(const TensorFile& file, size_t n_items);

  std::string_view name() const override { return "personal-frequency"; }
  size_t n_items() const override { return popularity_.size(); }
  void Score(const History& history, std::span<float> scores) const override;

 private:
  ProfileOptions profile_;
  std::span<const float> popularity_;
  float tie_break_ = 0;  // makes any popularity smaller than any count that matters
};

}  // namespace vitrine

#endif  // VITRINE_MODELS_BASELINES_H_
