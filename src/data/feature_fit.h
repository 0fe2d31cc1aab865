// Fits FeatureParams to training histories, and writes them.
#ifndef VITRINE_DATA_FEATURE_FIT_H_
#define VITRINE_DATA_FEATURE_FIT_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

#include "features/event.h"
#include "features/history_features.h"
#include "format/safetensors.h"

namespace vitrine {

// Calls its argument with the events of every training shopper, each time in the same order.
using HistorySource = std::function<void(const std::function<void(std::span<const Event>)>&)>;

inline constexpr size_t kPriceBuckets = 10;  // at most; fewer where few prices are in use
inline constexpr size_t kMinRepeats = 5;     // of an item, for an interval of its own

// `now` is the end of the training part, seconds since 1970-01-01 UTC.
FeatureParams FitFeatures(const HistorySource& training, size_t n_items, int64_t visit_gap_s,
                          int64_t now);

// Adds the "features.*" tensors and metadata of FORMAT.md. `params` is borrowed until the writer
// has written.
void AddFeatures(const FeatureParams& params, TensorFileWriter& writer);

}  // namespace vitrine

#endif  // VITRINE_DATA_FEATURE_FIT_H_
