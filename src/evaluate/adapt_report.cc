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

constexpr size_t kAnyNumber = std::numeric_limits<size_t>::max();

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

Json AdaptReport::GroupJson(const Group& group, const BootstrapOptions& bootstrap) const {
  const size_t cols = 2 + others_.size();
  std::map<uint64_t, std::vector<float>> shoppers;
  std::vector<double> means(cols, 0.0);
  size_t n_cases = 0;
  for (const Row& row : rows_) {
    if (row.n_events < group.least || row.n_events > group.most) continue;
    std::vector<float>& sums = shoppers[row.shopper];
    sums.resize(cols);
    for (size_t c = 0; c < cols; ++c) {
      sums[c] += row.ndcg[c];
      means[c] += row.ndcg[c];
    }
    ++n_cases;
  }
  if (n_cases == 0) return {};
  std::vector<float> flat;
  for (const auto& [shopper, sums] : shoppers) flat.insert(flat.end(), sums.begin(), sums.end());
  const std::vector<double> resampled = ResampleSums(flat, cols, bootstrap);
  Json told{{"ndcg@20", RelativeGain(flat, resampled, cols, 1)}};
  told["means"] = {{"adapted", means[0] / static_cast<double>(n_cases)},
                   {"alone", means[1] / static_cast<double>(n_cases)}};
  for (size_t other = 0; other < others_.size(); ++other) {
    told["against"][others_[other]] = RelativeGain(flat, resampled, cols, 2 + other);
    told["means"][others_[other]] = means[2 + other] / static_cast<double>(n_cases);
  }
  told["events"] = group.name;
  told["cases"] = n_cases;
  told["shoppers"] = shoppers.size();
  return told;
}

Json AdaptReport::ToJson(const BootstrapOptions& bootstrap) const {
  Json result = GroupJson({"10+", 10, kAnyNumber}, bootstrap);
  if (result.is_null()) result = GroupJson({"all", 0, kAnyNumber}, bootstrap);
  for (const Group& group : {Group{"1-2", 1, 2}, Group{"3-9", 3, 9}}) {
    Json told = GroupJson(group, bootstrap);
    if (!told.is_null()) result["by_events"][group.name] = std::move(told);
  }
  return result;
}

}  // namespace vitrine
