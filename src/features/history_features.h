// What a history says of each product and of the shopper, in numbers that models and heads can use.
// Fitted once from training data, applied natively and in the page by this same code.
#ifndef VITRINE_FEATURES_HISTORY_FEATURES_H_
#define VITRINE_FEATURES_HISTORY_FEATURES_H_

#include <cstdint>
#include <span>
#include <vector>

#include "core/result.h"
#include "features/event.h"
#include "format/tensor_file.h"

namespace vitrine {

// z = (x - mean) / deviation.
struct Standardizer {
  float mean = 0;
  float deviation = 1;
  float operator()(float x) const { return (x - mean) / deviation; }
};

// Everything that is fitted; comes from the training part only.
struct FeatureParams {
  int64_t visit_gap_s = 1800;           // a longer silence starts a new visit
  std::vector<float> price_quantiles;   // ascending inner boundaries; n of them make n + 1 buckets
  float rating_mean = 0;                // for a shopper who has rated nothing else
  float repeat_days = 30;               // median days between two purchases of the same product
  std::vector<float> item_repeat_days;  // the same per item (n_items); 0 where too few repeats
  Standardizer log_count;               // of log(1 + events on the item)
  Standardizer log_recency;             // of log(1 + days since the last event on the item)
  Standardizer log_dwell;               // of log(1 + seconds on the item)

  // From tensors and metadata "features.*" of a model file or data set; see FORMAT.md.
  static Result<FeatureParams> Read(const TensorFile& file, size_t n_items);
};

// One product of a history. Whole numbers agree exactly between hosts, real ones within 1e-6.
struct ItemFeatures {
  uint32_t item = 0;
  int32_t n_events = 0;
  int32_t n_purchases = 0;
  int32_t n_visits = 0;      // visits in which the item occurs
  int32_t price_bucket = 0;  // of the last known price, 0 .. price_quantiles.size(); -1 unknown
  float log_count = 0;       // standardised
  float log_recency = 0;     // standardised
  float log_dwell = 0;       // standardised
  float rating = 0;          // last rating minus the shopper's mean rating; 0 where unrated
  float due = 0;             // days since the last purchase / expected days between two; 0: none
};

struct ShopperFeatures {
  int32_t n_events = 0;
  int32_t n_items = 0;
  int32_t n_visits = 0;
  int32_t n_baskets = 0;
  float days_known = 0;         // first event to now
  float days_silent = 0;        // last event to now
  float mean_price_bucket = 0;  // over purchases with a price; 0 where none
};

// The visit number (from 0) of each event; a new visit starts after a silence over visit_gap_s.
void SplitVisits(int64_t visit_gap_s, std::span<const Event> events, std::vector<int32_t>& visits);

// Features of every distinct item of `history`, ascending by item, and of the shopper.
void ComputeFeatures(const FeatureParams& params, const History& history,
                     std::vector<ItemFeatures>& items, ShopperFeatures& shopper);

}  // namespace vitrine

#endif  // VITRINE_FEATURES_HISTORY_FEATURES_H_
