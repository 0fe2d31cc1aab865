// The sequence model at inference: the last events -> blocks -> a vector -> a score per item.
#ifndef VITRINE_MODELS_SEQUENCE_H_
#define VITRINE_MODELS_SEQUENCE_H_

#include <array>
#include <memory>
#include <vector>

#include "features/profile.h"
#include "models/factor_model.h"
#include "models/layer_reader.h"
#include "models/sequence_shape.h"

namespace vitrine {

class SequenceModel : public FactorModel {
 public:
  // Tensors and metadata "sequence.*", and "profile.*"; see FORMAT.md.
  static Result<std::unique_ptr<Model>> Read(const TensorFile& file, size_t n_items);

  std::string_view name() const override { return "sequence"; }
  std::vector<float> Encode(const History& history) const override;

 private:
  struct Block {
    DenseLayer query, key, value, output;
    NormLayer attention;
    std::span<const float> rescale;
    NormLayer frequency;
    DenseLayer inner, outer;
    NormLayer final;
  };
  // One position's work space.
  struct Scratch;

  SequenceModel() = default;
  // The token rows of a history, one after the other; returns their number.
  size_t Embed(const History& history, std::vector<float>& rows) const;
  // Row t of the block's output, from all rows of its input.
  void Apply(const Block& block, size_t length, size_t t, Scratch& scratch, float* out) const;

  SequenceShape shape_;
  ProfileOptions profile_;  // which types of events count
  ConstMatrixView place_table_, type_table_, gap_table_;
  bool places_from_first_ = false;  // of the events looked at; else from the last
  NormLayer input_;
  std::vector<Block> blocks_;
  std::span<const float> kernel_;  // of the frequency branch, by distance
};

}  // namespace vitrine

#endif  // VITRINE_MODELS_SEQUENCE_H_
