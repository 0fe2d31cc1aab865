// From data to the axis of a plot.
#ifndef VITRINE_REPORT_SCALE_H_
#define VITRINE_REPORT_SCALE_H_

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "report/plot.h"

namespace vitrine::report {

// From data to the length of an axis, with round ticks over all of it.
struct Scale {
  double low, high;   // of the data, at the ends of the axis
  double begin, end;  // of the axis
  double step;
  int decimals;

  double At(double value) const { return begin + (value - low) / (high - low) * (end - begin); }
  std::vector<double> Ticks() const;
  std::string Label(double value) const;
};

// Over all of `low` to `high`, widened to round numbers about `n_steps` apart.
Scale RoundScale(double low, double high, double begin, double end, int n_steps);

// Grows with whatever is finite.
struct Range {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();
  void Add(double value) {
    if (!std::isfinite(value)) return;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  void Add(const Measured& measured) {
    Add(measured.value);
    Add(measured.low);
    Add(measured.high);
  }
  bool empty() const { return !(low <= high); }
};

}  // namespace vitrine::report

#endif  // VITRINE_REPORT_SCALE_H_
