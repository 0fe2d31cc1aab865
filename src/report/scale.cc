#include "report/scale.h"

#include "report/html.h"

namespace vitrine::report {

std::vector<double> Scale::Ticks() const {
  std::vector<double> ticks;
  const auto n = static_cast<int>(std::lround((high - low) / step));
  for (int i = 0; i <= n; ++i) ticks.push_back(low + i * step);
  return ticks;
}

std::string Scale::Label(double value) const {
  if (std::abs(value) < step / 2) value = 0;  // not "-0"
  return Number(value, decimals);
}

Scale RoundScale(double low, double high, double begin, double end, int n_steps) {
  if (!(high > low)) {
    const double around = std::max(std::abs(high) * 0.1, 1e-6);
    low -= around;
    high += around;
  }
  const double rough = (high - low) / n_steps;
  const double power = std::pow(10, std::floor(std::log10(rough)));
  double step = 10 * power;
  for (const double round : {5.0, 2.0, 1.0}) {
    if (round * power >= rough) step = round * power;
  }
  const int decimals = std::max(0, static_cast<int>(std::ceil(-std::log10(step) - 1e-9)));
  return {std::floor(low / step + 1e-9) * step,
          std::ceil(high / step - 1e-9) * step,
          begin,
          end,
          step,
          decimals};
}

}  // namespace vitrine::report
