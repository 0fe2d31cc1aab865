// What a device learns of its shopper beside the model: products that others look at around those
// that this shopper touched last gain, as far as the shopper's own past bears it out.
//
//   score(j) = model(j) + gain * sum over the latest products e of weight(e) * decay^rank(e) * A(e,
//   j)
//
// rank is 0 for the product touched last, 1 for the one before it. A is the model file's table of
// neighbours (src/train/neighbour_table.h says how it is counted), so that a model of any kind can
// adapt.
#ifndef VITRINE_SERVE_ADAPT_H_
#define VITRINE_SERVE_ADAPT_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/result.h"
#include "features/event.h"
#include "kernels/top_k.h"
#include "models/model.h"
#include "models/sparse_table.h"

namespace vitrine {

// Earlier products weigh nothing worth the time, and earlier moments teach nothing worth it.
inline constexpr size_t kMostTouched = 50;
inline constexpr size_t kMostMoments = 10;

// Below 0 for a product that was turned down: taken out of the cart, or rated low.
struct Touched {
  uint32_t item = 0;
  float weight = 0;
};

// All that was learnt: some hundred bytes, apart from the model file.
struct Adaptation {
  float gain = 0;
  uint32_t n_products = 0;
  std::array<Touched, kMostTouched> products = {};  // distinct, the latest first

  std::span<const Touched> Latest() const { return std::span(products).first(n_products); }
};

// How the events of a model file's shoppers adapt it.
struct AdaptSettings {
  float gain = 0;             // where a shopper's past says nothing of it
  float decay = 0;            // of a product for each that was touched after it, 0 to 1
  float sharpness = 0;        // softmax(sharpness * score) is how likely a product is the next
  float purchase_weight = 1;  // of purchases and carts beside views; what is taken out again is -1
  float rating_mean = 0;      // a rating weighs what it lies above that, within -1 and 1
};

// The part of a model file that adapts the model. Immutable; safe from any number of threads.
class Adapter {
 public:
  // The sparse table "adapt.table" and metadata "adapt.*"; not-found where the file has none.
  static Result<std::unique_ptr<Adapter>> Read(const TensorFile& file, size_t n_items);
  // Borrows the table.
  Adapter(const SparseTable& table, const AdaptSettings& settings, size_t n_items)
      : table_(table), settings_(settings), n_items_(n_items) {}

  const AdaptSettings& settings() const { return settings_; }

  // The products of `events`, ascending in time, at the settings' gain.
  Adaptation Of(std::span<const Event> events) const;
  // How an event bears on its product.
  float WeightOf(const Event& event) const;
  // One more event.
  void Follow(const Event& event, Adaptation& adaptation) const;

  // What is added to the scores, ascending by item.
  std::vector<ItemBias> Biases(const Adaptation& adaptation) const;
  // The same of one item.
  float Bias(const Adaptation& adaptation, uint32_t item) const;

  // As bytes that are tied to the model file by its hash.
  std::string Save(const Adaptation& adaptation) const;
  // bad-format for bytes that are damaged, invalid-argument for those of another model file.
  Result<Adaptation> Restore(const std::string& bytes) const;

 private:
  SparseTable table_;
  AdaptSettings settings_;
  size_t n_items_;
  std::string model_hash_;  // metadata "vitrine.sha256"
};

// Learns the gain from the shopper's own past, a step at a time, so that who calls can keep to a
// budget. A step looks at one moment t at which the shopper turned to new products: how likely were
// those, with and without the biases of that moment? Finish climbs
//
//   sum over t of log likelihood(t) - pull * (log gain - log settings.gain)^2,
//   log likelihood(t) = mean over new y of log softmax(sharpness * (model_t + gain * biases_t))(y)
//
// over log gain. Borrows what it is made of.
class AdaptRun {
 public:
  // `masked`: products of the history are not listed again, and have no part in the softmax.
  AdaptRun(const Adapter& adapter, const Model& model, std::span<const Event> events, bool masked);

  // False where no moment is left. The latest come first.
  bool Step();
  size_t n_steps() const { return n_moments_; }

  // What the moments so far teach; before the first, the gain is the settings'.
  Adaptation Finish() const;
  // Of the moments so far.
  double LogLikelihood(float gain) const;

 private:
  // Of a product that has a bias at a moment.
  struct Biased {
    float chance = 0;  // by the model alone
    float bias = 0;    // at a gain of 1
  };
  struct Moment {
    float score = 0, bias = 0;   // means over the new products; scores are sharpened
    float partition = 0;         // sum of exp(score) over all products
    size_t first = 0, last = 0;  // of its biased products
  };
  // The partition sum with the biases over that without, and its slope by sharpness * gain.
  struct Partition {
    float ratio = 1, slope = 0;
  };
  bool IsNew(size_t i) const;
  Partition PartitionOf(const Moment& moment, float gain) const;

  const Adapter& adapter_;
  const Model& model_;
  std::span<const Event> events_;
  bool masked_;
  size_t end_ = 0;  // of the events whose moments are still to come
  size_t n_moments_ = 0;
  std::array<Moment, kMostMoments> moments_;
  std::vector<Biased> biased_;
  std::vector<float> scores_;
};

}  // namespace vitrine

#endif  // VITRINE_SERVE_ADAPT_H_
