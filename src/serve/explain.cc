#include "serve/explain.h"

#include <algorithm>
#include <string>

namespace vitrine {
namespace {

// Histories that are scored together hold at most so many events, or two histories.
constexpr size_t kMostEvents = 1 << 16;

std::vector<Event> Without(std::span<const Event> events, std::span<const uint32_t> items) {
  std::vector<Event> left;
  for (const Event& event : events) {
    if (std::ranges::find(items, event.item) == items.end()) left.push_back(event);
  }
  return left;
}

// The latest distinct products, the last first.
std::vector<uint32_t> LatestProducts(std::span<const Event> events) {
  std::vector<uint32_t> items;
  for (size_t i = events.size(); i-- > 0 && items.size() < kMostReasons;) {
    if (std::ranges::find(items, events[i].item) == items.end()) items.push_back(events[i].item);
  }
  return items;
}

bool Lists(const Ranking& ranking, uint32_t item) {
  return std::ranges::find(ranking.items, item) != ranking.items.end();
}

}  // namespace

Result<Explanation> Explain(const Recommender& recommender, std::span<const Event> events,
                            uint32_t item, const Request& request) {
  if (item >= recommender.n_items()) {
    return Error{ErrorCode::kInvalidArgument,
                 "item " + std::to_string(item) + " to explain is not in the catalogue"};
  }
  VITRINE_ASSIGN_OR_RETURN(const Ranking ranking, recommender.Rank(events, request));
  Explanation explanation;
  explanation.source = ranking.source;
  explanation.listed = Lists(ranking, item);

  const std::vector<uint32_t> products = LatestProducts(events);
  const size_t group = std::max<size_t>(1, kMostEvents / (events.size() + 1));
  std::vector<std::vector<Event>> left;
  std::vector<History> histories;
  std::vector<float> scores;
  for (size_t first = 0; first == 0 || first < products.size(); first += group) {
    const size_t last = std::min(first + group, products.size());
    left.clear();
    for (size_t i = first; i < last; ++i) left.push_back(Without(events, {&products[i], 1}));
    histories = {{events, request.now}, {{}, request.now}};
    for (const std::vector<Event>& rest : left) histories.push_back({rest, request.now});
    scores.resize(histories.size());
    recommender.model().ScoreItem(item, histories, scores);
    for (size_t i = first; i < last; ++i) {
      explanation.reasons.push_back({products[i], scores[0] - scores[2 + i - first]});
    }
    explanation.score = scores[0];
    explanation.base = scores[1];
  }
  std::ranges::sort(explanation.reasons, [](const Reason& a, const Reason& b) {
    return a.contribution != b.contribution ? a.contribution > b.contribution : a.item < b.item;
  });
  explanation.interaction = explanation.score - explanation.base;
  for (const Reason& reason : explanation.reasons) {
    explanation.interaction -= reason.contribution;
  }

  std::vector<uint32_t> out;
  for (const Reason& reason : explanation.reasons) {
    if (!explanation.listed || explanation.source != Source::kModel || reason.contribution <= 0 || out.size() == kMostWithout) break;
    out.push_back(reason.item);
    VITRINE_ASSIGN_OR_RETURN(const Ranking other,
                             recommender.Rank(Without(events, out), request));
    if (Lists(other, item)) continue;
    explanation.without = std::move(out);
    break;
  }
  return explanation;
}

}  // namespace vitrine
