#include "evaluate/cold_start.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <map>
#include <memory>

#include "core/parallel.h"
#include "evaluate/cases.h"
#include "evaluate/cold_popularity.h"
#include "evaluate/contexts.h"
#include "evaluate/evaluate.h"
#include "evaluate/task_report.h"
#include "format/safetensors.h"
#include "models/gan.h"

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

// `values` above `base`, paired over shoppers.
Json DifferenceJson(const std::vector<float>& values, const std::vector<float>& base,
                    const BootstrapOptions& bootstrap) {
  const Estimate ahead = EstimateDifference(values, base, bootstrap);
  const double mean = MeanOf(base);
  Json json = ToJson(ahead, "diff");
  json["relative"] = mean > 0 ? Json(ahead.value / mean) : Json();
  return json;
}

Json ModelJson(const std::vector<float>& values, const Values& all,
               const BootstrapOptions& bootstrap) {
  return {{"ndcg@20", ToJson(EstimateMean(values, bootstrap))},
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

// Models whose files are borrowed.
struct Rivals {
  std::vector<TensorFile> files;
  std::vector<std::string> names;
  std::vector<std::unique_ptr<Model>> models;
};

// Popularity is counted anew.
Result<Rivals> LoadRivals(std::span<const ColdContender> contenders, size_t fold) {
  Rivals rivals;
  rivals.files.reserve(contenders.size());
  for (const ColdContender& contender : contenders) {
    if (contender.name == "popularity") continue;
    VITRINE_ASSIGN_OR_RETURN(TensorFile file, ReadTensorFile(contender.files[fold]));
    rivals.files.push_back(std::move(file));
    rivals.names.push_back(contender.name);
    VITRINE_ASSIGN_OR_RETURN(rivals.models.emplace_back(), LoadModel(rivals.files.back()));
  }
  return rivals;
}

// The cases of one fold after so many events, and what was found of them.
struct Asked {
  const Cases& cases;
  const ItemFacts& facts;
  Values& found;

  void Add(const std::string& name, const ScoreOne& score) const {
    const std::vector<float> values = Rank(cases, facts, score);
    std::vector<float>& all = found[name];
    all.insert(all.end(), values.begin(), values.end());
  }
};

void AddPopularity(const ColdPopularity& popularity, const ColdPopularitySettings& chosen,
                   const std::vector<Newcomer>& shoppers, const Asked& asked) {
  asked.Add(kBar, [&](size_t i, std::span<float> scores) {
    popularity.InContext(shoppers[i], chosen.strength, scores);
  });
  asked.Add(kOverall, [&](size_t, std::span<float> scores) { popularity.Overall(scores); });
  asked.Add("popularity_30_days",
            [&](size_t i, std::span<float> scores) { popularity.Recent(shoppers[i], scores); });
  asked.Add("popularity_first_basket",
            [&](size_t, std::span<float> scores) { popularity.FirstBasket(scores); });
  asked.Add("popularity_30_days_and_first_basket", [&](size_t i, std::span<float> scores) {
    popularity.RecentAndFirst(shoppers[i], chosen.weight, scores);
  });
}

void AddBest(const Dataset& dataset, const BestScores& best, const Asked& asked) {
  std::vector<std::string_view> contexts;
  std::vector<Event> events;
  for (const uint32_t shopper : asked.cases.shopper) {
    dataset.test().Read(shopper, events);
    contexts.push_back(dataset.contexts()[events.front().context]);
  }
  asked.Add(kBest, [&](size_t i, std::span<float> scores) {
    best(dataset.catalogue(), contexts[i], scores);
  });
}

Json AllJson(const std::map<size_t, Values>& found, const BootstrapOptions& bootstrap) {
  Json result;
  for (const auto& [length, values] : found) {
    const size_t n_cases = values.at(kBar).size();
    if (n_cases == 0) continue;
    Json& answer = result[std::to_string(length)];
    answer["cases"] = n_cases;
    for (const auto& [name, own] : values) answer[name] = ModelJson(own, values, bootstrap);
    if (values.contains(kBest)) answer["gap_closed"] = GapClosed(values, bootstrap);
  }
  return result;
}

}  // namespace

Result<Json> CompareColdStart(std::span<const Dataset> folds, const ColdContender& generator,
                              std::span<const ColdContender> rivals,
                              std::span<const ItemFacts> facts, const ColdOracle& oracle,
                              const BootstrapOptions& bootstrap) {
  std::map<size_t, Values> found;
  Json settings = Json::array();
  BestScores best;
  for (size_t fold = 0; fold < folds.size(); ++fold) {
    const Dataset& dataset = folds[fold];
    VITRINE_ASSIGN_OR_RETURN(const TensorFile file, ReadTensorFile(generator.files[fold]));
    VITRINE_ASSIGN_OR_RETURN(const std::vector<std::string> names, ReadContextNames(file));
    if (names.empty()) return Json();
    VITRINE_ASSIGN_OR_RETURN(const std::unique_ptr<Model> model, LoadModel(file));
    const auto& gan = dynamic_cast<const GanModel&>(*model);
    VITRINE_ASSIGN_OR_RETURN(const Rivals others, LoadRivals(rivals, fold));
    const ColdPopularity popularity({.dataset = &dataset}, names);
    const ColdPopularitySettings chosen = ChooseColdPopularity(dataset, names);
    settings.push_back({{"strength", chosen.strength}, {"weight_of_first", chosen.weight}});
    const std::vector<uint32_t> is_new = NewTestShoppers(dataset);
    for (const size_t length : kColdLengths) {
      const Cases cases = CasesAfterEvents(dataset.test(), Wanted(dataset), length, is_new);
      const std::vector<Newcomer> shoppers = NewcomersOf(dataset, dataset.test(), cases, names);
      const Asked asked{cases, facts[fold], found[length]};
      asked.Add(kGenerator, [&](size_t i, std::span<float> scores) {
        gan.Score(cases.HistoryOf(i), shoppers[i].columns, scores);
      });
      asked.Add("generator_without_context",
                [&](size_t i, std::span<float> scores) { gan.Score(cases.HistoryOf(i), scores); });
      AddPopularity(popularity, chosen, shoppers, asked);
      for (size_t m = 0; m < others.models.size(); ++m) {
        // Before the first event what only adds up the history says nothing.
        if (length == 0 && (others.names[m] == "linear" || others.names[m] == "item-knn")) continue;
        asked.Add(others.names[m], [&](size_t i, std::span<float> scores) {
          others.models[m]->Score(cases.HistoryOf(i), scores);
        });
      }
      if (!oracle || length > 0 || cases.size() == 0) continue;
      if (!best) best = oracle();
      AddBest(dataset, best, asked);
    }
  }
  Json result = AllJson(found, bootstrap);
  if (!result.is_null()) result["settings_of_popularity"] = settings;
  return result;
}

}  // namespace vitrine
