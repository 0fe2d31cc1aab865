// Writes a data set folder, shopper by shopper; it appears whole or not at all.
#ifndef VITRINE_DATA_DATASET_WRITER_H_
#define VITRINE_DATA_DATASET_WRITER_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.h"
#include "data/catalogue.h"
#include "data/dataset.h"
#include "features/event.h"
#include "features/history_features.h"
#include "format/staged_folder.h"

namespace vitrine {

inline constexpr std::string_view kDatasetFile = "dataset.json";       // what the folder is
inline constexpr std::string_view kDatasetFormat = "vitrine-dataset";  // dataset.json, "format"
inline constexpr int64_t kDatasetVersion = 1;                          // dataset.json, "version"
inline constexpr size_t kShardEvents = size_t{4} << 20;  // a shard is closed when it has these

class DatasetWriter {
 public:
  // Works in a temporary folder beside `folder`. invalid-argument where `folder` holds something
  // already, unless that is a data set and `replace`.
  static Result<DatasetWriter> Create(const std::string& folder, bool replace,
                                      size_t shard_events = kShardEvents);

  // `events` ascend in time. Shoppers keep the order in which they come.
  Status AddTrain(std::string_view shopper, std::span<const Event> events) {
    return Add(train_, shopper, events);
  }
  Status AddTest(std::string_view shopper, std::span<const Event> events) {
    return Add(test_, shopper, events);
  }

  // Everything but the shoppers.
  struct Rest {
    DatasetInfo info;  // n_items and hash are filled here
    const Catalogue* catalogue = nullptr;
    const FeatureParams* features = nullptr;
    std::vector<std::string> contexts;  // at least "unknown"
    std::string report;                 // JSON
  };
  // Finishes the folder and puts it in place; gives the data set's hash. Once only, and last.
  Result<std::string> Commit(Rest rest);

 private:
  // The columns of the shard being filled; FORMAT.md, "Shards".
  struct Columns {
    std::vector<uint64_t> offsets = {0};
    std::vector<int64_t> time;
    std::vector<uint32_t> item;
    std::vector<uint32_t> basket;
    std::vector<float> price;
    std::vector<float> quantity;
    std::vector<float> value;
    std::vector<uint16_t> context;
    std::vector<uint8_t> type;
    std::vector<uint64_t> name_offsets = {0};
    std::vector<uint8_t> names;

    // Empties it, but keeps the memory for the next shard.
    void Clear();
  };
  struct Part {
    std::string name;
    Columns columns;
    std::vector<std::string> shards;  // file names
    std::vector<std::string> hashes;  // of their payloads
    size_t n_shoppers = 0;
    uint64_t n_events = 0;
  };

  DatasetWriter(StagedFolder staged, size_t shard_events)
      : staged_(std::move(staged)), shard_events_(shard_events) {}
  Status Add(Part& part, std::string_view shopper, std::span<const Event> events);
  Status Flush(Part& part);

  StagedFolder staged_;
  size_t shard_events_;
  Part train_{.name = "train"};
  Part test_{.name = "test"};
};

}  // namespace vitrine

#endif  // VITRINE_DATA_DATASET_WRITER_H_
