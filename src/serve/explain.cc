#include "serve/explain.h"

#include <algorithm>
#include <string>

namespace vitrine {
namespace {

// Histories that are scored together hold at most so many events, or are one.
constexpr size_t kMostEvents = 1 << 16;

bool Has(std::span<const uint32_t> items, uint32_t item) {
  return std::find(items.begin(), items.end(), item) != items.end();
}

// Appends the events on other products.
void AddWithout(std::span<const Event> events, std::span<const uint32_t> items,
                std::vector<Event>& left) {
  for (const Event& event : events) {
    if (!Has(items, event.item)) left.push_back(event);
  }
}

// The latest distinct products, the last first.
std::vector<uint32_t> LatestProducts(std::span<const Event> events) {
  std::vector<uint32_t> items;
  for (size_t i = events.size(); i-- > 0 && items.size() < kMostReasons;) {
    if (!Has(items, events[i].item)) items.push_back(events[i].item);
  }
  return items;
}

bool IsBefore(const Reason& a, const Reason& b) {
  return a.contribution != b.contribution ? a.contribution > b.contribution : a.item < b.item;
}

}  // namespace

Result<Explanation> Explain(const Recommender& recommender, std::span<const Event> events,
                            uint32_t item, const Request& request) {
  if (item >= recommender.n_items()) {
    return Error{ErrorCode::kInvalidArgument,
                 "item " + std::to_string(item) + " to explain is not in the catalogue"};
  }
  VITRINE_ASSIGN_OR_RETURN(const Ranking ranking, recommender.Rank(events, request));
  Explanation found;
  found.source = ranking.source;
  found.listed = Has(ranking.items, item);

  const std::vector<uint32_t> products = LatestProducts(events);
  const size_t group = std::max<size_t>(1, kMostEvents / (events.size() + 1));
  std::vector<Event> left;
  left.reserve(std::min(group, products.size()) * events.size());  // so that no view of it moves
  std::vector<History> histories;
  std::vector<float> scores;
  size_t next = 0;
  do {
    const size_t first = next, last = std::min(first + group, products.size());
    left.clear();
    histories.assign(2, {events, request.now});
    histories[1].events = {};
    for (; next < last; ++next) {
      const size_t begin = left.size();
      AddWithout(events, {&products[next], 1}, left);
      histories.push_back({{left.data() + begin, left.size() - begin}, request.now});
    }
    scores.resize(histories.size());
    recommender.model().ScoreItem(item, histories, scores);
    found.score = scores[0];
    found.base = scores[1];
    for (size_t i = first; i < last; ++i) {
      const Reason reason{products[i], scores[0] - scores[2 + i - first]};
      found.reasons.push_back(reason);
      for (size_t at = i; at > 0 && IsBefore(reason, found.reasons[at - 1]); --at) {
        std::swap(found.reasons[at], found.reasons[at - 1]);
      }
    }
  } while (next < products.size());
  found.interaction = found.score - found.base;
  for (const Reason& reason : found.reasons) found.interaction -= reason.contribution;

  if (!found.listed || found.source != Source::kModel) return found;
  for (const Reason& reason : found.reasons) {
    if (reason.contribution <= 0 || found.without.size() == kMostWithout) break;
    found.without.push_back(reason.item);
    left.clear();
    AddWithout(events, found.without, left);
    VITRINE_ASSIGN_OR_RETURN(const Ranking other, recommender.Rank(left, request));
    if (!Has(other.items, item)) return found;
  }
  found.without.clear();
  return found;
}

}  // namespace vitrine
