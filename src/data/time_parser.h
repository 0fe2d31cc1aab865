// Times as logs write them.
#ifndef VITRINE_DATA_TIME_PARSER_H_
#define VITRINE_DATA_TIME_PARSER_H_

#include <cstdint>
#include <string_view>
#include <utility>

#include "data/time_zone.h"

namespace vitrine {

// Whether 3/4/2011 is in March or in April.
enum class DateOrder : uint8_t { kMonthFirst, kDayFirst };

// "Z", "UTC", "+01:00", "-0530", "+01" to seconds east of UTC; false for anything else.
bool ParseUtcOffset(std::string_view text, int64_t& seconds);

// What a date such as 13/4/2011 says of the order.
enum class OrderEvidence : uint8_t { kNone, kEither, kMonthFirst, kDayFirst };
OrderEvidence DateOrderEvidence(std::string_view text);

// Reads
//   2011-12-09, 2011/12/09 or 20111209, then optionally T or blank and 12:50, 12:50:00 or
//     12:50:00.123, then optionally AM or PM, then optionally an offset or UTC;
//   9/12/2011, 9-12-2011 or 9.12.2011 in either order, likewise;
//   a number: seconds, milliseconds, microseconds or nanoseconds since 1970, by its size.
class TimeParser {
 public:
  // `zone` is for times that name none.
  TimeParser(DateOrder order, TimeZone zone) : order_(order), zone_(std::move(zone)) {}

  // Seconds since 1970-01-01 UTC, fractions cut off; false where `text` is no time.
  bool Parse(std::string_view text, int64_t& seconds);

 private:
  DateOrder order_;
  TimeZone zone_;
};

}  // namespace vitrine

#endif  // VITRINE_DATA_TIME_PARSER_H_
