#include "data/time_parser.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace vitrine {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Takes text from the front of what is left.
struct Cursor {
  std::string_view left;

  bool Skip(char c) {
    if (left.empty() || left.front() != c) return false;
    left.remove_prefix(1);
    return true;
  }
  bool SkipWord(std::string_view upper) {
    if (left.size() < upper.size()) return false;
    for (size_t i = 0; i < upper.size(); ++i) {
      if ((left[i] & ~0x20) != upper[i]) return false;
    }
    left.remove_prefix(upper.size());
    return true;
  }
  void SkipBlanks() {
    while (Skip(' ')) {
    }
  }
  // A number of `min_digits` to `max_digits` digits.
  bool Take(size_t min_digits, size_t max_digits, int64_t& value) {
    value = 0;
    size_t n = 0;
    while (n < left.size() && n < max_digits && IsDigit(left[n])) {
      value = value * 10 + (left[n++] - '0');
    }
    left.remove_prefix(n);
    return n >= min_digits && (left.empty() || !IsDigit(left.front()));
  }
};

struct Date {
  int64_t first, second, year;  // day and month as they stand; in ISO dates month and day
  bool iso;
};

// 2011-12-09, 2011/12/09, 9/12/2011, 9.12.11
bool TakeDate(Cursor& cursor, Date& date) {
  int64_t a, b, c;
  const size_t before = cursor.left.size();
  if (!cursor.Take(1, 4, a)) return false;
  date.iso = before - cursor.left.size() == 4;
  if (cursor.left.empty()) return false;
  const char separator = cursor.left.front();
  if (separator != '-' && separator != '/' && separator != '.') return false;
  cursor.Skip(separator);
  if (!cursor.Take(1, 2, b) || !cursor.Skip(separator)) return false;
  const size_t at_last = cursor.left.size();
  if (!cursor.Take(1, 4, c)) return false;
  const size_t last_digits = at_last - cursor.left.size();
  if (date.iso) {
    date.year = a;
    date.first = b;
    date.second = c;
    return last_digits <= 2;
  }
  date.first = a;
  date.second = b;
  if (last_digits == 2) c += c < 70 ? 2000 : 1900;
  date.year = c;
  return last_digits == 2 || last_digits == 4;
}

// 12:50, 12:50:00.123, 1:05 pm
bool TakeClock(Cursor& cursor, int64_t& seconds) {
  int64_t hour, minute, second = 0;
  if (!cursor.Take(1, 2, hour) || !cursor.Skip(':') || !cursor.Take(2, 2, minute)) return false;
  if (cursor.Skip(':')) {
    if (!cursor.Take(2, 2, second)) return false;
    if (cursor.Skip('.') || cursor.Skip(',')) {
      int64_t fraction;
      if (!cursor.Take(1, 12, fraction)) return false;
    }
  }
  cursor.SkipBlanks();
  const bool am = cursor.SkipWord("AM");
  const bool pm = !am && cursor.SkipWord("PM");
  if (am || pm) {
    if (hour < 1 || hour > 12) return false;
    hour = hour % 12 + (pm ? 12 : 0);
    cursor.SkipBlanks();
  }
  // A leap second is the next minute's first.
  if (hour > 23 || minute > 59 || second > 60) return false;
  seconds = hour * 3600 + minute * 60 + second;
  return true;
}

// 20111209 or 20111209125000; false where the digits are no date.
bool ParseCompact(std::string_view text, int64_t& seconds) {
  if (text.size() != 8 && text.size() != 14) return false;
  int64_t digits = 0;
  std::from_chars(text.data(), text.data() + text.size(), digits);
  const int64_t clock = text.size() == 14 ? digits % 1000000 : 0;
  const int64_t date = text.size() == 14 ? digits / 1000000 : digits;
  int64_t days = 0;
  if (date < 19000000 || clock / 10000 > 23 || clock / 100 % 100 > 59 || clock % 100 > 59 ||
      !DaysFromDate(date / 10000, date / 100 % 100, date % 100, days)) {
    return false;
  }
  seconds = days * 86400 + clock / 10000 * 3600 + clock / 100 % 100 * 60 + clock % 100;
  return true;
}

// Seconds, milliseconds, microseconds or nanoseconds. 1e11 seconds are the year 5138.
bool ParseUnix(std::string_view text, int64_t& seconds) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return false;
  double scale = 1;
  while (std::abs(value) / scale >= 1e11 && scale < 1e9) scale *= 1e3;
  value = std::floor(value / scale);
  if (!(std::abs(value) < 1e11)) return false;
  seconds = static_cast<int64_t>(value);
  return true;
}

}  // namespace

bool ParseUtcOffset(std::string_view text, int64_t& seconds) {
  Cursor cursor{text};
  seconds = 0;
  if (text.empty()) return false;
  if (cursor.SkipWord("UTC") || cursor.SkipWord("GMT") || cursor.SkipWord("Z")) {
    return cursor.left.empty();
  }
  const bool west = cursor.Skip('-');
  if (!west && !cursor.Skip('+')) return false;
  int64_t hours = 0, minutes = 0;
  if (cursor.left.size() == 4 && cursor.Take(4, 4, hours)) {
    minutes = hours % 100;
    hours /= 100;
  } else if (!cursor.Take(1, 2, hours) || (cursor.Skip(':') && !cursor.Take(2, 2, minutes))) {
    return false;
  }
  if (!cursor.left.empty() || hours > 18 || minutes > 59) return false;
  seconds = (hours * 3600 + minutes * 60) * (west ? -1 : 1);
  return true;
}

OrderEvidence DateOrderEvidence(std::string_view text) {
  Cursor cursor{text};
  Date date{};
  if (!TakeDate(cursor, date) || date.iso) return OrderEvidence::kNone;
  if (date.first > 12 && date.second <= 12) return OrderEvidence::kDayFirst;
  if (date.second > 12 && date.first <= 12) return OrderEvidence::kMonthFirst;
  return OrderEvidence::kEither;
}

bool TimeParser::Parse(std::string_view text, int64_t& seconds) {
  int64_t local = 0;
  const bool digits = std::all_of(text.begin(), text.end(), IsDigit);
  if (digits && ParseCompact(text, local)) {
    seconds = zone_.ToUtc(local);
    return true;
  }
  Cursor cursor{text};
  Date date{};
  if (digits || !TakeDate(cursor, date)) return ParseUnix(text, seconds);
  const bool month_first = date.iso || order_ == DateOrder::kMonthFirst;
  int64_t days = 0;
  if (!DaysFromDate(date.year, month_first ? date.first : date.second,
                    month_first ? date.second : date.first, days)) {
    return false;
  }
  local = days * 86400;
  if (!cursor.left.empty()) {
    if (!cursor.Skip('T') && !cursor.Skip('t') && !cursor.Skip(' ')) return false;
    cursor.SkipBlanks();
    int64_t clock = 0;
    if (!TakeClock(cursor, clock)) return false;
    local += clock;
    if (!cursor.left.empty()) {
      int64_t offset = 0;
      if (!ParseUtcOffset(cursor.left, offset)) return false;
      seconds = local - offset;
      return true;
    }
  }
  seconds = zone_.ToUtc(local);
  return true;
}

}  // namespace vitrine
