#include "evaluate/metrics.h"

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

// Where the sum to divide a metric's sum by is; kCaseValues: it is the number of cases.
constexpr size_t DenominatorOf(size_t metric) {
  switch (metric) {
    case kRevenue20:
      return kRevenueTotal;
    case kTailRecall20:
      return kTailTotal;
    case kDiversity20:
      return kDiverseCases;
    case kPopularityLift20:
      return kSeenPopularity;
    case kMiscalibration20:
      return kCalibratedCases;
    default:
      return kCaseValues;
  }
}

double Ratio(const double* sums, double n, size_t metric) {
  const size_t denominator = DenominatorOf(metric);
  return sums[metric] / (denominator == kCaseValues ? n : sums[denominator]);
}

double MeanPopularity(std::span<const uint32_t> items, std::span<const float> popularity) {
  double sum = 0;
  for (const uint32_t item : items) sum += popularity[item];
  return sum / static_cast<double>(items.size());
}

// The categories of `items`, ascending; of those that have one.
std::vector<uint32_t> CategoriesOf(std::span<const uint32_t> items,
                                   std::span<const uint32_t> category) {
  std::vector<uint32_t> found;
  for (const uint32_t item : items) {
    if (category[item] != kNoCategory) found.push_back(category[item]);
  }
  std::sort(found.begin(), found.end());
  return found;
}

// Calls visit(category, count) for each run of equal categories.
template <class Visit>
void ForEachCategory(std::span<const uint32_t> sorted, const Visit& visit) {
  for (size_t first = 0, last = 0; first < sorted.size(); first = last) {
    while (last < sorted.size() && sorted[last] == sorted[first]) ++last;
    visit(sorted[first], static_cast<double>(last - first));
  }
}

// Of two products at least.
double PairsOfTwoCategories(std::span<const uint32_t> shown) {
  const auto n = static_cast<double>(shown.size());
  double alike = 0;
  ForEachCategory(shown, [&](uint32_t, double count) { alike += count * (count - 1); });
  return 1 - alike / (n * (n - 1));
}

// Of the pairs of two products at least.
double MeanLikeness(std::span<const uint32_t> shown, const ItemFacts& facts) {
  double sum = 0;
  for (size_t i = 0; i < shown.size(); ++i) {
    for (size_t j = 0; j < i; ++j) sum += facts.Likeness(shown[i], shown[j]);
  }
  const auto n = static_cast<double>(shown.size());
  return sum / (n * (n - 1) / 2);
}

double KlOfCategories(std::span<const uint32_t> seen, std::span<const uint32_t> shown) {
  constexpr double kSmoothing = 0.01;
  double kl = 0;
  ForEachCategory(seen, [&](uint32_t category, double count) {
    const auto [first, last] = std::equal_range(shown.begin(), shown.end(), category);
    const double p = count / static_cast<double>(seen.size());
    const double q = static_cast<double>(last - first) / static_cast<double>(shown.size());
    kl += p * std::log(p / ((1 - kSmoothing) * q + kSmoothing * p));
  });
  return kl;
}

void ScoreBeyondAccuracy(std::span<const uint32_t> shown, std::span<const uint32_t> seen,
                         const ItemFacts& facts, CaseValues& values) {
  if (shown.empty()) return;
  if (!facts.surprise.empty()) {
    double surprise = 0;
    for (const uint32_t item : shown) surprise += facts.surprise[item];
    values[kNovelty20] = static_cast<float>(surprise / static_cast<double>(shown.size()));
  }
  if (!facts.popularity.empty() && !seen.empty()) {
    const double own = MeanPopularity(seen, facts.popularity);
    values[kPopularityLift20] = static_cast<float>(MeanPopularity(shown, facts.popularity) - own);
    values[kSeenPopularity] = static_cast<float>(own);
  }
  if (!facts.shoppers.empty() && shown.size() >= 2) {
    values[kDiversity20] = static_cast<float>(1 - MeanLikeness(shown, facts));
    values[kDiverseCases] = 1;
  }
  if (facts.category.empty()) return;
  const std::vector<uint32_t> own = CategoriesOf(seen, facts.category);
  const std::vector<uint32_t> listed = CategoriesOf(shown, facts.category);
  if (listed.size() >= 2) {
    values[kDiversity20] = static_cast<float>(PairsOfTwoCategories(listed));
    values[kDiverseCases] = 1;
  }
  if (!listed.empty() && !own.empty()) {
    values[kMiscalibration20] = static_cast<float>(KlOfCategories(own, listed));
    values[kCalibratedCases] = 1;
  }
}

