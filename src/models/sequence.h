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
  std::vector<float> EncodeMany(std::span<const History> histories) const override;

 private:
  struct Block {
    DenseLayer query, key, value, output;
    NormLayer attention;
    std::span<const float> rescale;
    NormLayer frequency;
    DenseLayer inner, outer;
    NormLayer final;
  };
  // What an event is to the model.
  struct Token {
    uint32_t item = 0, type = 0, place = 0, gap = 0;
    bool operator==(const Token&) const = default;
  };
  // Of some histories, the row of a matrix at each position, one history after the other.
  struct Paths {
    std::vector<uint32_t> rows;
    std::vector<size_t> ends;
  };
  // What a block is to answer.
  struct Asked {
    struct Position {
      size_t begin, at, end;  // of its path and of itself in Paths::rows
    };
    std::vector<Position> positions;
    std::vector<float> rows;        // of the positions
    std::vector<uint32_t> answers;  // for each place in Paths::rows, which position's holds there
  };

  SequenceModel() = default;
  // Appends the row of a token.
  void Embed(const Token& token, std::vector<float>& rows) const;
  // Rows of tokens, each one once though many of the histories have it, and the path of each.
  std::vector<float> ReadPaths(std::span<const History> histories, Paths& paths) const;
  // All positions of the paths, or the last one of each. Without the frequency branch a position
  // depends on those before it alone, so that paths that begin alike share answers.
  Asked AskFor(const Paths& paths, const std::vector<float>& in, bool is_last) const;
  // What the heads gather for each position asked.
  std::vector<float> Attend(const Block& block, const std::vector<float>& in, const Paths& paths,
                            const Asked& asked, bool is_last) const;
  // The frequency branch at each position asked.
  std::vector<float> Filter(const Block& block, const std::vector<float>& in, const Paths& paths,
                            const Asked& asked) const;
  // The block's output at every position of the paths, or at the last ones alone: rows, and where
  // the paths then lead.
  std::vector<float> Apply(const Block& block, const std::vector<float>& in, Paths& paths,
                           bool is_last) const;

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
