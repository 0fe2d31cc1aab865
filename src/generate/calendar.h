// When shoppers come: a year with a Christmas rush and a summer lull, weekends, evenings.
#ifndef VITRINE_GENERATE_CALENDAR_H_
#define VITRINE_GENERATE_CALENDAR_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/rng.h"

namespace vitrine::generate {

inline constexpr int64_t kDaySeconds = 86400;

class Calendar {
 public:
  // Days of the period are numbered from 0; `start` is midnight UTC of day 0.
  Calendar(int64_t start, int days);

  int64_t start() const { return start_; }
  int64_t end() const { return start_ + days_ * kDaySeconds; }
  int days() const { return days_; }

  // The day that lies `gap` days of average traffic after `day` (both fractional): busy days pass
  // for more, so that gaps drawn evenly come out seasonal. At least days() past the period's end.
  double Advance(double day, double gap) const;
  // A moment of that day, by the hours that shoppers keep.
  int64_t MomentOn(int day, Rng& rng) const;
  // The day that `time` falls on, held to the period.
  int DayOf(int64_t time) const;
  // How much a kind of product is wanted on a day: around 1.
  float Demand(int day, size_t kind) const;

 private:
  int64_t start_;
  int days_;
  std::vector<double> traffic_;  // days + 1: average days of traffic before each day
  std::vector<float> demand_;    // days x kinds
};

// "2025-03-31T18:04:05Z", appended.
void AppendTime(int64_t time, std::string& text);

}  // namespace vitrine::generate

#endif  // VITRINE_GENERATE_CALENDAR_H_
