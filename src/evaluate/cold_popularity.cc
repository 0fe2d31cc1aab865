#include "evaluate/cold_popularity.h"

#include <algorithm>
#include <numeric>

#include "evaluate/contexts.h"
#include "evaluate/evaluate.h"

namespace vitrine {
namespace {

constexpr int64_t kRecentSeconds = 30 * 86400;
constexpr double kHeldOut = 0.1;
constexpr double kStrengths[] = {5, 10, 20, 50, 100, 200, 500, 1000};
constexpr double kWeights[] = {0, 0.1, 0.25, 0.5, 0.75, 0.9, 1};

// Adds `times` the shares that `counts` make of their sum.
void AddShares(std::span<const float> counts, double times, std::span<float> scores) {
  const double sum = std::accumulate(counts.begin(), counts.end(), 0.0);
  if (sum == 0) return;
  for (size_t i = 0; i < counts.size(); ++i) {
    scores[i] += static_cast<float>(times / sum) * counts[i];
  }
}

}  // namespace

std::vector<uint32_t> CameSince(const Shoppers& shoppers, int64_t since) {
  std::vector<uint32_t> came;
  std::vector<Event> events;
  for (uint32_t shopper = 0; shopper < shoppers.size(); ++shopper) {
    shoppers.Read(shopper, events);
    if (!events.empty() && events.front().time >= since) came.push_back(shopper);
  }
  return came;
}

std::vector<Newcomer> NewcomersOf(const Dataset& dataset, const Shoppers& shoppers,
                                  const Cases& cases, std::span<const std::string> names) {
  std::vector<Newcomer> newcomers;
  std::vector<Event> events;
  for (const uint32_t shopper : cases.shopper) {
    shoppers.Read(shopper, events);
    const Event& first = events.front();
    newcomers.push_back(
        {ContextColumns(names, dataset.contexts()[first.context], first.time), first.time});
  }
  return newcomers;
}

ColdPopularity::ColdPopularity(const TrainingPart& part, std::span<const std::string> names)
    : n_items_(part.n_items()), end_(part.end_time()), all_(n_items_), first_(n_items_) {
  const Dataset& dataset = *part.dataset;
  const EventType target = dataset.info().target;
  std::vector<uint32_t> items;
  const auto count_distinct = [&items](std::vector<float>& counts) {
    std::ranges::sort(items);
    items.erase(std::unique(items.begin(), items.end()), items.end());
    for (const uint32_t item : items) counts[item] += 1;
  };
  part.ForEachShopper([&](uint32_t, std::span<const Event> events) {
    ++n_shoppers_;
    const Event& came = events.front();
    std::vector<float>& in_context =
        by_context_[ContextColumns(names, dataset.contexts()[came.context], came.time)];
    in_context.resize(n_items_);
    items.clear();
    const auto first = std::ranges::find(events, target, &Event::type);
    for (const Event& event : events) {
      if (event.type != target) continue;
      items.push_back(event.item);
      sales_.push_back({event.time, event.item});
    }
    count_distinct(in_context);
    for (const uint32_t item : items) all_[item] += 1;
    items.clear();
    for (auto event = first; event != events.end(); ++event) {
      const bool same = first->basket == kNoBasket
                            ? event->time - first->time <= dataset.features().visit_gap_s
                            : event->basket == first->basket;
      if (same && event->type == target) items.push_back(event->item);
    }
    count_distinct(first_);
  });
  std::ranges::stable_sort(sales_, {}, &Sale::time);
}

void ColdPopularity::Overall(std::span<float> scores) const {
  std::ranges::copy(all_, scores.begin());
}

void ColdPopularity::InContext(const Newcomer& shopper, double strength,
                               std::span<float> scores) const {
  const auto found =
      shopper.columns.empty() ? by_context_.end() : by_context_.find(shopper.columns);
  const auto share = static_cast<float>(strength / static_cast<double>(n_shoppers_));
  for (size_t i = 0; i < n_items_; ++i) {
    scores[i] = share * all_[i] + (found == by_context_.end() ? 0 : found->second[i]);
  }
}

void ColdPopularity::Recent(const Newcomer& shopper, std::span<float> scores) const {
  const int64_t until = std::min(shopper.came, end_);
  std::ranges::fill(scores, 0.0f);
  auto sale = std::ranges::lower_bound(sales_, until - kRecentSeconds, {}, &Sale::time);
  for (; sale != sales_.end() && sale->time < until; ++sale) scores[sale->item] += 1;
}

void ColdPopularity::FirstBasket(std::span<float> scores) const {
  std::ranges::copy(first_, scores.begin());
}

void ColdPopularity::RecentAndFirst(const Newcomer& shopper, double weight,
                                    std::span<float> scores) const {
  std::vector<float> recent(n_items_);
  Recent(shopper, recent);
  std::ranges::fill(scores, 0.0f);
  AddShares(recent, 1 - weight, scores);
  AddShares(first_, weight, scores);
}

ColdPopularitySettings ChooseColdPopularity(const Dataset& dataset,
                                            std::span<const std::string> names) {
  const Shoppers& train = dataset.train();
  TrainingPart fit{.dataset = &dataset};
  std::vector<uint32_t> asked;
  if (HasCut(dataset.info().split)) {
    fit.until = ValidationCut(dataset.info(), kHeldOut);
    asked = CameSince(train, fit.until);
  } else {
    asked = fit.held_out = HoldOutShoppers(train.size(), kHeldOut, /*seed=*/1);
  }
  const Cases cases = CasesAfterEvents(
      train, {.task = Task::kDiscovery, .target = dataset.info().target}, 0, asked);
  const std::vector<Newcomer> shoppers = NewcomersOf(dataset, train, cases, names);
  const ColdPopularity popularity(fit, names);
  const auto best = [&](std::span<const double> grid, const auto& score) {
    return grid[ChooseByNdcg(cases, dataset.info().n_items, grid.size(),
                             [&](size_t i, std::span<std::vector<float>> scores) {
                               for (size_t k = 0; k < grid.size(); ++k) {
                                 score(shoppers[i], grid[k], scores[k]);
                               }
                             })];
  };
  return {.strength = best(kStrengths,
                           [&](const Newcomer& shopper, double strength, std::span<float> scores) {
                             popularity.InContext(shopper, strength, scores);
                           }),
          .weight =
              best(kWeights, [&](const Newcomer& shopper, double weight, std::span<float> scores) {
                popularity.RecentAndFirst(shopper, weight, scores);
              })};
}

}  // namespace vitrine
