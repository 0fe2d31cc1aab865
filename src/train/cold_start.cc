#include "train/cold_start.h"

#include <algorithm>
#include <functional>
#include <map>
#include <memory>

#include "core/parallel.h"
#include "format/safetensors.h"
#include "models/gan.h"
#include "train/cases.h"
#include "train/contexts.h"
#include "train/evaluate.h"
#include "train/protocol.h"

namespace vitrine {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kLengths[] = {0, 1, 2, 3, 5, 10};  // events known
constexpr float kFades[] = {0, 1, 2, 5, 10, 20, 50, 100, 200};
constexpr double kStrengths[] = {5, 10, 20, 50, 100, 200, 500, 1000};
constexpr double kHeldOut = 0.1;
constexpr char kBar[] = "popularity_in_context";

// Shoppers of the training part that `part` says nothing of.
std::vector<uint32_t> NewShoppers(const TrainingPart& part) {
  if (!part.held_out.empty()) return part.held_out;
  std::vector<uint32_t> shoppers;
  std::vector<Event> events;
  for (uint32_t shopper = 0; shopper < part.dataset->train().size(); ++shopper) {
    part.dataset->train().Read(shopper, events);
    if (!events.empty() && events.front().time >= part.until) shoppers.push_back(shopper);
  }
  return shoppers;
}

// NDCG@20 of each case by name, in the order of the cases.
using Values = std::map<std::string, std::vector<float>>;
using ScoreOne = std::function<void(size_t i, std::span<float> scores)>;

// Asks for all that the shopper wants, before the first event.
Cases ColdCases(const Shoppers& shoppers, EventType target, const ShopperSubset& only = {}) {
  Cases cases{.task = Task::kDiscovery};
  std::vector<Event> events;
  const size_t n = only ? only->size() : shoppers.size();
  for (size_t i = 0; i < n; ++i) {
    const auto shopper = only ? (*only)[i] : static_cast<uint32_t>(i);
    shoppers.Read(shopper, events);
    std::vector<uint32_t> wanted;
    for (const Event& event : events) {
      if (event.type == target) wanted.push_back(event.item);
    }
    std::ranges::sort(wanted);
    wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());
    if (wanted.empty()) continue;
    cases.shopper.push_back(shopper);
    cases.now.push_back(events.front().time);
    cases.n_baskets.push_back(0);
    cases.event_offsets.push_back(0);
    cases.seen_offsets.push_back(0);
    cases.targets.insert(cases.targets.end(), wanted.begin(), wanted.end());
    cases.revenue.resize(cases.targets.size());
    cases.target_offsets.push_back(cases.targets.size());
  }
  return cases;
}

// The context of the shopper of each case: that of the first event.
std::vector<uint16_t> ContextsOf(const Shoppers& shoppers, const Cases& cases) {
  std::vector<uint16_t> contexts;
  std::vector<Event> events;
  for (const uint32_t shopper : cases.shopper) {
    shoppers.Read(shopper, events);
    contexts.push_back(events.front().context);
  }
  return contexts;
}

std::vector<float> Rank(const Cases& cases, const ItemFacts& facts, const ScoreOne& score) {
  std::vector<float> values(cases.size());
  ParallelForDynamic(cases.size(), 1, [&](size_t first, size_t last) {
    std::vector<float> scores(facts.n_items);
    std::vector<uint32_t> list;
    for (size_t i = first; i < last; ++i) {
      score(i, scores);
      values[i] = RankCase(cases, i, scores, facts, list)[kNdcg20];
    }
  });
  return values;
}

double MeanOf(const std::vector<float>& values) {
  double sum = 0;
  for (const float value : values) sum += static_cast<double>(value);
  return values.empty() ? 0 : sum / static_cast<double>(values.size());
}

