#include "data/cleaning.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <tuple>
#include <unordered_map>
#include <vector>

namespace vitrine {
namespace {

bool IsCancellation(const EventLog& log, size_t i) {
  return log.IsKept(i) && log.type[i] == EventType::kPurchase && log.quantity[i] < 0;
}

// The purchases that one shopper may still take back.
class OpenPurchases {
 public:
  explicit OpenPurchases(EventLog& log) : log_(log) {}

  void Clear() {
    by_item_.clear();
    by_order_.clear();
  }
  void Add(size_t i) {
    by_item_[log_.item[i]].push_back(i);
    if (log_.order[i] != EventLog::kNone) by_order_[log_.order[i]].push_back(i);
  }
  // Takes back what cancellation `i` says.
  void Cancel(size_t i, Netting& netting) {
    const bool found =
        log_.item[i] == EventLog::kNone ? CancelOrder(i, netting) : CancelItem(i, netting);
    log_.outcome[i] = found ? Outcome::kNetted : Outcome::kUnmatched;
    netting.n_cancellations += found ? 1 : 0;
  }

 private:
  bool CancelOrder(size_t i, Netting& netting) {
    bool found = false;
    for (const size_t purchase : by_order_[log_.order[i]]) {
      if (log_.IsKept(purchase)) {
        Remove(purchase, netting);
        found = true;
      }
    }
    return found;
  }

  bool CancelItem(size_t i, Netting& netting) {
    std::vector<size_t>& purchases = by_item_[log_.item[i]];
    const bool counted = std::isfinite(log_.quantity[i]);
    float left = counted ? -log_.quantity[i] : 0;
    bool found = false;
    while (!purchases.empty() && (left > 0 || !counted)) {
      const size_t purchase = purchases.back();
      if (!log_.IsKept(purchase)) {  // gone with its order
        purchases.pop_back();
        continue;
      }
      found = true;
      if (!counted || log_.quantity[purchase] <= left) {
        left -= counted ? log_.quantity[purchase] : 0;
        Remove(purchase, netting);
        purchases.pop_back();
        if (!counted) break;
      } else {
        log_.quantity[purchase] -= left;
        ++netting.n_reduced;
        left = 0;
      }
    }
    netting.n_leftover += left;
    return found;
  }

  void Remove(size_t purchase, Netting& netting) {
    log_.outcome[purchase] = Outcome::kNetted;
    ++netting.n_removed;
  }

  EventLog& log_;
  std::unordered_map<uint32_t, std::vector<size_t>> by_item_;  // ascending in time
  std::unordered_map<uint32_t, std::vector<size_t>> by_order_;
};

// How one shopper has browsed so far.
struct Browsing {
  uint64_t n_events = 0;
  uint64_t n_days = 0;
  uint64_t n_same_second = 0;  // as the browsing before
  bool has_deeds = false;
  int64_t last_time = std::numeric_limits<int64_t>::min();
  uint32_t last_line = 0;

  void Add(const EventLog& log, size_t i) {
    switch (log.type[i]) {
      case EventType::kCart:
      case EventType::kWish:
      case EventType::kPurchase:
      case EventType::kRate:
      case EventType::kReview:
        has_deeds = true;
        return;
      case EventType::kView:
      case EventType::kClick:
        break;
      default:
        return;
    }
    if (n_events > 0 && log.line[i] == last_line) return;
    n_days += n_events == 0 || log.time[i] / 86400 != last_time / 86400 ? 1 : 0;
    n_same_second += n_events > 0 && log.time[i] == last_time ? 1 : 0;
    last_time = log.time[i];
    last_line = log.line[i];
    ++n_events;
  }

