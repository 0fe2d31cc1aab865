#include "evaluate/bootstrap.h"

#include <algorithm>
#include <cmath>

#include "core/check.h"
#include "core/parallel.h"
#include "core/rng.h"

namespace vitrine {
namespace {

// First stream of the draws, "boot" in ASCII above the resample's number.
constexpr uint64_t kBootstrapStream = uint64_t{0x626f6f74} << 32;

// Of sorted, non-empty values.
double Quantile(std::span<const double> sorted, double q) {
  const double at = q * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<size_t>(at);
  const size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (at - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

}  // namespace

std::vector<double> ResampleSums(std::span<const float> values, size_t cols,
                                 const BootstrapOptions& options) {
  VITRINE_CHECK(cols > 0 && values.size() % cols == 0);
  const auto n = static_cast<uint32_t>(values.size() / cols);
  std::vector<double> sums(options.resamples * cols, 0.0);
  ParallelFor(n == 0 ? 0 : options.resamples, 8, [&](size_t first, size_t last, size_t) {
    for (size_t resample = first; resample < last; ++resample) {
      double* sum = sums.data() + resample * cols;
      Rng rng(options.seed, kBootstrapStream + resample);
      for (uint32_t i = 0; i < n; ++i) {
        const float* row = values.data() + size_t{rng.Below(n)} * cols;
        for (size_t c = 0; c < cols; ++c) sum[c] += row[c];
      }
    }
  });
  return sums;
}

Interval PercentileInterval(std::vector<double> statistics) {
  std::erase_if(statistics, [](double x) { return !std::isfinite(x); });
  if (statistics.empty()) return {};
  std::sort(statistics.begin(), statistics.end());
  return {Quantile(statistics, 0.025), Quantile(statistics, 0.975)};
}

}  // namespace vitrine
