#include "train/metrics.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/check.h"

namespace vitrine {
namespace {

// at[r] = 1 / log2(r + 2), of place r from 0; ideal[n] = the sum of the first n.
struct Discounts {
  std::array<double, kRanked> at;
  std::array<double, kRanked + 1> ideal;
  Discounts() {
    ideal[0] = 0;
    for (size_t r = 0; r < kRanked; ++r) {
      at[r] = 1 / std::log2(static_cast<double>(r + 2));
      ideal[r + 1] = ideal[r] + at[r];
    }
  }
};

double Ratio(const double* sums, double n, size_t metric) {
  if (metric == kRevenue20) return sums[kRevenue20] / sums[kRevenueTotal];
  if (metric == kTailRecall20) return sums[kTailRecall20] / sums[kTailTotal];
  return sums[metric] / n;
}

std::span<const float> Flat(std::span<const CaseValues> values) {
  static_assert(sizeof(CaseValues) == kCaseValues * sizeof(float));
  return {reinterpret_cast<const float*>(values.data()), values.size() * kCaseValues};
}

}  // namespace

CaseValues ScoreCase(const RankedCase& ranked, std::span<const float> surprise) {
  static const Discounts discounts;
  VITRINE_CHECK(!ranked.targets.empty() && ranked.first_rank > 0);
  CaseValues values{};
  const auto list = ranked.list.first(std::min(ranked.list.size(), kRanked));
  // hits[k] and dcg[k]: what the first k places hold.
  std::array<uint32_t, kRanked + 1> hits{};
  std::array<double, kRanked + 1> dcg{};
  double surprises = 0;
  double money = 0;
  for (size_t place = 0; place < kRanked; ++place) {
    hits[place + 1] = hits[place];
    dcg[place + 1] = dcg[place];
    if (place >= list.size()) continue;
    const uint32_t item = list[place];
    if (place < kShown) surprises += surprise[item];
    const auto target = std::lower_bound(ranked.targets.begin(), ranked.targets.end(), item);
    if (target == ranked.targets.end() || *target != item) continue;
    ++hits[place + 1];
    dcg[place + 1] += discounts.at[place];
    if (place >= kShown) continue;
    money += ranked.revenue[static_cast<size_t>(target - ranked.targets.begin())];
    if (IsTail(item, surprise.size())) values[kTailRecall20] += 1;
    if (!std::binary_search(ranked.seen.begin(), ranked.seen.end(), item)) values[kNewHit20] = 1;
  }
  const size_t n_targets = ranked.targets.size();
  const auto ndcg = [&](size_t k) {
    return static_cast<float>(dcg[k] / discounts.ideal[std::min(k, n_targets)]);
  };
  const auto share = [&](size_t k, size_t of) {
    return static_cast<float>(hits[k]) / static_cast<float>(of);
  };
  const auto mrr = [&](size_t k) {
    return ranked.first_rank <= k ? 1.0f / static_cast<float>(ranked.first_rank) : 0.0f;
  };
  values[kNdcg5] = ndcg(5);
  values[kNdcg10] = ndcg(10);
  values[kNdcg20] = ndcg(20);
  values[kNdcg100] = ndcg(100);
  values[kCappedRecall20] = share(20, std::min<size_t>(20, n_targets));
  values[kCappedRecall50] = share(50, std::min<size_t>(50, n_targets));
  values[kRecall5] = share(5, n_targets);
  values[kRecall20] = share(20, n_targets);
  values[kPrecision5] = share(5, 5);
  values[kPrecision20] = share(20, 20);
  values[kMrr] = mrr(ranked.first_rank);
  values[kMrr5] = mrr(5);
  values[kMrr20] = mrr(20);
  values[kHr5] = hits[5] > 0;
  values[kHr10] = hits[10] > 0;
  values[kHr20] = hits[20] > 0;
  if (!list.empty()) {
    values[kNovelty20] =
        static_cast<float>(surprises / static_cast<double>(std::min(list.size(), kShown)));
  }
  values[kRevenue20] = static_cast<float>(money);
  values[kTailTotal] = static_cast<float>(std::ranges::count_if(
      ranked.targets, [&](uint32_t item) { return IsTail(item, surprise.size()); }));
  values[kRevenueTotal] = std::accumulate(ranked.revenue.begin(), ranked.revenue.end(), 0.0f);
  return values;
}

std::vector<float> SurpriseOf(std::span<const float> popularity) {
  const double total =
      std::accumulate(popularity.begin(), popularity.end(), static_cast<double>(popularity.size()));
  std::vector<float> surprise(popularity.size());
  for (size_t i = 0; i < popularity.size(); ++i) {
    surprise[i] = static_cast<float>(-std::log2((double{popularity[i]} + 1) / total));
  }
  return surprise;
}

double MetricOf(std::span<const CaseValues> values, Metric metric) {
  std::array<double, kCaseValues> sums{};
  for (const CaseValues& row : values) {
    for (size_t c = 0; c < kCaseValues; ++c) sums[c] += row[c];
  }
  return Ratio(sums.data(), static_cast<double>(values.size()), metric);
}

double CoverageOf(std::span<const uint32_t> shown, size_t n_items) {
  if (n_items == 0) return 0;
  std::vector<bool> listed(n_items);
  for (const uint32_t item : shown) {
    if (item != kNothingShown) listed[item] = true;
  }
  return static_cast<double>(std::count(listed.begin(), listed.end(), true)) /
         static_cast<double>(n_items);
}

// Sum over products, fewest shown first, of (2 rank - n - 1) shown / (n sum of shown).
double GiniOf(std::span<const uint32_t> shown, size_t n_items) {
  std::vector<uint64_t> counts(n_items);
  for (const uint32_t item : shown) {
    if (item != kNothingShown) ++counts[item];
  }
  std::ranges::sort(counts);
  const auto n = static_cast<double>(n_items);
  double weighted = 0, total = 0;
  for (size_t i = 0; i < n_items; ++i) {
    weighted += (2 * static_cast<double>(i + 1) - n - 1) * static_cast<double>(counts[i]);
    total += static_cast<double>(counts[i]);
  }
  return total > 0 ? weighted / (n * total) : 0;
}

Summary Summarize(std::span<const CaseValues> values, std::span<const uint32_t> shown,
                  size_t n_items, const BootstrapOptions& bootstrap) {
  VITRINE_CHECK(shown.size() == values.size() * kShown);
  Summary summary{.n_cases = values.size()};
  const auto n = static_cast<double>(values.size());
  const std::vector<double> sums = ResampleSums(Flat(values), kCaseValues, bootstrap);
  std::vector<double> statistics(bootstrap.resamples);
  for (size_t m = 0; m < kMetrics; ++m) {
    summary.metrics[m].value = MetricOf(values, static_cast<Metric>(m));
    for (size_t r = 0; r < bootstrap.resamples; ++r) {
      statistics[r] = Ratio(sums.data() + r * kCaseValues, n, m);
    }
    summary.metrics[m].interval = PercentileInterval(statistics);
  }
  summary.coverage = CoverageOf(shown, n_items);
  summary.gini = GiniOf(shown, n_items);
  return summary;
}

std::array<Difference, kMetrics> Compare(std::span<const CaseValues> values,
                                         std::span<const CaseValues> other,
                                         const BootstrapOptions& bootstrap) {
  VITRINE_CHECK(values.size() == other.size());
  const auto n = static_cast<double>(values.size());
  // The same seed and n: resample r holds the same shoppers in both.
  const std::vector<double> sums = ResampleSums(Flat(values), kCaseValues, bootstrap);
  const std::vector<double> other_sums = ResampleSums(Flat(other), kCaseValues, bootstrap);
  std::array<Difference, kMetrics> differences;
  std::vector<double> statistics(bootstrap.resamples);
  for (size_t m = 0; m < kMetrics; ++m) {
    const double other_value = MetricOf(other, static_cast<Metric>(m));
    Difference& difference = differences[m];
    difference.diff = MetricOf(values, static_cast<Metric>(m)) - other_value;
    difference.relative = difference.diff / other_value;
    for (size_t r = 0; r < bootstrap.resamples; ++r) {
      statistics[r] = Ratio(sums.data() + r * kCaseValues, n, m) -
                      Ratio(other_sums.data() + r * kCaseValues, n, m);
    }
    difference.interval = PercentileInterval(statistics);
  }
  return differences;
}

}  // namespace vitrine