  bool IsBot(const BotRules& rules, bool has_seconds) const {
    if (n_events == 0) return false;
    const double per_day = static_cast<double>(n_events) / static_cast<double>(n_days);
    return per_day > rules.max_events_per_day ||
           (has_seconds && !has_deeds && n_events > rules.quick_events &&
            n_same_second * 2 > n_events - 1);
  }
};

// Whether event `i`, the rating of a review, was given before as a row of its own.
bool RepeatsRating(const EventLog& log, uint64_t first, uint64_t i) {
  constexpr int64_t kDayS = 86400;
  for (uint64_t j = i; j-- > first && log.time[i] - log.time[j] <= kDayS;) {
    if (log.type[j] == EventType::kRate && log.companion[j] == 0 && log.IsKept(j) &&
        log.item[j] == log.item[i] && log.value[j] == log.value[i]) {
      return true;
    }
  }
  return false;
}

}  // namespace

void DropDuplicates(EventLog& log) {
  const auto key = [&log](uint32_t i) {
    return std::tie(log.item[i], log.type[i], log.order[i], log.quantity[i], log.price[i],
                    log.value[i], log.context[i]);
  };
  std::vector<uint32_t> same_time;
  for (size_t s = 0; s < log.n_shoppers(); ++s) {
    for (uint64_t begin = log.offsets[s]; begin < log.offsets[s + 1];) {
      uint64_t end = begin + 1;
      while (end < log.offsets[s + 1] && log.time[end] == log.time[begin]) ++end;
      if (end - begin > 1) {
        same_time.resize(end - begin);
        std::iota(same_time.begin(), same_time.end(), static_cast<uint32_t>(begin));
        std::stable_sort(same_time.begin(), same_time.end(),
                         [&key](uint32_t a, uint32_t b) { return key(a) < key(b); });
        for (size_t i = 1; i < same_time.size(); ++i) {
          if (key(same_time[i - 1]) == key(same_time[i])) {
            log.outcome[same_time[i]] = Outcome::kDuplicate;
          }
        }
      }
      begin = end;
    }
    for (uint64_t i = log.offsets[s]; i < log.offsets[s + 1]; ++i) {
      if (log.companion[i] != 0 && log.type[i] == EventType::kRate &&
          RepeatsRating(log, log.offsets[s], i)) {
        log.outcome[i] = Outcome::kDuplicate;
      }
    }
  }
}

Netting NetCancellations(EventLog& log, int64_t cut_time) {
  Netting netting;
  OpenPurchases open(log);
  for (size_t s = 0; s < log.n_shoppers(); ++s) {
    const uint64_t begin = log.offsets[s], end = log.offsets[s + 1];
    bool any = false;
    for (uint64_t i = begin; i < end && !any; ++i) any = IsCancellation(log, i);
    if (!any) continue;
    open.Clear();
    bool before_cut = true;
    for (uint64_t i = begin; i < end; ++i) {
      if (before_cut && log.time[i] >= cut_time) {
        before_cut = false;
        open.Clear();
      }
      if (IsCancellation(log, i)) {
        open.Cancel(i, netting);
      } else if (log.IsKept(i) && log.type[i] == EventType::kPurchase) {
        open.Add(i);
      }
    }
  }
  return netting;
}

uint64_t DropBots(EventLog& log, const BotRules& rules, int64_t cut_time) {
  bool has_seconds = false;
  for (size_t i = 0; i < log.size() && !has_seconds; ++i) {
    has_seconds = log.time[i] < cut_time && log.time[i] % 60 != 0;
  }
  uint64_t n_bots = 0;
  for (size_t s = 0; s < log.n_shoppers(); ++s) {
    Browsing browsing;
    uint64_t i = log.offsets[s];
    const auto browse_until = [&](int64_t time) {
      for (; i < log.offsets[s + 1] && log.time[i] < time; ++i) {
        if (log.IsKept(i)) browsing.Add(log, i);
      }
      return browsing.IsBot(rules, has_seconds);
    };
    const bool in_training = browse_until(cut_time);
    const uint64_t cut = i;
    if (!in_training && !browse_until(kNoCut)) continue;
    ++n_bots;
    for (uint64_t j = in_training ? log.offsets[s] : cut; j < log.offsets[s + 1]; ++j) {
      if (log.IsKept(j)) log.outcome[j] = Outcome::kBot;
    }
  }
  return n_bots;
}

}  // namespace vitrine
