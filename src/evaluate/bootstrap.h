// Uncertainty by resampling shoppers: percentile intervals of anything made from sums.
#ifndef VITRINE_EVALUATE_BOOTSTRAP_H_
#define VITRINE_EVALUATE_BOOTSTRAP_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace vitrine {

struct BootstrapOptions {
  size_t resamples = 2000;
  uint64_t seed = 1;
};

// NaN where there is none; otherwise 95 % of the resamples lie within.
struct Interval {
  double low = std::numeric_limits<double>::quiet_NaN();
  double high = std::numeric_limits<double>::quiet_NaN();
};

// Column sums over n rows drawn with replacement from the n rows of `values` (n x cols), for each
// resample: resamples x cols. Which rows are drawn depends on (seed, resample, n) alone, so tables
// of the same rows for two models give sums that pair up, whatever the number of threads.
std::vector<double> ResampleSums(std::span<const float> values, size_t cols,
                                 const BootstrapOptions& options);

// From the 2.5 % to the 97.5 % quantile of `statistics` (Efron's percentile interval), linear
// between order statistics. Values that are not finite (a resample with nothing to divide by) are
// left out.
Interval PercentileInterval(std::vector<double> statistics);

}  // namespace vitrine

#endif  // VITRINE_EVALUATE_BOOTSTRAP_H_
