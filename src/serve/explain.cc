#include "serve/explain.h"

#include <algorithm>
#include <string>

namespace vitrine {
namespace {

// Histories that are scored together hold at most so many events, or are one.
constexpr size_t kMostEvents = 1 << 12;

bool Has(std::span<const uint32_t> items, uint32_t item) {
  return std::find(items.begin(), items.end(), item) != items.end();
}

// Appends the events on other products, the latest `most` of them.
void AddWithout(std::span<const Event> events, std::span<const uint32_t> items, size_t most,
                std::vector<Event>& left) {
  size_t begin = events.size();
  for (size_t n = 0; begin > 0 && n < most; --begin) n += !Has(items, events[begin - 1].item);
  for (const Event& event : events.subspan(begin)) {
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

// The adaptation of who never touched `items`.
Adaptation Without(const Adaptation& adaptation, std::span<const uint32_t> items) {
  Adaptation left{.gain = adaptation.gain};
  for (const Touched& touched : adaptation.Latest()) {
    if (!Has(items, touched.item)) left.products[left.n_products++] = touched;
  }
  return left;
}

bool IsBefore(const Reason& a, const Reason& b) {
  return a.contribution != b.contribution ? a.contribution > b.contribution : a.item < b.item;
}

}  // namespace

Result<Explanation> Explain(const Recommender& recommender, std::span<const Event> events,
                            uint32_t item, const Request& request, const Adaptation* adaptation) {
  if (item >= recommender.n_items()) {
    return Error{ErrorCode::kInvalidArgument,
                 "item " + std::to_string(item) + " to explain is not in the catalogue"};
  }
  const auto biases_without = [&](std::span<const uint32_t> items) {
    return adaptation == nullptr ? std::vector<ItemBias>()
                                 : recommender.adapter()->Biases(Without(*adaptation, items));
  };
  const auto bias_without = [&](std::span<const uint32_t> items) {
    return adaptation == nullptr ? 0
                                 : recommender.adapter()->Bias(Without(*adaptation, items), item);
  };
  VITRINE_ASSIGN_OR_RETURN(const Ranking ranking,
                           recommender.Rank(events, request, biases_without({})));
  Explanation found;
  found.source = ranking.source;
  found.listed = Has(ranking.items, item);
  found.adapted = bias_without({});
  if (Has(request.exclude, item)) {
    found.rule = Rule::kExcluded;
  } else if (!found.listed && Has(recommender.NeverListed(events, request), item)) {
    found.rule = Rule::kRepeat;
  }

  const History whole{events.last(std::min(events.size(), kMostRead)), request.now};
  const std::vector<uint32_t> products = LatestProducts(events);
  const size_t group = std::max<size_t>(1, kMostEvents / (whole.events.size() + 1));
  std::vector<Event> left;
  // So that no view of it moves.
  left.reserve(std::min(group, products.size()) * whole.events.size());
  std::vector<History> histories;
  std::vector<float> scores;
  size_t next = 0;
  do {
    const size_t first = next, last = std::min(first + group, products.size());
    left.clear();
    histories.assign(2, whole);
    histories[1].events = {};
    for (; next < last; ++next) {
      const size_t begin = left.size();
      AddWithout(events, {&products[next], 1}, kMostRead, left);
      histories.push_back({{left.data() + begin, left.size() - begin}, request.now});
    }
    scores.resize(histories.size());
    recommender.ScoreItem(item, histories, request.context, scores);
    found.score = scores[0] + found.adapted;
    found.base = scores[1] + bias_without(products);
    for (size_t i = first; i < last; ++i) {
      const float left_out = scores[2 + i - first] + bias_without({&products[i], 1});
      const Reason reason{products[i], found.score - left_out};
      found.reasons.push_back(reason);
      for (size_t at = i; at > 0 && IsBefore(reason, found.reasons[at - 1]); --at) {
        std::swap(found.reasons[at], found.reasons[at - 1]);
      }
    }
  } while (next < products.size());
  for (size_t i = 0; i < request.context.size(); ++i) {
    std::vector<uint32_t> others(request.context.begin(), request.context.end());
    others.erase(others.begin() + static_cast<ptrdiff_t>(i));
    recommender.ScoreItem(item, {&whole, 1}, others, {scores.data(), 1});
    found.context.push_back(found.score - scores[0] - found.adapted);
  }
  found.interaction = found.score - found.base;
  for (const Reason& reason : found.reasons) found.interaction -= reason.contribution;

  if (!found.listed || found.source != Source::kModel) return found;
  size_t most = 0;  // reasons that speak for the product, of those that may be left out
  while (most < std::min(kMostWithout, found.reasons.size()) &&
         found.reasons[most].contribution > 0) {
    ++most;
  }
  // First as many as would take it below the last of the list if all others stayed where they are,
  // then one more or one less: it is listed without `listed` of them, and not without `gone`.
  size_t n = 0, listed = 0, gone = most + 1;
  const float margin = found.score - ranking.scores.back();
  for (float sum = 0; n < most && sum <= margin; ++n) sum += found.reasons[n].contribution;
  while (listed + 1 < gone) {
    found.without.clear();
    for (size_t i = 0; i < n; ++i) found.without.push_back(found.reasons[i].item);
    left.clear();
    AddWithout(events, found.without, events.size(), left);
    VITRINE_ASSIGN_OR_RETURN(const Ranking other,
                             recommender.Rank(left, request, biases_without(found.without)));
    const bool is_listed = Has(other.items, item);
    (is_listed ? listed : gone) = n;
    n = is_listed ? n + 1 : n - 1;
  }
  found.without.clear();
  if (gone > most) return found;
  for (size_t i = 0; i < gone; ++i) found.without.push_back(found.reasons[i].item);
  return found;
}

}  // namespace vitrine