std::span<const float> Flat(std::span<const CaseValues> values) {
  static_assert(sizeof(CaseValues) == kCaseValues * sizeof(float));
  return {reinterpret_cast<const float*>(values.data()), values.size() * kCaseValues};
}

}  // namespace

CaseValues ScoreCase(const RankedCase& ranked, const ItemFacts& facts) {
  static const Discounts discounts;
  VITRINE_CHECK(!ranked.targets.empty() && ranked.first_rank > 0);
  CaseValues values{};
  const auto list = ranked.list.first(std::min(ranked.list.size(), kRanked));
  // hits[k] and dcg[k]: what the first k places hold.
  std::array<uint32_t, kRanked + 1> hits{};
  std::array<double, kRanked + 1> dcg{};
  double money = 0;
  for (size_t place = 0; place < kRanked; ++place) {
    hits[place + 1] = hits[place];
    dcg[place + 1] = dcg[place];
    if (place >= list.size()) continue;
    const uint32_t item = list[place];
    const auto target = std::lower_bound(ranked.targets.begin(), ranked.targets.end(), item);
    if (target == ranked.targets.end() || *target != item) continue;
    ++hits[place + 1];
    dcg[place + 1] += discounts.at[place];
    if (place >= kShown) continue;
    money += ranked.revenue[static_cast<size_t>(target - ranked.targets.begin())];
    if (facts.IsTail(item)) values[kTailRecall20] += 1;
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
  values[kRevenue20] = static_cast<float>(money);
  values[kTailTotal] = static_cast<float>(
      std::ranges::count_if(ranked.targets, [&](uint32_t item) { return facts.IsTail(item); }));
  values[kRevenueTotal] = std::accumulate(ranked.revenue.begin(), ranked.revenue.end(), 0.0f);
  ScoreBeyondAccuracy(list.first(std::min(list.size(), kShown)), ranked.seen, facts, values);
  return values;
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

double MeanOf(std::span<const float> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

Estimate EstimateMean(std::span<const float> values, const BootstrapOptions& bootstrap) {
  const auto n = static_cast<double>(values.size());
  std::vector<double> means = ResampleSums(values, 1, bootstrap);
  for (double& mean : means) mean /= n;
  return {MeanOf(values), PercentileInterval(means)};
}

Estimate EstimateDifference(std::span<const float> values, std::span<const float> base,
                            const BootstrapOptions& bootstrap) {
  VITRINE_CHECK(values.size() == base.size());
  std::vector<float> differences(values.size());
  for (size_t i = 0; i < values.size(); ++i) differences[i] = values[i] - base[i];
  return EstimateMean(differences, bootstrap);
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
    if (other_value > 0) difference.relative = difference.diff / other_value;
    for (size_t i = 0; i < values.size(); ++i) {
      difference.n_higher += values[i][m] > other[i][m];
      difference.n_equal += values[i][m] == other[i][m];
      difference.n_lower += values[i][m] < other[i][m];
    }
    for (size_t r = 0; r < bootstrap.resamples; ++r) {
      statistics[r] = Ratio(sums.data() + r * kCaseValues, n, m) -
                      Ratio(other_sums.data() + r * kCaseValues, n, m);
    }
    difference.interval = PercentileInterval(statistics);
  }
  return differences;
}

}  // namespace vitrine
