#include "train/cold_start.h"

#include <algorithm>
#include <functional>
#include <map>
#include <memory>

#include "core/parallel.h"
#include "format/safetensors.h"
#include "models/gan.h"
#include "train/cases.h"
#include "train/cold_popularity.h"
#include "train/contexts.h"
#include "train/evaluate.h"

namespace vitrine {
namespace {

using Json = nlohmann::ordered_json;

constexpr char kBar[] = "popularity_in_context", kOverall[] = "popularity_all_time";
constexpr char kGenerator[] = "generator", kBest[] = "best_possible";

// Test shoppers of whom nothing was trained on.
std::vector<uint32_t> NewTestShoppers(const Dataset& dataset) {
  const DatasetInfo& info = dataset.info();
  return CameSince(dataset.test(),
                   HasCut(info.split) ? info.cut_time : std::numeric_limits<int64_t>::min());
}

CaseOptions Wanted(const Dataset& dataset) {
  return {.task = Task::kDiscovery, .target = dataset.info().target};
}

// NDCG@20 of each case by name, in the order of the cases.
using Values = std::map<std::string, std::vector<float>>;
using ScoreOne = std::function<void(size_t i, std::span<float> scores)>;

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

// `values` above `base`, paired over shoppers.
Json DifferenceJson(const std::vector<float>& values, const std::vector<float>& base,
                    const BootstrapOptions& bootstrap) {
  std::vector<float> differences(values.size());
  for (size_t i = 0; i < values.size(); ++i) differences[i] = values[i] - base[i];
  const Estimate diff = EstimateMean(differences, bootstrap);
  const double mean = MeanOf(base);
  return {{"diff", diff.value},
          {"low", diff.interval.low},
          {"high", diff.interval.high},
          {"relative", mean > 0 ? Json(diff.value / mean) : Json()}};
}

Json ToJson(const std::vector<float>& values, const Values& all,
            const BootstrapOptions& bootstrap) {
  const Estimate own = EstimateMean(values, bootstrap);
  return {
      {"ndcg@20", {{"value", own.value}, {"low", own.interval.low}, {"high", own.interval.high}}},
      {"difference", DifferenceJson(values, all.at(kBar), bootstrap)},
      {"generator_ahead", DifferenceJson(all.at(kGenerator), values, bootstrap)}};
}

// The share of what the best possible list has above popularity of all time that the generator
// closes, with its interval over shoppers. Null where there is nothing to close.
Json GapClosed(const Values& values, const BootstrapOptions& bootstrap) {
  const std::vector<float>& own = values.at(kGenerator);
  std::vector<float> rows;  // n x 3
  for (size_t i = 0; i < own.size(); ++i) {
    rows.insert(rows.end(), {own[i], values.at(kOverall)[i], values.at(kBest)[i]});
  }
  const double low = MeanOf(values.at(kOverall)), high = MeanOf(values.at(kBest));
  if (!(high > low) || low <= 0) return Json();
  const std::vector<double> sums = ResampleSums(rows, 3, bootstrap);
  std::vector<double> closed;
  for (size_t r = 0; r < bootstrap.resamples; ++r) {
    const double* sum = sums.data() + 3 * r;
    closed.push_back((sum[0] - sum[1]) / (sum[2] - sum[1]));
  }
  const Interval interval = PercentileInterval(closed);
  return {{"gap", (high - low) / low},
          {"closed", (MeanOf(own) - low) / (high - low)},
          {"low", interval.low},
          {"high", interval.high}};
}

}  // namespace

Result<Json> CompareColdStart(std::span<const Dataset> folds, const ColdContender& generator,
                              std::span<const ColdContender> rivals,
                              std::span<const ItemFacts> facts, const ColdOracle& oracle,
                              const BootstrapOptions& bootstrap) {
  std::map<size_t, Values> found;
  Json settings = Json::array();
  for (size_t fold = 0; fold < folds.size(); ++fold) {
    const Dataset& dataset = folds[fold];
    VITRINE_ASSIGN_OR_RETURN(const TensorFile file, ReadTensorFile(generator.files[fold]));
    VITRINE_ASSIGN_OR_RETURN(const std::vector<std::string> names, ReadContextNames(file));
    if (names.empty()) return Json();
    VITRINE_ASSIGN_OR_RETURN(const std::unique_ptr<Model> model, LoadModel(file));
    const auto& gan = dynamic_cast<const GanModel&>(*model);
    std::vector<TensorFile> files;
    std::vector<std::unique_ptr<Model>> models;
    files.reserve(rivals.size());  // models borrow them
    for (const ColdContender& rival : rivals) {
      VITRINE_ASSIGN_OR_RETURN(TensorFile own, ReadTensorFile(rival.files[fold]));
      files.push_back(std::move(own));
      VITRINE_ASSIGN_OR_RETURN(models.emplace_back(), LoadModel(files.back()));
    }
    const ColdPopularity popularity({.dataset = &dataset}, names);
    const ColdPopularitySettings chosen = ChooseColdPopularity(dataset, names);
    settings.push_back({{"strength", chosen.strength}, {"weight_of_first", chosen.weight}});
    const std::vector<uint32_t> asked = NewTestShoppers(dataset);
    for (const size_t length : kColdLengths) {
      const Cases cases = CasesAfterEvents(dataset.test(), Wanted(dataset), length, asked);
      const std::vector<Newcomer> shoppers = NewcomersOf(dataset, dataset.test(), cases, names);
      const auto add = [&](const std::string& name, const ScoreOne& score) {
        const std::vector<float> values = Rank(cases, facts[fold], score);
        std::vector<float>& all = found[length][name];
        all.insert(all.end(), values.begin(), values.end());
      };
      add(kGenerator, [&](size_t i, std::span<float> scores) {
        gan.Score(cases.HistoryOf(i), shoppers[i].columns, scores);
      });
      add("generator_without_context",
          [&](size_t i, std::span<float> scores) { gan.Score(cases.HistoryOf(i), scores); });
      add(kBar, [&](size_t i, std::span<float> scores) {
        popularity.InContext(shoppers[i], chosen.strength, scores);
      });
      add(kOverall, [&](size_t, std::span<float> scores) { popularity.Overall(scores); });
      add("popularity_30_days",
          [&](size_t i, std::span<float> scores) { popularity.Recent(shoppers[i], scores); });
      add("popularity_first_basket",
          [&](size_t, std::span<float> scores) { popularity.FirstBasket(scores); });
      add("popularity_30_days_and_first_basket", [&](size_t i, std::span<float> scores) {
        popularity.RecentAndFirst(shoppers[i], chosen.weight, scores);
      });
      for (size_t m = 0; m < models.size(); ++m) {
        // Popularity is above; before the first event what only adds up the history says nothing.
        if (rivals[m].name == "popularity") continue;
        if (length == 0 && (rivals[m].name == "linear" || rivals[m].name == "item-knn")) continue;
        add(rivals[m].name, [&](size_t i, std::span<float> scores) {
          models[m]->Score(cases.HistoryOf(i), scores);
        });
      }
      if (!oracle || length > 0) continue;
      std::vector<std::string_view> contexts;
      std::vector<Event> events;
      for (const uint32_t shopper : cases.shopper) {
        dataset.test().Read(shopper, events);
        contexts.push_back(dataset.contexts()[events.front().context]);
      }
      add(kBest, [&](size_t i, std::span<float> scores) {
        oracle(dataset.catalogue(), contexts[i], scores);
      });
    }
  }
  Json result;
  for (const auto& [length, values] : found) {
    const std::vector<float>& bar = values.at(kBar);
    if (bar.empty()) continue;
    Json& answer = result[std::to_string(length)];
    answer["cases"] = bar.size();
    for (const auto& [name, own] : values) answer[name] = ToJson(own, values, bootstrap);
    if (values.contains(kBest)) answer["gap_closed"] = GapClosed(values, bootstrap);
  }
  if (result.is_null()) return result;
  result["settings_of_popularity"] = settings;
  return result;
}

}  // namespace vitrine
