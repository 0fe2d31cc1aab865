// Local times to UTC.
#ifndef VITRINE_DATA_TIME_ZONE_H_
#define VITRINE_DATA_TIME_ZONE_H_

#include <array>
#include <cstdint>
#include <string>

#include "core/result.h"

namespace vitrine {

// Days since 1970-01-01 of a date of the Gregorian calendar; false where there is no such date.
bool DaysFromDate(int64_t year, int64_t month, int64_t day, int64_t& days);

// Not for several threads: names go through the C library's one time zone.
class TimeZone {
 public:
  // "UTC", an offset such as "+01:00", or a name of the time zone database such as
  // "Europe/London". invalid-argument for anything else.
  static Result<TimeZone> Create(const std::string& name);

  // `local`: the seconds from 1970-01-01 00:00 that the clock on the wall shows. An hour that
  // occurs twice in autumn is taken as the C library takes it.
  int64_t ToUtc(int64_t local);

 private:
  int64_t LookUp(int64_t local) const;

  // Offsets change on quarter hours only, so one look-up serves a whole one.
  struct Cached {
    int64_t quarter = INT64_MIN;
    int64_t offset = 0;
  };
  std::string name_;    // empty for a fixed offset
  int64_t offset_ = 0;  // seconds east of UTC; where fixed
  std::array<Cached, 1024> cache_;
};

}  // namespace vitrine

#endif  // VITRINE_DATA_TIME_ZONE_H_
