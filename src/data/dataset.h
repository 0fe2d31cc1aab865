// A prepared data set on disk: who did what, the products, and what was fitted on the training
// part.
#ifndef VITRINE_DATA_DATASET_H_
#define VITRINE_DATA_DATASET_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.h"
#include "data/catalogue.h"
#include "features/event.h"
#include "features/history_features.h"
#include "format/tensor_file.h"

namespace vitrine {

// How the test part was set apart.
enum class Split : uint8_t {
  kNone,        // everything is training
  kTime,        // events before `cut_time` train; shoppers active after it are tested
  kStrong,      // some shoppers are held out whole
  kGivenSplit,  // as kTime, where two files say which is which and no event has a time
  kLeaveLast,   // each shopper's last event is the test
};
inline constexpr std::string_view kSplitNames[] = {"none", "time", "strong", "given-split",
                                                   "leave-last"};

// Whether a moment parts training from test.
constexpr bool HasCut(Split split) { return split == Split::kTime || split == Split::kGivenSplit; }

struct DatasetInfo {
  Split split = Split::kNone;
  int64_t cut_time = 0;  // seconds UTC; where HasCut: the test part starts here
  uint64_t seed = 0;     // of the held-out draw; kStrong only
  size_t n_items = 0;
  uint32_t n_baskets = 0;  // every Event::basket is below it, or kNoBasket
  int64_t first_time = 0;  // of all kept events
  int64_t last_time = 0;
  EventType target = EventType::kPurchase;  // the events that a recommendation should foresee
  std::string hash;                         // SHA-256 over everything a model may learn from
};

// One part of a data set: shoppers and their events, mapped from shard files.
class Shoppers {
 public:
  size_t size() const { return first_shopper_.empty() ? 0 : first_shopper_.back(); }
  uint64_t n_events() const { return n_events_; }
  // Replaces `events` with the shopper's, ascending in time.
  void Read(size_t shopper, std::vector<Event>& events) const;
  // As the log names the shopper. Valid as long as this object.
  std::string_view Name(size_t shopper) const;

 private:
  friend class Dataset;
  // The columns of one shard; FORMAT.md, "Shards".
  struct Shard {
    std::shared_ptr<const TensorFile> file;
    std::span<const uint64_t> offsets;  // n_shoppers + 1
    std::span<const int64_t> time;
    std::span<const uint32_t> item;
    std::span<const uint32_t> basket;
    std::span<const float> price;
    std::span<const float> quantity;
    std::span<const float> value;
    std::span<const uint16_t> context;
    std::span<const uint8_t> type;
    std::span<const uint64_t> name_offsets;  // n_shoppers + 1
    std::span<const uint8_t> names;          // UTF-8
  };
  // Maps the file and believes none of its numbers unchecked.
  Status AddShard(const std::string& path, const DatasetInfo& info, size_t n_contexts);
  // The shard that holds the shopper, and the shopper's row in it.
  std::pair<const Shard*, size_t> Find(size_t shopper) const;

  std::vector<Shard> shards_;
  std::vector<size_t> first_shopper_;  // of each shard, and the total: shards + 1
  uint64_t n_events_ = 0;
};

// A folder written by `vitrine prepare`:
//   dataset.json          DatasetInfo, contexts, shard names, counts
//   catalogue.json        Catalogue
//   features.safetensors  FeatureParams
//   train-*.safetensors, test-*.safetensors   shards
//   report.json           what was read, kept and dropped, and why
//
// Items are those that the training part touched, but with kGivenSplit and kLeaveLast, as
// published, all that the log has. Where a moment parts them the test part holds, for every shopper
// with a target event from cut_time on, all events, before and after; with kStrong, all events of
// the held-out shoppers; with kLeaveLast, all events of everyone. Events on products outside the
// vocabulary are left out.
class Dataset {
 public:
  static Result<Dataset> Open(const std::string& folder);

  const std::string& folder() const { return folder_; }
  const DatasetInfo& info() const { return info_; }
  const Catalogue& catalogue() const { return catalogue_; }
  const FeatureParams& features() const { return features_; }
  const std::vector<std::string>& contexts() const { return contexts_; }
  const Shoppers& train() const { return train_; }
  const Shoppers& test() const { return test_; }

 private:
  std::string folder_;
  DatasetInfo info_;
  Catalogue catalogue_;
  FeatureParams features_;
  std::vector<std::string> contexts_;
  Shoppers train_;
  Shoppers test_;
};

}  // namespace vitrine

#endif  // VITRINE_DATA_DATASET_H_
