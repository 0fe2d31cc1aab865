#include "evaluate/adapt_report.h"

#include <limits>
#include <map>
#include <span>

#include "evaluate/evaluate.h"
#include "evaluate/metrics.h"
#include "evaluate/task_report.h"

namespace vitrine {
namespace {

using Json = nlohmann::ordered_json;

struct Group {
  const char* name;
  size_t least, most;  // events
};
constexpr Group kGroups[] = {
    {"1-2", 1, 2}, {"3-9", 3, 9}, {"10+", 10, std::numeric_limits<size_t>::max()}};

// Of column 0 over column `other`, both summed over the drawn rows.
Json RelativeGain(std::span<const float> sums, std::span<const double> resampled, size_t cols,
                  size_t other) {
  double own = 0, others = 0;
  for (size_t i = 0; i < sums.size(); i += cols) {
    own += sums[i];
    others += sums[i + other];
  }
  std::vector<double> gains;
  for (size_t i = 0; i < resampled.size(); i += cols) {
    gains.push_back(resampled[i] / resampled[i + other] - 1);
  }
  return ToJson(Estimate{own / others - 1, PercentileInterval(std::move(gains))});
}

}  // namespace

Status AdaptReport::Add(size_t fold, const Cases& cases, const ItemFacts& facts,
                        const Model& adapted, const Model& alone,
                        const std::vector<const Model*>& others) {
  const size_t first = rows_.size();
  for (size_t i = 0; i < cases.size(); ++i) {
    rows_.push_back(
        {uint64_t{fold} << 32 | cases.shopper[i], cases.HistoryOf(i).events.size(), {}});
  }
  std::vector<const Model*> models = {&adapted, &alone};
  models.insert(models.end(), others.begin(), others.end());
  for (const Model* model : models) {
    VITRINE_ASSIGN_OR_RETURN(const Evaluation evaluation, Evaluate(*model, cases, facts));
    for (size_t i = 0; i < cases.size(); ++i) {
      rows_[first + i].ndcg.push_back(evaluation.values[i][kNdcg20]);
    }
  }
  return {};
}

Json AdaptReport::ToJson(const BootstrapOptions& bootstrap) const {
  const size_t cols = 2 + others_.size();
  Json result, by_events;
  for (const auto& [name, least, most] : kGroups) {
    std::map<uint64_t, std::vector<float>> shoppers;
    std::vector<double> means(cols, 0.0);
    size_t n_cases = 0;
    for (const Row& row : rows_) {
      if (row.n_events < least || row.n_events > most) continue;
      std::vector<float>& sums = shoppers[row.shopper];
      sums.resize(cols);
      for (size_t c = 0; c < cols; ++c) {
        sums[c] += row.ndcg[c];
        means[c] += row.ndcg[c];
      }
      ++n_cases;
    }
    if (n_cases == 0) continue;
    std::vector<float> flat;
    for (const auto& [shopper, sums] : shoppers) flat.insert(flat.end(), sums.begin(), sums.end());
    const std::vector<double> resampled = ResampleSums(flat, cols, bootstrap);
    Json group{{"ndcg@20", RelativeGain(flat, resampled, cols, 1)}};
    group["means"] = {{"adapted", means[0] / static_cast<double>(n_cases)},
                      {"alone", means[1] / static_cast<double>(n_cases)}};
    for (size_t other = 0; other < others_.size(); ++other) {
      group["against"][others_[other]] = RelativeGain(flat, resampled, cols, 2 + other);
      group["means"][others_[other]] = means[2 + other] / static_cast<double>(n_cases);
    }
    group["events"] = name;
    group["cases"] = n_cases;
    group["shoppers"] = shoppers.size();
    if (least == std::end(kGroups)[-1].least) {
      result = std::move(group);
    } else {
      by_events[name] = std::move(group);
    }
  }
  if (!by_events.is_null()) result["by_events"] = std::move(by_events);
  return result;
}

}  // namespace vitrine