// Popularity within a context, pulled towards that of all by `strength` shoppers' worth.
class ContextPopularity {
 public:
  ContextPopularity(const TrainingPart& part) : n_items_(part.n_items()), all_(Popularity(part)) {
    std::vector<uint32_t> items;
    part.ForEachShopper([&](uint32_t, std::span<const Event> events) {
      ++n_shoppers_;
      std::vector<float>& counts = by_context_[events.front().context];
      counts.resize(n_items_);
      items.clear();
      for (const Event& event : events) {
        if (event.type == part.dataset->info().target) items.push_back(event.item);
      }
      std::ranges::sort(items);
      items.erase(std::unique(items.begin(), items.end()), items.end());
      for (const uint32_t item : items) counts[item] += 1;
    });
  }
  void Score(uint16_t context, double strength, std::span<float> scores) const {
    const auto found = context == 0 ? by_context_.end() : by_context_.find(context);
    const auto share = static_cast<float>(strength / static_cast<double>(n_shoppers_));
    for (size_t i = 0; i < n_items_; ++i) {
      scores[i] = share * all_[i] + (found == by_context_.end() ? 0 : found->second[i]);
    }
  }

 private:
  size_t n_items_, n_shoppers_ = 0;
  std::vector<float> all_;
  std::map<uint16_t, std::vector<float>> by_context_;
};

double ChooseStrength(const Dataset& dataset, const ItemFacts& facts) {
  const Shoppers& train = dataset.train();
  const std::vector<uint32_t> held_out = HoldOutShoppers(train.size(), kHeldOut, /*seed=*/1);
  const Cases cases = ColdCases(train, dataset.info().target, held_out);
  const std::vector<uint16_t> contexts = ContextsOf(train, cases);
  const ContextPopularity popularity({.dataset = &dataset, .held_out = held_out});
  double best = kStrengths[0], best_value = -1;
  for (const double strength : kStrengths) {
    const double value = MeanOf(Rank(cases, facts, [&](size_t i, std::span<float> scores) {
      popularity.Score(contexts[i], strength, scores);
    }));
    if (value > best_value) {
      best = strength;
      best_value = value;
    }
  }
  return best;
}

Json ToJson(const std::vector<float>& values, const std::vector<float>& bar,
            const BootstrapOptions& bootstrap) {
  const Estimate own = EstimateMean(values, bootstrap);
  Json json{
      {"ndcg@20", {{"value", own.value}, {"low", own.interval.low}, {"high", own.interval.high}}}};
  std::vector<float> differences(values.size());
  for (size_t i = 0; i < values.size(); ++i) differences[i] = values[i] - bar[i];
  const Estimate diff = EstimateMean(differences, bootstrap);
  const double base = MeanOf(bar);
  json["difference"] = {{"diff", diff.value},
                        {"low", diff.interval.low},
                        {"high", diff.interval.high},
                        {"relative", base > 0 ? Json(diff.value / base) : Json()}};
  return json;
}

}  // namespace

Result<std::optional<float>> ChooseFade(const TrainingPlan& plan, const std::string& fit_path) {
  VITRINE_ASSIGN_OR_RETURN(const TensorFile file, ReadTensorFile(fit_path));
  VITRINE_ASSIGN_OR_RETURN(const std::vector<std::string> names, ReadContextNames(file));
  if (names.empty()) return std::optional<float>();
  VITRINE_ASSIGN_OR_RETURN(const std::unique_ptr<Model> model, LoadModel(file));
  const auto& gan = dynamic_cast<const GanModel&>(*model);
  const Dataset& dataset = *plan.fit.dataset;
  const std::vector<uint32_t> shoppers = NewShoppers(plan.fit);
  const Cases cases = CasesFromPrefixes(dataset.train(),
                                        {.task = Task::kDiscovery, .target = dataset.info().target},
                                        {.of_events = true, .lengths = {1, 2, 3, 5, 10}}, shoppers);
  if (cases.size() == 0) return std::optional<float>();
  const std::vector<uint16_t> contexts = ContextsOf(dataset.train(), cases);
  const ItemFacts facts{.n_items = gan.n_items()};
  std::vector<std::vector<float>> values(std::size(kFades), std::vector<float>(cases.size()));
  ParallelForDynamic(cases.size(), 1, [&](size_t first, size_t last) {
    std::vector<float> scores(facts.n_items);
    std::vector<uint32_t> list;
    for (size_t i = first; i < last; ++i) {
      const History history = cases.HistoryOf(i);
      const auto context = ContextColumns(names, dataset.contexts()[contexts[i]]);
      const std::vector<float> own = gan.Encode(history, context);
      const std::vector<float> seed = gan.Encode({{}, history.now}, context);
      const auto n = static_cast<float>(cases.Seen(i).size());
      for (size_t k = 0; k < std::size(kFades); ++k) {
        std::vector<float> mixed = own;
        const float share = context.empty() ? 0 : kFades[k] / (kFades[k] + n);
        for (size_t c = 0; c < mixed.size(); ++c) mixed[c] += share * (seed[c] - own[c]);
        gan.item_table().Multiply(mixed, scores);
        for (size_t item = 0; item < scores.size(); ++item) scores[item] += gan.item_bias()[item];
        values[k][i] = RankCase(cases, i, scores, facts, list)[kNdcg20];
      }
    }
  });
  size_t best = 0;
  for (size_t k = 1; k < std::size(kFades); ++k) {
    if (MeanOf(values[k]) > MeanOf(values[best])) best = k;
  }
  return std::optional(kFades[best]);
}

