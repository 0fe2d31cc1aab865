// One row of a log to an event: reads its numbers, time and names, by the rules of what can be
// meant.
#ifndef VITRINE_DATA_ROW_ENCODER_H_
#define VITRINE_DATA_ROW_ENCODER_H_

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "data/event_log.h"
#include "data/row_reader.h"
#include "data/time_parser.h"
#include "features/event_names.h"

namespace vitrine {

// What the log calls an event, and what it is; nothing: none of ours.
using EventChoices = std::map<std::string, std::optional<NamedEvent>, std::less<>>;

// Parses "orderPlaced=purchase"; beside our names of events, "refund" takes a purchase back and
// "none" passes the event over. invalid-argument for any other.
Status AddEventChoice(std::string_view text, EventChoices& choices);

struct RowRules {
  int64_t now = 0;               // seconds since 1970-01-01 UTC
  std::string timezone = "UTC";  // of times that name none
  std::string drop_products;     // regular expression over whole ids; empty: none
  bool keep_free = false;        // purchases at a price of 0 count
  EventChoices events;           // names that win over what FindEvent makes of them
};

// How one file is to be understood.
struct FileTraits {
  bool has_event = false;
  EventType type = EventType::kView;  // of every row, without an event column
  DateOrder date_order = DateOrder::kMonthFirst;
  bool order_is_assumed = false;  // no date of the first rows told
  bool decimal_comma = false;
};

// Rows of one kind that could not be read, and the first of them.
struct BadValue {
  uint64_t n = 0;
  uint64_t line = 0;
  std::string text;
};

// What went wrong in one file.
struct FileFaults {
  uint64_t n_timed = 0;  // rows that named all else, so that their time was looked at
  BadValue malformed, bad_time, impossible_time;
  BadValue other_order;  // a date that the assumed order cannot read, but the other can
  std::array<BadValue, kFields> bad_number;
};

class RowEncoder {
 public:
  static constexpr int64_t kEarliest = 788918400;  // 1995-01-01: before there was a web shop
  static constexpr int64_t kClockSlackS = 86400;   // time zones and wrong clocks
  static constexpr size_t kMaxEventNames = 10000;  // more are no event names

  // `log` is borrowed.
  static Result<std::unique_ptr<RowEncoder>> Create(const RowRules& rules, EventLog& log);

  void StartFile(const FileTraits& traits);
  // What became of the row; kKept when it is in the log now. `line` is over all files.
  Outcome Encode(const Row& row, uint32_t line);

  const FileFaults& faults() const { return faults_; }  // of this file
  uint64_t n_cancellations() const {
    return n_cancellations_;
  }  // rows of refunds or of negative quantity
  uint64_t n_lost_contexts() const { return n_lost_contexts_; }  // beyond what 16 bits number
  size_t n_event_names() const { return event_names_.size(); }
  // Names of events that were passed over, with the number of rows.
  std::map<std::string, uint64_t> UnknownEvents() const;

 private:
  // Numbers names; the one of the row before is not looked up again.
  struct CachedIds {
    StringIds* ids;
    std::string last;
    uint32_t id = StringIds::kNone;
    uint32_t Add(std::string_view name);
  };

  RowEncoder(const RowRules& rules, EventLog& log);
  const std::optional<NamedEvent>& EventOf(const FieldValues& values);
  Outcome TimeOf(const Row& row, int64_t& seconds);
  // False, and noted, where the text is there and no number.
  bool NumberOf(const Row& row, Field field, std::optional<float>& number);
  // The four numbers of an event of `type`, checked; kKept where they are well.
  Outcome NumbersOf(const Row& row, const NamedEvent& event, float& price, float& quantity,
                    std::optional<float>& value);
  bool IsWanted(uint32_t item);
  uint32_t TextOf(const FieldValues& values, uint32_t item);
  uint16_t ContextOf(const FieldValues& values);

  RowRules rules_;
  EventLog& log_;
  std::optional<TimeZone> zone_;
  std::optional<std::regex> unwanted_;

  StringIds event_names_;
  std::vector<std::optional<NamedEvent>> events_;  // by number of the name
  std::vector<uint64_t> n_unknown_;                // rows, by number of the name
  std::vector<int8_t> is_wanted_;                  // by item; -1: not asked yet
  std::vector<uint32_t> last_text_;                // by item
  std::string context_;
  std::string last_context_;
  uint16_t last_context_id_ = 0;
  uint64_t n_cancellations_ = 0;
  uint64_t n_lost_contexts_ = 0;
  CachedIds shopper_ids_;
  CachedIds item_ids_;
  CachedIds order_ids_;
  CachedIds name_ids_;

  // Of the file being read.
  FileTraits traits_;
  FileFaults faults_;
  std::optional<NamedEvent> only_event_;
  std::unique_ptr<TimeParser> times_;
  std::string last_time_text_;
  int64_t last_time_ = 0;
};

}  // namespace vitrine

#endif  // VITRINE_DATA_ROW_ENCODER_H_
