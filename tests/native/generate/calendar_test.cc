// Time passes by the calendar.
#include "generate/calendar.h"

#include <gtest/gtest.h>

#include "generate/sampling.h"
#include "generate/shop.h"
#include "generate/vocabulary/vocabulary.h"

namespace vitrine::generate {
namespace {

const Calendar& Year() {
  static const auto& calendar = *new Calendar(kLogEnd - 366 * kDaySeconds, 366);  // 2024
  return calendar;
}

std::string TimeText(int64_t time) {
  std::string text;
  AppendTime(time, text);
  return text;
}

TEST(Calendar, WritesKnownTimes) {
  EXPECT_EQ(TimeText(0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(TimeText(1709208000), "2024-02-29T12:00:00Z");
  EXPECT_EQ(TimeText(kLogEnd - 1), "2024-12-31T23:59:59Z");
}

TEST(Calendar, GapsAddUp) {
  for (const double day : {0.0, 17.3, 200.9, 350.1}) {
    for (const double gap : {0.4, 3.0, 9.7}) {
      const double in_two = Year().Advance(Year().Advance(day, gap / 3), gap * 2 / 3);
      EXPECT_NEAR(in_two, Year().Advance(day, gap), 1e-9);
      EXPECT_GT(in_two, day);
    }
  }
}

TEST(Calendar, BusyWeeksPassForMoreThanQuietOnes) {
  const double christmas = Year().Advance(335, 10) - 335;
  const double august = Year().Advance(210, 10) - 210;
  EXPECT_LT(christmas, 0.75 * august);
}

TEST(Calendar, AdvanceLeadsPastTheEnd) {
  EXPECT_GE(Year().Advance(365.5, 1000), 366);
  EXPECT_GE(Year().Advance(400, 1), 401);
}

TEST(Calendar, MomentsFallOnTheirDay) {
  Rng rng(3, 0);
  for (int day = 0; day < 366; day += 7) {
    const int64_t time = Year().MomentOn(day, rng);
    EXPECT_EQ(Year().DayOf(time), day);
    EXPECT_GE(time, Year().start() + day * kDaySeconds);
  }
}

TEST(Calendar, SeasonsPeakOnTheirDays) {
  const size_t seeds = KindIndex("seeds");
  const size_t beanie = KindIndex("beanie");
  const int spring = Kinds()[seeds]->season.peak;
  const int winter = Kinds()[beanie]->season.peak;
  EXPECT_GT(Year().Demand(spring, seeds), 5 * Year().Demand(winter, seeds));
  EXPECT_GT(Year().Demand(winter, beanie), 5 * Year().Demand(spring, beanie));
}

}  // namespace
}  // namespace vitrine::generate
