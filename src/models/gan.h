// What a GAN's generator says of a shopper. Trained by src/models/gan_train.h; scored here in three
// ways, by what its behaviour vectors are:
//   shopper  the generator itself, fed the history and noise: its last hidden layer, averaged over
//            some draws of the noise, times the item table.
//   item     vectors of products over shoppers: a product's hidden layer is its vector, and a new
//            shopper's is a linear function, fitted in training, of those of the history.
//   noise    a generator without a condition: the history says how likely each of some generated
//            shoppers is, and their tastes are averaged by that.
#ifndef VITRINE_MODELS_GAN_H_
#define VITRINE_MODELS_GAN_H_

#include <memory>
#include <span>
#include <vector>

#include "models/factor_model.h"
#include "models/gan_shape.h"
#include "models/layer_reader.h"

namespace vitrine {

// The noise that a served generator is fed; no step of training draws from this stream.
inline constexpr uint64_t kGanServeStream = uint64_t{6} << 60;
// Draws of it that a score is averaged over.
inline constexpr size_t kGanServeDraws = 8;
// The same where a context is known, and little else: behaviours then differ more.
inline constexpr size_t kGanContextDraws = 24;

class GanModel : public FactorModel {
 public:
  static Result<std::unique_ptr<Model>> Read(const TensorFile& file, size_t n_items);

  std::string_view name() const override { return "gan"; }
  using FactorModel::Encode;
  using FactorModel::Score;
  std::vector<float> EncodeMany(std::span<const History> histories) const override;
  // The same of a shopper of whom `context` is known, too: rows of the context table, distinct and
  // below n_context(). What is generated for the context alone seeds it, and gives way as products
  // come in: with n of them it keeps a share of fade / (fade + n).
  std::vector<float> Encode(const History& history, std::span<const uint32_t> context) const {
    return EncodeFading(history, context, {&fade_, 1});
  }
  void Score(const History& history, std::span<const uint32_t> context,
             std::span<float> scores) const {
    ScoreBy(Encode(history, context), scores);
  }
  // As if each of `fades` were the file's: a vector for each, one after the other; of the other
  // kinds, which have no fade, one.
  std::vector<float> EncodeFading(const History& history, std::span<const uint32_t> context,
                                  std::span<const float> fades) const;
  // What it can be told of a shopper, such as a country; 0 where it was trained without.
  size_t n_context() const { return context_table_.n_items(); }

  // Whether it generates whole shoppers: not of kind item.
  bool Generates() const { return kind_ != Kind::kItem; }
  // Whether it has learned how many products a shopper chooses, and not only which: of kind noise.
  // The others are held to real behaviour by a likelihood that takes the number as given.
  bool GeneratesSizes() const { return kind_ == Kind::kNoise; }
  // chances[i]: of product i, in the behaviour that `draw` of the noise gives after `history`. The
  // kind noise passes over the history.
  void Generate(const History& history, uint32_t draw, std::span<float> chances) const;

 private:
  enum class Kind : uint8_t { kShopper, kItem, kNoise };
  GanModel() = default;

  // Adds the rows of `context` to the first layer's sum.
  void AddContext(std::span<const uint32_t> context, std::vector<float>& sum) const;
  // The mean over `n_draws` of the last hidden layer, from the first one's sum.
  std::vector<float> MeanOfDraws(const std::vector<float>& sum, size_t n_draws) const;
  // Replaces values by the generator's activation of them.
  void Activate(std::vector<float>& values) const;
  // The last hidden layer of the generator, padded, from the first one's two sums.
  std::vector<float> RunLayers(const std::vector<float>& condition, std::vector<float> start) const;
  // The first layer's noise of `draw`, and its bias; padded.
  std::vector<float> StartOf(uint32_t draw) const;

  Kind kind_ = Kind::kShopper;
  ProfileOptions profile_;
  ItemTable condition_table_;  // n_items x first width; the item table but of kShopper
  ItemTable context_table_;    // n_context x first width; of kShopper, may be empty
  float fade_ = 0;             // metadata "gan.context.fade"
  GanActivation activation_{};
  DenseLayer noise_;                        // first width x noise; its bias is the first layer's
  size_t n_noise_ = 0;                      // values of noise
  uint64_t seed_ = 0;                       // of the noise
  std::vector<std::vector<float>> starts_;  // the first layer's noise and bias, of served draws
  std::vector<DenseLayer> layers_;          // behind the first
  DenseLayer shopper_;                      // of kItem: width x width
  std::span<const float> sample_size_;      // of kNoise: log of the products that a sample chooses
};

}  // namespace vitrine

#endif  // VITRINE_MODELS_GAN_H_
