#include "data/feature_fit.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace vitrine {
namespace {

// Mean and deviation of a stream of numbers.
class Moments {
 public:
  void Add(double x) {
    ++n_;
    const double delta = x - mean_;
    mean_ += delta / static_cast<double>(n_);
    square_ += delta * (x - mean_);
  }
  double mean() const { return mean_; }
  // A number that never varies is only centred.
  Standardizer standardizer() const {
    const double deviation = n_ > 0 ? std::sqrt(square_ / static_cast<double>(n_)) : 0;
    return {static_cast<float>(mean_), deviation > 1e-6 ? static_cast<float>(deviation) : 1.0f};
  }

 private:
  uint64_t n_ = 0;
  double mean_ = 0;
  double square_ = 0;  // sum of squared distances from the mean
};

// The upper of the two middle ones where their number is even. `values` is not empty.
float Median(std::vector<float>& values) {
  const auto middle = values.begin() + std::ssize(values) / 2;
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

// The inner boundaries of buckets that hold about as many events each.
std::vector<float> Quantiles(std::vector<float>& prices) {
  std::vector<float> boundaries;
  if (prices.empty()) return boundaries;
  std::sort(prices.begin(), prices.end());
  for (size_t bucket = 1; bucket < kPriceBuckets; ++bucket) {
    const float boundary = prices[prices.size() * bucket / kPriceBuckets];
    // The least price bounds nothing: no price is below it.
    if (boundary > (boundaries.empty() ? prices.front() : boundaries.back())) {
      boundaries.push_back(boundary);
    }
  }
  return boundaries;
}

struct Repeat {
  uint32_t item;
  float days;
};

// Days between two purchases of one item in different baskets.
class RepeatFinder {
 public:
  void Add(std::span<const Event> events) {
    purchases_.clear();
    for (const Event& event : events) {
      if (event.type == EventType::kPurchase) {
        purchases_.emplace_back(event.item, event.time, event.basket);
      }
    }
    std::stable_sort(purchases_.begin(), purchases_.end(),
                     [](const Purchase& a, const Purchase& b) {
                       return std::tie(std::get<0>(a), std::get<1>(a)) <
                              std::tie(std::get<0>(b), std::get<1>(b));
                     });
    for (size_t i = 1; i < purchases_.size(); ++i) {
      const auto& [item, time, basket] = purchases_[i];
      const auto& [last_item, last_time, last_basket] = purchases_[i - 1];
      if (item != last_item || time == last_time) continue;
      if (basket == last_basket && basket != kNoBasket) continue;
      repeats_.push_back({item, static_cast<float>(static_cast<double>(time - last_time) / 86400)});
    }
  }

  void Fit(FeatureParams& params) {
    std::vector<float> days;
    days.reserve(repeats_.size());
    for (const Repeat& repeat : repeats_) days.push_back(repeat.days);
    if (!days.empty()) params.repeat_days = Median(days);
    std::stable_sort(repeats_.begin(), repeats_.end(),
                     [](const Repeat& a, const Repeat& b) { return a.item < b.item; });
    for (size_t begin = 0; begin < repeats_.size();) {
      size_t end = begin;
      days.clear();
      while (end < repeats_.size() && repeats_[end].item == repeats_[begin].item) {
        days.push_back(repeats_[end++].days);
      }
      if (days.size() >= kMinRepeats) params.item_repeat_days[repeats_[begin].item] = Median(days);
      begin = end;
    }
  }

 private:
  using Purchase = std::tuple<uint32_t, int64_t, uint32_t>;  // item, time, basket
  std::vector<Purchase> purchases_;                          // of one shopper
  std::vector<Repeat> repeats_;
};

void SetStandardizer(const std::string& key, const Standardizer& z, TensorFileWriter& writer) {
  writer.SetMetadata(key + ".mean", static_cast<double>(z.mean));
  writer.SetMetadata(key + ".deviation", static_cast<double>(z.deviation));
}

}  // namespace

FeatureParams FitFeatures(const HistorySource& training, size_t n_items, int64_t visit_gap_s,
                          int64_t now) {
  FeatureParams params;
  params.visit_gap_s = visit_gap_s;
  params.item_repeat_days.assign(n_items, 0.0f);

  std::vector<float> prices;
  RepeatFinder repeats;
  Moments ratings, log_count, log_recency, log_dwell;
  std::vector<ItemFeatures> items;
  ShopperFeatures shopper;
  training([&](std::span<const Event> events) {
    for (const Event& event : events) {
      if (event.price > 0) prices.push_back(event.price);
      if (event.type == EventType::kRate) ratings.Add(event.value);
    }
    repeats.Add(events);
    // The standardizers do nothing yet, so these are the bare logarithms.
    ComputeFeatures(params, {events, now}, items, shopper);
    for (const ItemFeatures& item : items) {
      log_count.Add(item.log_count);
      log_recency.Add(item.log_recency);
      log_dwell.Add(item.log_dwell);
    }
  });
  params.price_quantiles = Quantiles(prices);
  params.rating_mean = static_cast<float>(ratings.mean());
  repeats.Fit(params);
  params.log_count = log_count.standardizer();
  params.log_recency = log_recency.standardizer();
  params.log_dwell = log_dwell.standardizer();
  return params;
}

void AddFeatures(const FeatureParams& params, TensorFileWriter& writer) {
  writer.SetMetadata("features.visit_gap_s", params.visit_gap_s);
  writer.SetMetadata("features.rating_mean", static_cast<double>(params.rating_mean));
  writer.SetMetadata("features.repeat_days", static_cast<double>(params.repeat_days));
  SetStandardizer("features.log_count", params.log_count, writer);
  SetStandardizer("features.log_recency", params.log_recency, writer);
  SetStandardizer("features.log_dwell", params.log_dwell, writer);
  writer.Add("features.price_quantiles", params.price_quantiles);
  writer.Add("features.item_repeat_days", params.item_repeat_days);
}

}  // namespace vitrine
