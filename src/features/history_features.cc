#include "features/history_features.h"

#include <algorithm>
#include <cmath>
#include <compare>
#include <string>
#include <utility>

#include "core/sort.h"
#include "format/item_values.h"

namespace vitrine {
namespace {

constexpr double kSecondsPerDay = 86400.0;

// Seconds from `from` to `to`, 0 where `to` is not later; no two times overflow.
double SecondsBetween(int64_t from, int64_t to) {
  if (to <= from) return 0;
  return static_cast<double>(static_cast<uint64_t>(to) - static_cast<uint64_t>(from));
}

double DaysBetween(int64_t from, int64_t to) { return SecondsBetween(from, to) / kSecondsPerDay; }

// A price on a boundary belongs to the dearer bucket.
int32_t PriceBucket(const std::vector<float>& boundaries, float price) {
  return static_cast<int32_t>(std::upper_bound(boundaries.begin(), boundaries.end(), price) -
                              boundaries.begin());
}

// Seconds from each view to the next event of the same visit; 0 for other events and last ones.
std::vector<double> SecondsViewed(std::span<const Event> events,
                                  const std::vector<int32_t>& visits) {
  std::vector<double> seconds(events.size(), 0.0);
  for (size_t i = 0; i + 1 < events.size(); ++i) {
    if (events[i].type == EventType::kView && visits[i] == visits[i + 1]) {
      seconds[i] = SecondsBetween(events[i].time, events[i + 1].time);
    }
  }
  return seconds;
}

// Purchases in one basket are one; those outside baskets are one per moment.
int32_t CountBaskets(std::span<const Event> events) {
  struct Basket {
    uint32_t number;
    int64_t time;
    auto operator<=>(const Basket&) const = default;
  };
  std::vector<Basket> baskets;
  for (const Event& event : events) {
    if (event.type != EventType::kPurchase) continue;
    baskets.push_back({event.basket, event.basket == kNoBasket ? event.time : 0});
  }
  Sort(baskets);
  return static_cast<int32_t>(std::unique(baskets.begin(), baskets.end()) - baskets.begin());
}

ShopperFeatures DescribeShopper(const FeatureParams& params, const History& history,
                                const std::vector<int32_t>& visits, size_t n_items) {
  ShopperFeatures shopper;
  if (history.events.empty()) return shopper;
  shopper.n_events = static_cast<int32_t>(history.events.size());
  shopper.n_items = static_cast<int32_t>(n_items);
  shopper.n_visits = visits.back() + 1;
  shopper.n_baskets = CountBaskets(history.events);
  shopper.days_known = static_cast<float>(DaysBetween(history.events.front().time, history.now));
  shopper.days_silent = static_cast<float>(DaysBetween(history.events.back().time, history.now));
  int64_t bucket_sum = 0;
  int64_t n_priced = 0;
  for (const Event& event : history.events) {
    if (event.type != EventType::kPurchase || event.price <= 0) continue;
    bucket_sum += PriceBucket(params.price_quantiles, event.price);
    ++n_priced;
  }
  if (n_priced > 0) {
    shopper.mean_price_bucket =
        static_cast<float>(static_cast<double>(bucket_sum) / static_cast<double>(n_priced));
  }
  return shopper;
}

Result<float> ReadReal(const TensorFile& file, const std::string& key) {
  VITRINE_ASSIGN_OR_RETURN(const double value, file.Real(key));
  const auto narrowed = static_cast<float>(value);
  if (!std::isfinite(narrowed)) {
    return Error{ErrorCode::kBadFormat, file.name() + ": metadata '" + key + "' is too large"};
  }
  return narrowed;
}

Result<Standardizer> ReadStandardizer(const TensorFile& file, const std::string& key) {
  Standardizer z;
  VITRINE_ASSIGN_OR_RETURN(z.mean, ReadReal(file, key + ".mean"));
  VITRINE_ASSIGN_OR_RETURN(z.deviation, ReadReal(file, key + ".deviation"));
  if (z.deviation <= 0) {
    return Error{ErrorCode::kBadFormat,
                 file.name() + ": metadata '" + key + ".deviation' is not above 0"};
  }
  return z;
}

}  // namespace

Result<FeatureParams> FeatureParams::Read(const TensorFile& file, size_t n_items) {
  const auto bad = [&](const char* what) {
    return Error{ErrorCode::kBadFormat, file.name() + ": " + what + "; prepare the data again"};
  };
  FeatureParams params;
  VITRINE_ASSIGN_OR_RETURN(params.visit_gap_s, file.Integer("features.visit_gap_s"));
  if (params.visit_gap_s <= 0) return bad("metadata 'features.visit_gap_s' is not above 0");
  VITRINE_ASSIGN_OR_RETURN(params.rating_mean, ReadReal(file, "features.rating_mean"));
  VITRINE_ASSIGN_OR_RETURN(params.repeat_days, ReadReal(file, "features.repeat_days"));
  if (params.repeat_days <= 0) return bad("metadata 'features.repeat_days' is not above 0");
  VITRINE_ASSIGN_OR_RETURN(params.log_count, ReadStandardizer(file, "features.log_count"));
  VITRINE_ASSIGN_OR_RETURN(params.log_recency, ReadStandardizer(file, "features.log_recency"));
  VITRINE_ASSIGN_OR_RETURN(params.log_dwell, ReadStandardizer(file, "features.log_dwell"));

  VITRINE_ASSIGN_OR_RETURN(const std::span<const float> quantiles,
                           file.Values<float>("features.price_quantiles"));
  float previous = 0;  // prices are above 0, NaN compares false
  for (const float boundary : quantiles) {
    if (!(boundary > previous) || !std::isfinite(boundary)) {
      return bad("tensor 'features.price_quantiles' does not ascend");
    }
    previous = boundary;
  }
  params.price_quantiles.assign(quantiles.begin(), quantiles.end());

  VITRINE_ASSIGN_OR_RETURN(
      const std::span<const float> repeats,
      ItemValues(file, "features.item_repeat_days", n_items, params.item_repeat_days));
  for (const float days : repeats) {
    if (!(days >= 0) || !std::isfinite(days)) {
      return bad("tensor 'features.item_repeat_days' holds a negative number of days");
    }
  }
  if (params.item_repeat_days.empty()) {
    params.item_repeat_days.assign(repeats.begin(), repeats.end());
  }
  return params;
}

void SplitVisits(int64_t visit_gap_s, std::span<const Event> events, std::vector<int32_t>& visits) {
  visits.resize(events.size());
  int32_t visit = 0;
  for (size_t i = 0; i < events.size(); ++i) {
    if (i > 0 &&
        SecondsBetween(events[i - 1].time, events[i].time) > static_cast<double>(visit_gap_s)) {
      ++visit;
    }
    visits[i] = visit;
  }
}

void ComputeFeatures(const FeatureParams& params, const History& history,
                     std::vector<ItemFeatures>& items, ShopperFeatures& shopper) {
  const std::span<const Event> events = history.events;
  std::vector<int32_t> visits;
  SplitVisits(params.visit_gap_s, events, visits);
  const std::vector<double> seconds_viewed = SecondsViewed(events, visits);

  // Positions grouped by item, ascending in time within one.
  std::vector<uint64_t> order;  // item and position
  for (size_t i = 0; i < events.size(); ++i) order.push_back(uint64_t{events[i].item} << 32 | i);
  Sort(order);
  const auto at = [&](size_t i) { return static_cast<uint32_t>(order[i]); };

  items.clear();
  std::vector<std::pair<size_t, float>> ratings;  // place in `items`, last rating
  for (size_t begin = 0; begin < order.size();) {
    ItemFeatures item{.item = events[at(begin)].item, .price_bucket = -1};
    double dwell_s = 0;   // as views and dwell events say
    double viewed_s = 0;  // as the gaps after views say
    bool rated = false;
    float rating = 0;
    int64_t last_purchase = 0;
    int32_t last_visit = -1;
    size_t end = begin;
    for (; end < order.size() && events[at(end)].item == item.item; ++end) {
      const Event& event = events[at(end)];
      ++item.n_events;
      viewed_s += seconds_viewed[at(end)];
      if (visits[at(end)] != last_visit) {
        last_visit = visits[at(end)];
        ++item.n_visits;
      }
      if (event.price > 0) item.price_bucket = PriceBucket(params.price_quantiles, event.price);
      if (event.type == EventType::kPurchase) {
        ++item.n_purchases;
        last_purchase = event.time;
      } else if (event.type == EventType::kDwell || event.type == EventType::kView) {
        dwell_s += std::max(0.0f, event.value);
      } else if (event.type == EventType::kRate) {
        rated = true;
        rating = event.value;
      }
    }
    const int64_t last_time = events[at(end - 1)].time;
    const double recency = DaysBetween(last_time, history.now);
    item.log_count = params.log_count(static_cast<float>(std::log1p(item.n_events)));
    item.log_recency = params.log_recency(static_cast<float>(std::log1p(recency)));
    item.log_dwell =
        params.log_dwell(static_cast<float>(std::log1p(dwell_s > 0 ? dwell_s : viewed_s)));
    if (item.n_purchases > 0) {
      float expected = params.repeat_days;
      if (item.item < params.item_repeat_days.size() && params.item_repeat_days[item.item] > 0) {
        expected = params.item_repeat_days[item.item];
      }
      item.due = static_cast<float>(DaysBetween(last_purchase, history.now) / expected);
    }
    if (rated) ratings.emplace_back(items.size(), rating);
    items.push_back(item);
    begin = end;
  }

  double rating_sum = 0;
  for (const auto& [place, rating] : ratings) rating_sum += rating;
  const double rating_mean = ratings.size() > 1 ? rating_sum / static_cast<double>(ratings.size())
                                                : static_cast<double>(params.rating_mean);
  for (const auto& [place, rating] : ratings) {
    items[place].rating = static_cast<float>(rating - rating_mean);
  }
  shopper = DescribeShopper(params, history, visits, items.size());
}

}  // namespace vitrine