Result<Json> CompareColdStart(std::span<const Dataset> folds, const ColdContender& generator,
                              std::span<const ColdContender> rivals,
                              std::span<const ItemFacts> facts, const BootstrapOptions& bootstrap) {
  std::map<size_t, Values> found;
  Json strengths = Json::array();
  for (size_t fold = 0; fold < folds.size(); ++fold) {
    const Dataset& dataset = folds[fold];
    VITRINE_ASSIGN_OR_RETURN(const TensorFile file, ReadTensorFile(generator.files[fold]));
    VITRINE_ASSIGN_OR_RETURN(const std::vector<std::string> names, ReadContextNames(file));
    if (names.empty()) return Json();
    VITRINE_ASSIGN_OR_RETURN(const std::unique_ptr<Model> model, LoadModel(file));
    const auto& gan = dynamic_cast<const GanModel&>(*model);
    std::vector<TensorFile> files;
    std::vector<std::unique_ptr<Model>> models;
    for (const ColdContender& rival : rivals) {
      VITRINE_ASSIGN_OR_RETURN(TensorFile own, ReadTensorFile(rival.files[fold]));
      files.push_back(std::move(own));
      VITRINE_ASSIGN_OR_RETURN(models.emplace_back(), LoadModel(files.back()));
    }
    const ContextPopularity popularity({.dataset = &dataset});
    const double strength = ChooseStrength(dataset, facts[fold]);
    strengths.push_back(strength);
    for (const size_t length : kLengths) {
      const Cases cases = length == 0 ? ColdCases(dataset.test(), dataset.info().target)
                                      : TestCases(dataset, Task::kDiscovery,
                                                  {.of_events = true, .lengths = {length}});
      const std::vector<uint16_t> contexts = ContextsOf(dataset.test(), cases);
      const auto add = [&](const std::string& name, const ScoreOne& score) {
        const std::vector<float> values = Rank(cases, facts[fold], score);
        std::vector<float>& all = found[length][name];
        all.insert(all.end(), values.begin(), values.end());
      };
      add("generator", [&](size_t i, std::span<float> scores) {
        const auto context = ContextColumns(names, dataset.contexts()[contexts[i]]);
        gan.item_table().Multiply(gan.Encode(cases.HistoryOf(i), context), scores);
        for (size_t item = 0; item < scores.size(); ++item) scores[item] += gan.item_bias()[item];
      });
      add("generator_without_context",
          [&](size_t i, std::span<float> scores) { gan.Score(cases.HistoryOf(i), scores); });
      add(kBar, [&](size_t i, std::span<float> scores) {
        popularity.Score(contexts[i], strength, scores);
      });
      for (size_t m = 0; m < models.size(); ++m) {
        // Before the first event a model that only adds up the history says nothing.
        if (length == 0 && (rivals[m].name == "linear" || rivals[m].name == "item-knn")) continue;
        add(rivals[m].name, [&](size_t i, std::span<float> scores) {
          models[m]->Score(cases.HistoryOf(i), scores);
        });
      }
    }
  }
  Json result;
  for (const auto& [length, values] : found) {
    const std::vector<float>& bar = values.at(kBar);
    Json& answer = result[std::to_string(length)];
    answer["cases"] = bar.size();
    for (const auto& [name, own] : values) answer[name] = ToJson(own, bar, bootstrap);
  }
  result["strength_of_popularity_in_context"] = strengths;
  return result;
}

}  // namespace vitrine
