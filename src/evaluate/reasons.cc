#include "evaluate/reasons.h"

#include <algorithm>
#include <numeric>
#include <span>
#include <string>

#include "core/parallel.h"
#include "core/rng.h"
#include "evaluate/task_report.h"
#include "models/blend.h"
#include "serve/explain.h"

namespace vitrine {
namespace {

using Items = std::vector<uint32_t>;
constexpr size_t kSteps = ReasonQuality::kSteps;
constexpr size_t kOrders = ReasonQuality::kOrders;

// What one case gives: a row of the tables that are resampled.
struct Row {
  std::array<std::array<float, kSteps>, kOrders> deletion, insertion;
  std::array<double, ReasonQuality::kPlaces.size()> by_place = {};
  std::array<double, kEventTypes> by_type = {};
};

template <class T>
void Shuffle(std::vector<T>& values, uint64_t seed, uint64_t stream) {
  Rng rng(seed, stream);
  for (size_t i = values.size(); i > 1; --i) std::swap(values[i - 1], values[rng.Next() % i]);
}

// The distinct products, the latest first.
Items ByRecency(std::span<const Event> events) {
  Items items;
  for (size_t i = events.size(); i-- > 0;) {
    if (std::ranges::find(items, events[i].item) == items.end()) items.push_back(events[i].item);
  }
  return items;
}

// Scores of `item` with the first 0, 10, ... 100 % of `order` left out, or with them alone.
std::array<float, kSteps> CurveOf(const Model& model, const History& history, uint32_t item,
                                  const Items& order, bool insert, const Standard& standard) {
  std::vector<std::vector<Event>> left(kSteps);
  std::vector<History> histories = {history};  // which sets the scale of a blend
  for (size_t step = 0; step < kSteps; ++step) {
    const size_t n = (order.size() * step + kSteps - 2) / (kSteps - 1);
    const auto first = std::span(order).first(n);
    for (const Event& event : history.events) {
      const bool among = std::ranges::find(first, event.item) != first.end();
      if (among == insert) left[step].push_back(event);
    }
    histories.push_back({left[step], history.now});
  }
  std::vector<float> scores(histories.size());
  model.ScoreItem(item, histories, scores);
  std::array<float, kSteps> curve;
  for (size_t step = 0; step < kSteps; ++step) curve[step] = standard(scores[step + 1]);
  return curve;
}

// Mean height, the ends counting half.
double AreaOf(const std::array<float, kSteps>& curve) {
  return (std::accumulate(curve.begin(), curve.end(), 0.0) - (curve.front() + curve.back()) / 2) /
         (kSteps - 1);
}

void ShareOut(const Explanation& found, const History& history, const Items& recency, Row& row) {
  double sum = 0;
  for (const Reason& reason : found.reasons) sum += std::max(0.0f, reason.contribution);
  if (sum <= 0) return;
  for (const Reason& reason : found.reasons) {
    const double share = std::max(0.0f, reason.contribution) / sum;
    const auto place =
        static_cast<size_t>(std::ranges::find(recency, reason.item) - recency.begin());
    size_t group = 0;
    while (place >= ReasonQuality::kPlaces[group]) ++group;
    row.by_place[group] += share;
    for (size_t i = history.events.size(); i-- > 0;) {
      if (history.events[i].item != reason.item) continue;
      row.by_type[static_cast<size_t>(history.events[i].type)] += share;
      break;
    }
  }
}

Result<Row> Measure(const Recommender& recommender, const History& history, uint64_t seed,
                    size_t number) {
  Request request{.count = 1, .now = history.now};
  VITRINE_ASSIGN_OR_RETURN(const Ranking ranking, recommender.Rank(history.events, request));
  const uint32_t item = ranking.items.front();
  VITRINE_ASSIGN_OR_RETURN(const Explanation found,
                           Explain(recommender, history.events, item, request));
  std::vector<float> scores(recommender.n_items());
  recommender.model().Score(history, scores);
  const Standard standard(scores);

  std::array<Items, kOrders> orders;
  for (const Reason& reason : found.reasons) {
    orders[ReasonQuality::kReasons].push_back(reason.item);
  }
  orders[ReasonQuality::kRecency] = ByRecency(history.events);
  orders[ReasonQuality::kRandom] = orders[ReasonQuality::kRecency];
  Shuffle(orders[ReasonQuality::kRandom], seed, number);
  Row row;
  for (size_t order = 0; order < kOrders; ++order) {
    for (const bool insert : {false, true}) {
      (insert ? row.insertion : row.deletion)[order] =
          CurveOf(recommender.model(), history, item, orders[order], insert, standard);
    }
  }
  ShareOut(found, history, orders[ReasonQuality::kRecency], row);
  return row;
}

// Cases whose history can be put in order, `most` of them.
std::vector<size_t> DrawCases(const Recommender& recommender, const Cases& cases,
                              const ReasonOptions& options) {
  std::vector<size_t> fitting;
  for (size_t i = 0; i < cases.size(); ++i) {
    const History history = cases.HistoryOf(i);
    const size_t products = ByRecency(history.events).size();
    if (products < options.least_products || products > kMostReasons) continue;
    const auto ranking = recommender.Rank(history.events, {.count = 1, .now = history.now});
    if (!ranking.ok() || ranking->source != Source::kModel || ranking->items.empty()) continue;
    fitting.push_back(i);
  }
  Shuffle(fitting, options.seed, uint64_t{1} << 60);
  fitting.resize(std::min(fitting.size(), options.most_cases));
  std::ranges::sort(fitting);
  return fitting;
}

}  // namespace

Result<ReasonQuality> MeasureReasons(const Recommender& recommender, const Cases& cases,
                                     const ReasonOptions& options) {
  const std::vector<size_t> drawn = DrawCases(recommender, cases, options);
  if (drawn.empty()) {
    return Error{ErrorCode::kInvalidArgument,
                 "no shopper has a history of " + std::to_string(options.least_products) + " to " +
                     std::to_string(kMostReasons) +
                     " products that the model reads; ask about one with --shopper or a "
                     "product with --product, or prepare a longer log"};
  }
  std::vector<Result<Row>> rows(drawn.size(), Error{ErrorCode::kInvalidArgument, ""});
  ParallelForDynamic(drawn.size(), 1, [&](size_t first, size_t last) {
    for (size_t i = first; i < last; ++i) {
      rows[i] = Measure(recommender, cases.HistoryOf(drawn[i]), options.seed, drawn[i]);
    }
  });

  ReasonQuality quality{.n_cases = drawn.size()};
  std::array<std::vector<float>, kOrders> deletion, insertion;
  const double share = 1 / static_cast<double>(drawn.size());
  for (const Result<Row>& row : rows) {
    if (!row.ok()) return row.error();
    for (size_t order = 0; order < kOrders; ++order) {
      for (size_t step = 0; step < kSteps; ++step) {
        quality.deletion[order][step] += share * static_cast<double>(row->deletion[order][step]);
        quality.insertion[order][step] += share * static_cast<double>(row->insertion[order][step]);
      }
      deletion[order].push_back(
          static_cast<float>(AreaOf(row->deletion[order]) - AreaOf(row->deletion[0])));
      insertion[order].push_back(
          static_cast<float>(AreaOf(row->insertion[0]) - AreaOf(row->insertion[order])));
    }
    for (size_t i = 0; i < row->by_place.size(); ++i) {
      quality.by_place[i] += share * row->by_place[i];
    }
    for (size_t i = 0; i < row->by_type.size(); ++i) quality.by_type[i] += share * row->by_type[i];
  }
  for (size_t order = 1; order < kOrders; ++order) {
    quality.deletion_gain[order] = EstimateMean(deletion[order], options.bootstrap);
    quality.insertion_gain[order] = EstimateMean(insertion[order], options.bootstrap);
  }
  return quality;
}

nlohmann::ordered_json ReasonQuality::ToJson() const {
  static constexpr const char* kNames[] = {"reasons", "recency", "random"};
  static constexpr const char* kPlaceNames[] = {"last", "2-5", "6-20", "earlier"};
  nlohmann::ordered_json json{{"cases", n_cases}};
  for (const bool insert : {false, true}) {
    auto& one = json[insert ? "insertion" : "deletion"];
    for (size_t order = 0; order < kOrders; ++order) {
      one[kNames[order]] = (insert ? insertion : deletion)[order];
    }
    for (size_t order = 1; order < kOrders; ++order) {
      one["better_than"][kNames[order]] =
          vitrine::ToJson((insert ? insertion_gain : deletion_gain)[order]);
    }
  }
  for (size_t i = 0; i < by_place.size(); ++i) json["by_place"][kPlaceNames[i]] = by_place[i];
  for (size_t i = 0; i < by_type.size(); ++i) {
    if (by_type[i] > 0) json["by_type"][std::string(kEventTypeNames[i])] = by_type[i];
  }
  return json;
}

}  // namespace vitrine
