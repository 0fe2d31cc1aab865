#include "data/row_encoder.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "data/parse_number.h"
#include "data/product_text.h"

namespace vitrine {
namespace {

// An id that is longer was never one.
constexpr size_t kMaxIdBytes = 1024;

// A value that stands for none: GA4's "(not set)" and what programs print for nothing.
std::string_view Present(std::string_view text) {
  constexpr std::array<std::string_view, 7> kAbsent = {"(not set)", "null", "NULL", "NaN",
                                                       "nan",       "None", "N/A"};
  if (text.empty() || (text[0] != '(' && (text[0] | 0x20) != 'n')) return text;
  const bool absent = std::find(kAbsent.begin(), kAbsent.end(), text) != kAbsent.end();
  return absent ? std::string_view() : text;
}

void Note(BadValue& bad, uint64_t line, std::string_view text) {
  if (bad.n++ > 0) return;
  bad.line = line;
  bad.text = text.substr(0, 80);
}

// Whether `joined` is JoinProductText(parts), without joining them.
bool EqualsJoined(std::string_view joined, const ProductText& parts) {
  size_t at = 0;
  for (size_t i = 0; i < parts.size(); ++i) {
    if (i > 0 && (at == joined.size() || joined[at++] != kProductTextMark)) return false;
    if (joined.compare(at, parts[i].size(), parts[i]) != 0) return false;
    at += parts[i].size();
  }
  return at == joined.size();
}

}  // namespace

Status AddEventChoice(std::string_view text, EventChoices& choices) {
  const size_t equals = text.rfind('=');
  if (equals == std::string_view::npos || equals == 0) {
    return {ErrorCode::kInvalidArgument,
            "--event '" + std::string(text) + "' is not NAME=TYPE, such as orderPlaced=purchase"};
  }
  const std::string_view type = text.substr(equals + 1);
  std::optional<NamedEvent> event;
  if (type == "refund") {
    event = NamedEvent{EventType::kPurchase, /*cancels=*/true};
  } else if (type != "none") {
    const auto known = std::find(kEventTypeNames.begin(), kEventTypeNames.end(), type);
    if (known == kEventTypeNames.end()) {
      std::string list;
      for (const std::string_view name : kEventTypeNames) list.append(name).append(", ");
      return {ErrorCode::kInvalidArgument, "--event " + std::string(text) + ": '" +
                                               std::string(type) + "' is no type of event; use " +
                                               list + "refund or none"};
    }
    event = NamedEvent{static_cast<EventType>(known - kEventTypeNames.begin())};
  }
  choices.insert_or_assign(std::string(text.substr(0, equals)), event);
  return {};
}

uint32_t RowEncoder::CachedIds::Add(std::string_view name) {
  if (id == StringIds::kNone || name != last) {
    id = ids->Add(name);
    last = name;
  }
  return id;
}

RowEncoder::RowEncoder(const RowRules& rules, EventLog& log)
    : rules_(rules),
      log_(log),
      shopper_ids_{.ids = &log.shoppers},
      item_ids_{.ids = &log.items},
      order_ids_{.ids = &log.orders},
      name_ids_{.ids = &event_names_} {
  log_.contexts.Add("unknown");
}

Result<std::unique_ptr<RowEncoder>> RowEncoder::Create(const RowRules& rules, EventLog& log) {
  std::unique_ptr<RowEncoder> encoder(new RowEncoder(rules, log));
  VITRINE_ASSIGN_OR_RETURN(encoder->zone_, TimeZone::Create(rules.timezone));
  if (!rules.drop_products.empty()) {
    try {
      encoder->unwanted_.emplace(rules.drop_products, std::regex::ECMAScript);
    } catch (const std::regex_error& error) {
      return Error{ErrorCode::kInvalidArgument, "--drop-products '" + rules.drop_products +
                                                    "' is no regular expression: " + error.what()};
    }
  }
  return encoder;
}

void RowEncoder::StartFile(const FileTraits& traits) {
  traits_ = traits;
  faults_ = FileFaults();
  only_event_ = NamedEvent{traits.type};
  times_ = std::make_unique<TimeParser>(traits.date_order, *zone_);
  last_time_text_.clear();
}

const std::optional<NamedEvent>& RowEncoder::EventOf(const FieldValues& values) {
  if (!traits_.has_event) return only_event_;
  const uint32_t name = name_ids_.Add(values[Field::kEvent]);
  if (name >= events_.size()) {
    const std::string_view text = event_names_.Name(name);
    const auto chosen = rules_.events.find(text);
    events_.push_back(chosen != rules_.events.end() ? chosen->second : FindEvent(text));
    n_unknown_.push_back(0);
  }
  if (!events_[name]) ++n_unknown_[name];
  return events_[name];
}

Outcome RowEncoder::TimeOf(const Row& row, int64_t& seconds) {
  const std::string_view text = row.values[Field::kTime];
  ++faults_.n_timed;
  if (text != last_time_text_ || text.empty()) {
    if (!times_->Parse(text, last_time_)) {
      last_time_text_.clear();
      Note(faults_.bad_time, row.line, text);
      const OrderEvidence other = traits_.date_order == DateOrder::kMonthFirst
                                      ? OrderEvidence::kDayFirst
                                      : OrderEvidence::kMonthFirst;
      if (traits_.order_is_assumed && DateOrderEvidence(text) == other) {
        Note(faults_.other_order, row.line, text);
      }
      return Outcome::kBadTime;
    }
    last_time_text_ = text;
  }
  seconds = last_time_;
  if (seconds < kEarliest || seconds > rules_.now + kClockSlackS) {
    Note(faults_.impossible_time, row.line, text);
    return Outcome::kImpossibleTime;
  }
  return Outcome::kKept;
}

bool RowEncoder::NumberOf(const Row& row, Field field, std::optional<float>& number) {
  const std::string_view text = Present(row.values[field]);
  number.reset();
  if (text.empty()) return true;
  number = ParseNumber(text, traits_.decimal_comma);
  if (!number) Note(faults_.bad_number[static_cast<size_t>(field)], row.line, text);
  return number.has_value();
}

Outcome RowEncoder::NumbersOf(const Row& row, const NamedEvent& event, float& price,
                              float& quantity, std::optional<float>& value) {
  std::optional<float> number;
  if (!NumberOf(row, Field::kPrice, number)) return Outcome::kBadNumber;
  const bool is_purchase = event.type == EventType::kPurchase;
  // A refund may well be booked at a price below 0, or at none.
  if (is_purchase && !event.cancels && number && *number <= 0 &&
      !(rules_.keep_free && *number == 0)) {
    return Outcome::kWorthless;
  }
  price = std::max(0.0f, number.value_or(0.0f));

  if (!NumberOf(row, Field::kQuantity, number)) return Outcome::kBadNumber;
  if (is_purchase) {
    if (number == 0.0f) return Outcome::kWorthless;
    // Without a number of pieces a cancellation takes everything back.
    quantity = number.value_or(event.cancels ? std::numeric_limits<float>::infinity() : 1.0f);
    if (event.cancels) quantity = -std::abs(quantity);
  } else {
    quantity = number && *number > 0 ? *number : 1.0f;
  }

  value.reset();
  const bool is_rating = event.type == EventType::kRate || event.type == EventType::kReview;
  const bool is_timed = event.type == EventType::kDwell || event.type == EventType::kView;
  if (!is_rating && !is_timed) return Outcome::kKept;
  const Field field = is_rating ? Field::kRating : Field::kDwell;
  const bool own = !Present(row.values[field]).empty();
  if (event.type == EventType::kView && !own) return Outcome::kKept;
  if (!NumberOf(row, own ? field : Field::kValue, value)) return Outcome::kBadNumber;
  const bool is_needed = event.type == EventType::kRate || event.type == EventType::kDwell;
  if (is_needed && !value) {
    Note(faults_.bad_number[static_cast<size_t>(field)], row.line, "");
    return Outcome::kBadNumber;
  }
  if (is_timed && value) value = std::max(0.0f, *value);
  return Outcome::kKept;
}

bool RowEncoder::IsWanted(uint32_t item) {
  if (!unwanted_) return true;
  if (item >= is_wanted_.size()) is_wanted_.resize(item + 1, -1);
  if (is_wanted_[item] < 0) {
    is_wanted_[item] = std::regex_match(log_.items.Name(item), *unwanted_) ? 0 : 1;
  }
  return is_wanted_[item] == 1;
}

uint32_t RowEncoder::TextOf(const FieldValues& values, uint32_t item) {
  ProductText parts;
  bool any = false;
  for (size_t i = 0; i < parts.size(); ++i) {
    parts[i] = Present(values[kProductTextFields[i]]);
    any |= !parts[i].empty();
  }
  if (!any) return EventLog::kNone;
  if (item >= last_text_.size()) last_text_.resize(log_.items.size(), EventLog::kNone);
  uint32_t& last = last_text_[item];
  if (last == EventLog::kNone || !EqualsJoined(log_.texts.Name(last), parts)) {
    last = log_.texts.Add(JoinProductText(parts));
  }
  return last;
}

uint16_t RowEncoder::ContextOf(const FieldValues& values) {
  constexpr std::array<Field, 4> kContextFields = {Field::kDevice, Field::kCountry, Field::kChannel,
                                                   Field::kLanding};
  context_.clear();
  for (const Field field : kContextFields) {
    const std::string_view text = Present(values[field]);
    if (text.empty()) continue;
    if (!context_.empty()) context_ += ';';
    context_ += kFieldNames[static_cast<size_t>(field)];
    context_ += '=';
    context_ += text;
  }
  // Already in the form of the others.
  if (const std::string_view text = Present(values[Field::kContext]); !text.empty()) {
    if (!context_.empty()) context_ += ';';
    context_ += text;
  }
  if (context_.empty()) return 0;
  if (context_ == last_context_) return last_context_id_;
  uint32_t id = log_.contexts.Find(context_);
  if (id == StringIds::kNone) {
    if (log_.contexts.size() > std::numeric_limits<uint16_t>::max()) {
      ++n_lost_contexts_;
      return 0;
    }
    id = log_.contexts.Add(context_);
  }
  last_context_ = context_;
  last_context_id_ = static_cast<uint16_t>(id);
  return last_context_id_;
}

Outcome RowEncoder::Encode(const Row& row, uint32_t line) {
  if (!row.problem.empty()) {
    Note(faults_.malformed, row.line, row.problem);
    return Outcome::kMalformed;
  }
  const FieldValues& values = row.values;
  const std::optional<NamedEvent>& named = EventOf(values);
  const std::string_view order = Present(values[Field::kOrder]);
  NamedEvent event = named.value_or(NamedEvent{});
  const std::string_view pieces = values[Field::kQuantity];
  event.cancels |= event.type == EventType::kPurchase &&
                   (pieces.starts_with('-') || pieces.starts_with("\u2212"));
  n_cancellations_ += event.cancels ? 1 : 0;

  const std::string_view shopper_name = Present(values[Field::kShopper]);
  const std::string_view item_name = Present(values[Field::kItem]);
  if (item_name.size() > kMaxIdBytes || shopper_name.size() > kMaxIdBytes) {
    Note(faults_.malformed, row.line, "has an id of more than 1,024 bytes");
    return Outcome::kMalformed;
  }
  const uint32_t item = item_name.empty() ? EventLog::kNone : item_ids_.Add(item_name);
  if (shopper_name.empty()) return Outcome::kNoShopper;
  const uint32_t shopper = shopper_ids_.Add(shopper_name);
  if (!named) return Outcome::kUnknownEvent;
  const bool is_whole_order = event.cancels && item == EventLog::kNone && !order.empty();
  if (item == EventLog::kNone && !is_whole_order) return Outcome::kNoProduct;
  if (item != EventLog::kNone && !IsWanted(item)) return Outcome::kUnwanted;

  int64_t time = 0;
  const Outcome timed = TimeOf(row, time);
  if (timed != Outcome::kKept) return timed;
  float price = 0, quantity = 1;
  std::optional<float> value;
  const Outcome numbered = NumbersOf(row, event, price, quantity, value);
  if (numbered != Outcome::kKept) return numbered;

  const bool is_purchase = event.type == EventType::kPurchase;
  const uint32_t order_id = is_purchase && !order.empty() ? order_ids_.Add(order) : EventLog::kNone;
  const uint32_t text = item == EventLog::kNone ? EventLog::kNone : TextOf(values, item);
  const uint16_t context = ContextOf(values);
  const auto append = [&](EventType type, float number, bool companion) {
    log_.time.push_back(time);
    log_.shopper.push_back(shopper);
    log_.item.push_back(item);
    log_.order.push_back(order_id);
    log_.text.push_back(text);
    log_.line.push_back(line);
    log_.price.push_back(price);
    log_.quantity.push_back(quantity);
    log_.value.push_back(number);
    log_.context.push_back(context);
    log_.type.push_back(type);
    log_.outcome.push_back(Outcome::kKept);
    log_.companion.push_back(companion ? 1 : 0);
  };
  const bool reviews = event.type == EventType::kRate && !Present(values[Field::kReview]).empty();
  append(event.type, event.type == EventType::kReview ? 0 : value.value_or(0.0f), false);
  if (event.type == EventType::kReview && value) append(EventType::kRate, *value, true);
  if (reviews) append(EventType::kReview, 0, true);
  return Outcome::kKept;
}

std::map<std::string, uint64_t> RowEncoder::UnknownEvents() const {
  std::map<std::string, uint64_t> unknown;
  for (uint32_t name = 0; name < n_unknown_.size(); ++name) {
    if (n_unknown_[name] > 0) unknown[event_names_.Name(name)] = n_unknown_[name];
  }
  return unknown;
}

}  // namespace vitrine
