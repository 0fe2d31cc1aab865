#include "data/time_zone.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <filesystem>

#include "data/time_parser.h"

namespace vitrine {
namespace {

constexpr int64_t kQuarterS = 900;

int64_t FloorDiv(int64_t a, int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

// The C library silently takes UTC for a name that it does not know.
bool IsKnownName(const std::string& name) {
  const char* folder = std::getenv("TZDIR");
  std::error_code ignored;
  return !name.empty() && name.front() != '/' && name.find("..") == std::string::npos &&
         std::filesystem::is_regular_file(
             std::string(folder != nullptr ? folder : "/usr/share/zoneinfo") + "/" + name, ignored);
}

}  // namespace

bool DaysFromDate(int64_t year, int64_t month, int64_t day, int64_t& days) {
  if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1 || day > 31) return false;
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(year)),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return false;
  days = std::chrono::sys_days(date).time_since_epoch().count();
  return true;
}

Result<TimeZone> TimeZone::Create(const std::string& name) {
  TimeZone zone;
  if (name == "UTC" || name == "Z" || ParseUtcOffset(name, zone.offset_)) return zone;
  if (!IsKnownName(name)) {
    return Error{ErrorCode::kInvalidArgument,
                 "unknown time zone '" + name +
                     "'; use UTC, an offset such as +01:00, or a name such as Europe/London (which "
                     "needs the system's tzdata)"};
  }
  zone.name_ = name;
  return zone;
}

int64_t TimeZone::ToUtc(int64_t local) {
  if (name_.empty()) return local - offset_;
  const int64_t quarter = FloorDiv(local, kQuarterS);
  Cached& cached = cache_[static_cast<uint64_t>(quarter) % cache_.size()];
  if (cached.quarter != quarter) {
    cached.quarter = quarter;
    cached.offset = quarter * kQuarterS - LookUp(quarter * kQuarterS);
  }
  return local - cached.offset;
}

int64_t TimeZone::LookUp(int64_t local) const {
  const char* current = std::getenv("TZ");
  if (current == nullptr || current != name_) {
    ::setenv("TZ", name_.c_str(), 1);
    ::tzset();
  }
  const int64_t days = FloorDiv(local, 86400);
  const int64_t second = local - days * 86400;
  const std::chrono::year_month_day date{
      std::chrono::sys_days(std::chrono::days(static_cast<int>(days)))};
  std::tm tm{};
  tm.tm_year = static_cast<int>(date.year()) - 1900;
  tm.tm_mon = static_cast<int>(static_cast<unsigned>(date.month())) - 1;
  tm.tm_mday = static_cast<int>(static_cast<unsigned>(date.day()));
  tm.tm_hour = static_cast<int>(second / 3600);
  tm.tm_min = static_cast<int>(second / 60 % 60);
  tm.tm_sec = static_cast<int>(second % 60);
  tm.tm_isdst = -1;
  return static_cast<int64_t>(std::mktime(&tm));
}

}  // namespace vitrine
