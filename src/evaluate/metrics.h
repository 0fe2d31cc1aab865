// How one ranked list is scored, and what the scores of many cases add up to.
#ifndef VITRINE_EVALUATE_METRICS_H_
#define VITRINE_EVALUATE_METRICS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <vector>

#include "evaluate/bootstrap.h"
#include "evaluate/item_facts.h"

namespace vitrine {

// Relevance is binary: an item is a target or not. T is the number of targets. Which of these a
// protocol reports, and under which name, is in evaluate/protocol.h.
enum Metric : uint8_t {
  kNdcg5,           // DCG / ideal DCG, gain 1 / log2(rank + 1), ideal over min(k, T) targets
  kNdcg10,          // the same over 10 places, and so on
  kNdcg20,          //
  kNdcg100,         //
  kCappedRecall20,  // listed targets / min(k, T): 1 is always within reach
  kCappedRecall50,  //
  kRecall5,         // listed targets / T
  kRecall20,        //
  kPrecision5,      // listed targets / k
  kPrecision20,     //
  kMrr,             // 1 / rank of the first target in the whole ranking
  kMrr5,            // the same where it is among the first 5, else 0
  kMrr20,           //
  kHr5,             // whether a target is among the first 5
  kHr10,            //
  kHr20,            //
  kNewHit20,        // whether a target that the prefix did not contain is among the first 20
  kNovelty20,       // mean of -log2(share of training popularity) over the first 20
  kRevenue20,       // revenue of the targets among the first 20 / of all, as a ratio of sums
  kTailRecall20,    // the same of the number of targets outside the head of the catalogue
  kDiversity20,     // intra-list diversity (Ziegler et al., WWW 2005), 1 minus the mean similarity
                    // of the pairs among the first 20: 1 within a category, else 0; where there are
                    // no categories, the cosine of the products' training shoppers
  kPopularityLift20,  // (mean popularity of the first 20 - of the products seen) / of those seen,
                      // numerator and denominator averaged over cases: Abdollahpouri et al.,
                      // "The connection between popularity bias, calibration, and fairness in
                      // recommendation", RecSys 2020
  kMiscalibration20,  // KL(p, q') in nats, p and q the shares of categories among the products seen
                      // and the first 20, q' = .99 q + .01 p: Steck, "Calibrated
                      // recommendations", RecSys 2018
};
inline constexpr size_t kMetrics = 23;

// Places that a list must have to be scored, and those that count as shown.
inline constexpr size_t kRanked = 100;
inline constexpr size_t kShown = 20;

// What one case contributes: a value per metric; and for those that are a ratio of sums over cases,
// the numerator as the value, and the denominator in a column of its own: the money there was, the
// tail's targets, the mean popularity of what was seen, and 1 where the categories could be judged.
inline constexpr size_t kRevenueTotal = kMetrics;
inline constexpr size_t kTailTotal = kMetrics + 1;
inline constexpr size_t kSeenPopularity = kMetrics + 2;
inline constexpr size_t kDiverseCases = kMetrics + 3;
inline constexpr size_t kCalibratedCases = kMetrics + 4;
inline constexpr size_t kCaseValues = kMetrics + 5;
using CaseValues = std::array<float, kCaseValues>;

// One case, ranked.
struct RankedCase {
  std::span<const uint32_t> list;     // best first; kRanked items, or all that may be listed
  size_t first_rank = 0;              // of the best target in the whole ranking, from 1
  std::span<const uint32_t> targets;  // ascending, distinct, not empty
  std::span<const float> revenue;     // of each target
  std::span<const uint32_t> seen;     // ascending
};

// What `facts` lacks is 0.
CaseValues ScoreCase(const RankedCase& ranked, const ItemFacts& facts);

// Mean over cases, or the ratio of sums. NaN where there is nothing to divide by.
double MetricOf(std::span<const CaseValues> values, Metric metric);

struct Estimate {
  double value = std::numeric_limits<double>::quiet_NaN();
  Interval interval;  // NaN where there is none
};

// All cases of one model on one task, or a group of them.
struct Summary {
  size_t n_cases = 0;
  std::array<Estimate, kMetrics> metrics;
  double coverage = 0;  // share of the catalogue that somebody was shown: coverage@20
  double gini = 0;      // how unequally products were shown, 0 to 1: gini@20
};

// `shown` holds kShown items for each case, filled up with kNothingShown.
inline constexpr uint32_t kNothingShown = std::numeric_limits<uint32_t>::max();
double CoverageOf(std::span<const uint32_t> shown, size_t n_items);
double GiniOf(std::span<const uint32_t> shown, size_t n_items);
Summary Summarize(std::span<const CaseValues> values, std::span<const uint32_t> shown,
                  size_t n_items, const BootstrapOptions& bootstrap);

// Mean of one value per case; NaN of none.
double MeanOf(std::span<const float> values);
Estimate EstimateMean(std::span<const float> values, const BootstrapOptions& bootstrap);
// Mean of what `values` has above `base`, paired: spans of equal size.
Estimate EstimateDifference(std::span<const float> values, std::span<const float> base,
                            const BootstrapOptions& bootstrap);

// One model against another over the same cases.
struct Difference {
  double diff = std::numeric_limits<double>::quiet_NaN();  // value - other's value
  Interval interval;
  double relative = std::numeric_limits<double>::quiet_NaN();  // diff / other's value above 0
  // Cases whose own value is above, the same as, and below the other's.
  size_t n_higher = 0, n_equal = 0, n_lower = 0;
  bool significant() const { return interval.low > 0 || interval.high < 0; }
};

// Paired: both models are seen through the same resampled shoppers. The spans are of equal size.
std::array<Difference, kMetrics> Compare(std::span<const CaseValues> values,
                                         std::span<const CaseValues> other,
                                         const BootstrapOptions& bootstrap);

}  // namespace vitrine

#endif  // VITRINE_EVALUATE_METRICS_H_
