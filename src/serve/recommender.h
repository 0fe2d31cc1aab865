// One shopper's recommender: the model file, the shopper's history, and lists made from both. This
// is what every binding wraps.
#ifndef VITRINE_SERVE_RECOMMENDER_H_
#define VITRINE_SERVE_RECOMMENDER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "core/result.h"
#include "features/event.h"
#include "features/history_features.h"
#include "features/profile.h"
#include "format/tensor_file.h"
#include "models/gan.h"
#include "models/model.h"
#include "serve/adapt.h"
#include "serve/explore.h"

namespace vitrine {

// Where a list came from.
enum class Source : uint8_t {
  kModel,      // the trained model, from the shopper's history
  kPopular,    // what sells, since the history says nothing yet
  kGenerated,  // behaviour generated from what is known of the shopper, who has done nothing yet
};

inline constexpr const char* kSourceNames[] = {"model", "popular", "generated"};

// Whether products of the history may come back.
enum class Repeats : uint8_t { kByModel, kExclude, kInclude };

// Of a longer history a model reads the latest so many events, so that no list takes long.
inline constexpr size_t kMostRead = 4096;

struct Request {
  size_t count = 12;                    // at least 1; all where there are fewer
  int64_t now = 0;                      // seconds since 1970-01-01 UTC
  Repeats repeats = Repeats::kByModel;  // kByModel: metadata "serve.repeats"
  std::span<const uint32_t> exclude;    // items never to be listed
  std::span<const uint32_t> context;    // what is known of the shopper: ascending, < n_context()
  Exploring explore;
};

// Best first; ties by item index. Shorter than asked only where there are fewer that may be listed.
struct Ranking {
  std::vector<uint32_t> items;
  std::vector<float> scores;
  Source source = Source::kModel;
  // Whether the order is the one that probabilities are fitted to (serve/calibration.h): the
  // model's own, from the history alone, not adapted, with repeats as it was trained.
  bool calibrated = false;
  // Of the explored products, which stand last; every other one is in its slot for certain.
  std::vector<float> propensities;
};

class Recommender {
 public:
  // Takes a validated file: the model, `popularity` (F32, n_items) and the fitted features.
  static Result<std::unique_ptr<Recommender>> Create(TensorFile file);

  size_t n_items() const { return model_->n_items(); }
  const TensorFile& file() const { return file_; }
  const Model& model() const { return *model_; }
  // What a request's context can say, as names in the tensor "gan.context.names"; 0 where the model
  // was trained without.
  size_t n_context() const { return generator_ == nullptr ? 0 : generator_->n_context(); }
  const FeatureParams& features() const { return features_; }

  // Adds an event at its place in time; an adaptation follows it. not-found for an item outside the
  // catalogue, invalid-argument for a number that is not finite.
  Status Track(const Event& event);
  // Forgets the shopper.
  void Clear() {
    events_.clear();
    ResetAdaptation();
  }
  std::span<const Event> events() const { return events_; }

  // invalid-argument for a count of 0, an excluded item outside the catalogue, a context that does
  // not ascend or is not below n_context(), or a share to explore outside 0 .. 1.
  // round(share * length) of the slots are explored.
  Result<Ranking> Recommend(const Request& request) const {
    return Rank(events_, request, biases_);
  }
  // The same for another shopper's events, ascending in time and of items below n_items(), with
  // biases of a model that was adapted; safe from any number of threads.
  Result<Ranking> Rank(std::span<const Event> events, const Request& request,
                       std::span<const ItemBias> biases = {}) const;

  // What the model learns of the shopper beside the history. Null where the file was trained
  // without.
  const Adapter* adapter() const { return adapter_.get(); }
  // AdaptRun over the shopper's history.
  AdaptRun BeginAdapting() const { return {*adapter_, *model_, events_, !repeats_}; }
  // Null where nothing was learnt.
  const Adaptation* adaptation() const { return adaptation_ ? &*adaptation_ : nullptr; }
  void SetAdaptation(Adaptation adaptation);
  // Lists are those of the model alone again, to the bit.
  void ResetAdaptation();

  // Model::ScoreItem as Rank scores with a request's `context`, which may be empty.
  void ScoreItem(uint32_t item, std::span<const History> histories,
                 std::span<const uint32_t> context, std::span<float> scores) const;

  // Of what Rank does: whether it refuses the request; the items that it never lists, ascending;
  // and whether the model has a use for any of the events. Where not, it lists by popularity().
  Status Check(const Request& request) const;
  std::vector<uint32_t> NeverListed(std::span<const Event> events, const Request& request) const;
  bool Knows(std::span<const Event> events) const;
  // Whether lists for such a request are `calibrated` where the model knows the events and is not
  // adapted.
  bool IsPlain(const Request& request) const {
    return request.context.empty() && ListsRepeats(request) == repeats_;
  }
  std::span<const float> popularity() const { return popularity_; }

 private:
  explicit Recommender(TensorFile file) : file_(std::move(file)) {}
  bool ListsRepeats(const Request& request) const {
    return request.repeats == Repeats::kByModel ? repeats_ : request.repeats == Repeats::kInclude;
  }

  TensorFile file_;
  std::unique_ptr<Model> model_;
  const GanModel* generator_ = nullptr;  // the model, where it is one
  FeatureParams features_;
  std::span<const float> popularity_;
  std::vector<float> own_popularity_;  // what popularity_ shows where the file keeps bytes
  ProfileOptions profile_;             // as the model reads a history
  bool repeats_ = false;
  std::vector<Event> events_;  // ascending in time
  std::unique_ptr<Adapter> adapter_;
  std::optional<Adaptation> adaptation_;
  std::vector<ItemBias> biases_;  // of the adaptation
};

}  // namespace vitrine

#endif  // VITRINE_SERVE_RECOMMENDER_H_
