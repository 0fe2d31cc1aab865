#include "generate/calendar.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <numbers>
#include <span>

#include "generate/sampling.h"
#include "generate/vocabulary/vocabulary.h"

namespace vitrine::generate {
namespace {

// Traffic by day of the week, Monday first, and by hour of the day (UTC).
constexpr std::array<double, 7> kWeekdays = {1.02, 0.98, 0.96, 0.97, 0.9, 1.0, 1.22};
constexpr std::array<double, 24> kWorkdayHours = {2, 1, 1, 1, 1, 2, 4,  6,  7,  7,  7, 8,
                                                  9, 8, 7, 7, 8, 9, 11, 13, 14, 12, 8, 4};
constexpr std::array<double, 24> kWeekendHours = {3,  2,  1,  1,  1,  1,  2,  4,  7,  10, 12, 12,
                                                  11, 10, 10, 10, 10, 10, 10, 11, 11, 10, 7,  5};

std::chrono::year_month_day DateOf(int64_t time) {
  const std::chrono::sys_seconds point{std::chrono::seconds(time)};
  return std::chrono::floor<std::chrono::days>(point);
}

// 0 for the first of January.
int DayOfYear(int64_t time) {
  const auto date = DateOf(time);
  const auto first = std::chrono::sys_days(date.year() / std::chrono::January / 1);
  return static_cast<int>((std::chrono::sys_days(date) - first).count());
}

// 0 for Monday.
int Weekday(int64_t time) {
  return static_cast<int>(
             std::chrono::weekday(std::chrono::sys_days(DateOf(time))).iso_encoding()) -
         1;
}

double Bump(double day, double centre, double width) {
  return std::exp(-0.5 * std::pow((day - centre) / width, 2));
}

double Traffic(int64_t time) {
  const int day = DayOfYear(time);
  const double year =
      1 + 0.7 * Bump(day, 340, 11) + 0.15 * Bump(day, 125, 25) - 0.2 * Bump(day, 215, 20);
  return year * kWeekdays[static_cast<size_t>(Weekday(time))];
}

}  // namespace

Calendar::Calendar(int64_t start, int days) : start_(start), days_(days) {
  traffic_.resize(static_cast<size_t>(days) + 1);
  demand_.reserve(static_cast<size_t>(days) * Kinds().size());
  for (int day = 0; day < days; ++day) {
    const int64_t midnight = start + day * kDaySeconds;
    traffic_[static_cast<size_t>(day) + 1] = traffic_[static_cast<size_t>(day)] + Traffic(midnight);
    for (const Kind* kind : Kinds()) {
      const double phase = (DayOfYear(midnight) - kind->season.peak) / 365.25;
      demand_.push_back(static_cast<float>(
          std::exp(kind->season.strength * std::cos(2 * std::numbers::pi * phase))));
    }
  }
}

double Calendar::Advance(double day, double gap) const {
  if (day >= days_) return day + gap;
  const auto whole = static_cast<size_t>(day);
  const double share = day - static_cast<double>(whole);
  const double goal = traffic_[whole] + share * (traffic_[whole + 1] - traffic_[whole]) + gap;
  if (goal >= traffic_.back()) return days_ + (goal - traffic_.back());
  const auto next = std::upper_bound(traffic_.begin(), traffic_.end(), goal);
  const auto found = static_cast<size_t>(next - traffic_.begin()) - 1;
  return static_cast<double>(found) +
         (goal - traffic_[found]) / (traffic_[found + 1] - traffic_[found]);
}

int64_t Calendar::MomentOn(int day, Rng& rng) const {
  const int64_t midnight = start_ + day * kDaySeconds;
  const auto& hours = Weekday(midnight) < 5 ? kWorkdayHours : kWeekendHours;
  const auto hour = static_cast<int64_t>(PickWeighted(std::span<const double>(hours), rng));
  return midnight + hour * 3600 + rng.Below(3600);
}

int Calendar::DayOf(int64_t time) const {
  return static_cast<int>(std::clamp<int64_t>((time - start_) / kDaySeconds, 0, days_ - 1));
}

float Calendar::Demand(int day, size_t kind) const {
  return demand_[static_cast<size_t>(day) * Kinds().size() + kind];
}

void AppendTime(int64_t time, std::string& text) {
  const auto date = DateOf(time);
  const auto digits = [&text](int64_t value, int width) {
    std::array<char, 4> buffer;
    for (int i = width; i-- > 0; value /= 10)
      buffer[static_cast<size_t>(i)] = static_cast<char>('0' + value % 10);
    text.append(buffer.data(), static_cast<size_t>(width));
  };
  const int64_t second = (time % kDaySeconds + kDaySeconds) % kDaySeconds;
  digits(int{date.year()}, 4);
  text += '-';
  digits(unsigned{date.month()}, 2);
  text += '-';
  digits(unsigned{date.day()}, 2);
  text += 'T';
  digits(second / 3600, 2);
  text += ':';
  digits(second / 60 % 60, 2);
  text += ':';
  digits(second % 60, 2);
  text += 'Z';
}

}  // namespace vitrine::generate
