// A blend: the scores of several models, each made comparable within a shopper, and added up.
#ifndef VITRINE_MODELS_BLEND_H_
#define VITRINE_MODELS_BLEND_H_

#include <memory>
#include <span>
#include <vector>

#include "models/model.h"

namespace vitrine {

// Makes scores comparable: (score - mean) * scale, with their mean over the catalogue and one over
// their deviation; a scale of 0 where they do not differ.
struct Standard {
  explicit Standard(std::span<const float> scores);
  float operator()(float score) const { return static_cast<float>((score - mean) * scale); }

  double mean = 0, scale = 0;
};
// Of all of them.
void Standardize(std::span<float> scores);

class BlendModel : public Model {
 public:
  // Metadata "blend.parts" (how many), and for each part i all that its own file has, under
  // "part<i>."; "part<i>.weight" is its weight.
  static Result<std::unique_ptr<Model>> Read(const TensorFile& file, size_t n_items);

  std::string_view name() const override { return "blend"; }
  size_t n_items() const override { return n_items_; }
  void Score(const History& history, std::span<float> scores) const override;
  void ScoreItem(uint32_t item, std::span<const History> histories,
                 std::span<float> scores) const override;

  struct Part {
    std::unique_ptr<TensorFile> file;
    std::unique_ptr<Model> model;
    float weight = 0;
  };
  std::span<const Part> parts() const { return parts_; }

 private:
  BlendModel() = default;

  std::vector<Part> parts_;
  size_t n_items_ = 0;
};

}  // namespace vitrine

#endif  // VITRINE_MODELS_BLEND_H_
