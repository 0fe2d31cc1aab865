#include "data/log_reader.h"

#include <algorithm>
#include <array>
#include <limits>

namespace vitrine {
namespace {

constexpr uint64_t kSampleRows = 10000;
constexpr uint64_t kProgressRows = 1 << 16;

std::string Name(Field field) { return std::string(kFieldNames[static_cast<size_t>(field)]); }

std::string List(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

// What the first rows of a file tell of it.
struct Sample {
  FileTraits traits;
  std::vector<std::string> notes;
  std::vector<std::string> column_names;
  bool names_are_known = false;
};

// The meaning of rows without an event column, by the columns that they do have.
EventType InferEvent(const std::array<bool, kFields>& present, std::vector<std::string>& notes) {
  const auto has = [&present](Field field) { return present[static_cast<size_t>(field)]; };
  const auto infer = [&notes](EventType type, const std::string& why) {
    notes.push_back("No column names the event; " + why + ", so every row is a " +
                    std::string(kEventTypeNames[static_cast<size_t>(type)]) +
                    ". If that is wrong, name a column with --column event=NAME, order=NAME or "
                    "quantity=NAME.");
    return type;
  };
  if (has(Field::kOrder)) return infer(EventType::kPurchase, "there are order numbers");
  if (has(Field::kQuantity)) return infer(EventType::kPurchase, "there are quantities");
  if (has(Field::kRating)) return infer(EventType::kRate, "there are ratings");
  if (has(Field::kReview)) return infer(EventType::kReview, "there are reviews");
  return infer(EventType::kView, "there are no orders, quantities or ratings either");
}

Result<Sample> TakeSample(const std::string& path, const LogOptions& options) {
  VITRINE_ASSIGN_OR_RETURN(const auto reader, OpenRows(path, FileKind::kEvents, options.file));
  std::array<bool, kFields> present{};
  uint64_t n_month_first = 0, n_day_first = 0, n_either = 0;
  Row row;
  for (uint64_t n = 0; n < kSampleRows; ++n) {
    VITRINE_ASSIGN_OR_RETURN(const bool any, reader->Next(row));
    if (!any) break;
    for (size_t field = 0; field < kFields; ++field) {
      present[field] |= !row.values.text[field].empty();
    }
    switch (DateOrderEvidence(row.values[Field::kTime])) {
      case OrderEvidence::kMonthFirst:
        ++n_month_first;
        break;
      case OrderEvidence::kDayFirst:
        ++n_day_first;
        break;
      case OrderEvidence::kEither:
        ++n_either;
        break;
      case OrderEvidence::kNone:
        break;
    }
  }
  Sample sample;
  sample.column_names = reader->column_names();
  sample.names_are_known = reader->names_are_known();
  VITRINE_ASSIGN_OR_RETURN(sample.traits.decimal_comma,
                           HasDecimalComma(path, FileKind::kEvents, options.file));
  if (sample.traits.decimal_comma && !options.file.decimal_comma) {
    sample.notes.emplace_back(
        "Numbers have a decimal comma: 1.234,50; say --decimal point if theirs is a point.");
  }
  for (const FoundColumn& column : reader->columns()) {
    sample.traits.has_event |= column.field == Field::kEvent;
  }
  if (!sample.traits.has_event) sample.traits.type = InferEvent(present, sample.notes);
  if (options.date_order) {
    sample.traits.date_order = *options.date_order;
  } else if (n_day_first > n_month_first) {
    sample.traits.date_order = DateOrder::kDayFirst;
    sample.notes.emplace_back("Dates have the day first, as first numbers above 12 show.");
  } else if (n_month_first > 0) {
    sample.notes.emplace_back("Dates have the month first, as second numbers above 12 show.");
  } else if (n_either > 0) {
    sample.traits.order_is_assumed = true;
    sample.notes.emplace_back(
        "Dates were read with the month first, which nothing proves; say --date-order dmy if the "
        "day is first.");
  }
  return sample;
}

Status CheckColumns(const LogFile& file, const ColumnChoices& choices) {
  std::string missing, remedy;
  for (const Field field : {Field::kShopper, Field::kItem, Field::kTime}) {
    if (std::any_of(file.columns.begin(), file.columns.end(),
                    [field](const FoundColumn& column) { return column.field == field; })) {
      continue;
    }
    if (choices.contains(field)) return CheckColumnChoices(file.path, file.column_names, choices);
    missing += (missing.empty() ? "" : " or the ") + Name(field);
    remedy += " --column " + Name(field) + "=NAME";
  }
  if (missing.empty()) return {};
  return {ErrorCode::kNotFound, file.path + ": no column is known to hold the " + missing +
                                    "; it has " + List(file.column_names) + ": name it with" +
                                    remedy + ", or all with --header if the file has no header"};
}

// Mostly unreadable rows mean that the file was read wrongly, not that it is dirty.
Status CheckQuality(const LogFile& file, const FileFaults& faults) {
  const auto mostly = [&file](uint64_t n_rows, const BadValue& bad, Field field, const char* what,
                              const std::string& remedy) -> Status {
    if (bad.n * 2 <= n_rows) return {};
    std::string column = Name(field);
    for (const FoundColumn& found : file.columns) {
      if (found.field == field) column = found.column;
    }
    return {ErrorCode::kBadFormat, file.path + ", line " + std::to_string(bad.line) + ": column '" +
                                       column + "' holds '" + bad.text + "', " + what +
                                       ", and so do most rows; " + remedy};
  };
  if (faults.malformed.n * 2 > file.n_rows) {
    return {ErrorCode::kBadFormat,
            file.path + ", line " + std::to_string(faults.malformed.line) + ": the row " +
                faults.malformed.text +
                ", and so it is with most rows; check the file, or name its --delimiter"};
  }
  VITRINE_RETURN_IF_ERROR(mostly(faults.n_timed, faults.bad_time, Field::kTime, "which is no time",
                                 "name another column with --column time=NAME, or --date-order"));
  VITRINE_RETURN_IF_ERROR(mostly(
      faults.n_timed, faults.impossible_time, Field::kTime, "which lies before 1995 or after now",
      "name another column with --column time=NAME, or the moment of the log with --now"));
  for (size_t field = 0; field < kFields; ++field) {
    VITRINE_RETURN_IF_ERROR(mostly(
        faults.n_timed, faults.bad_number[field], static_cast<Field>(field), "which is no number",
        "name another column with --column " + Name(static_cast<Field>(field)) +
            "=NAME, or the decimal mark with --decimal"));
  }
  return {};
}

}  // namespace

Result<std::vector<LogFile>> ReadLog(const std::vector<std::string>& paths,
                                     const LogOptions& options, RowEncoder& encoder,
                                     const EventLog& log, Tally& tally) {
  // A wrong name is told before the hours of reading, where the names are known by then.
  std::vector<Sample> samples;
  std::vector<std::string> names;
  bool names_are_known = true;
  for (const std::string& path : paths) {
    VITRINE_ASSIGN_OR_RETURN(Sample sample, TakeSample(path, options));
    names.insert(names.end(), sample.column_names.begin(), sample.column_names.end());
    names_are_known &= sample.names_are_known;
    samples.push_back(std::move(sample));
  }
  if (names_are_known) {
    VITRINE_RETURN_IF_ERROR(CheckColumnChoices(List(paths), names, options.file.columns));
  }

  std::vector<LogFile> files;
  names.clear();
  uint64_t n_rows = 0, n_bytes = 0, n_lines = 0;
  for (size_t i = 0; i < paths.size(); ++i) {
    const std::string& path = paths[i];
    VITRINE_ASSIGN_OR_RETURN(const auto reader, OpenRows(path, FileKind::kEvents, options.file));
    LogFile file{.path = path, .format = reader->format(), .notes = std::move(samples[i].notes)};
    file.lines_before = static_cast<uint32_t>(n_lines);
    file.columns = reader->columns();
    file.column_names = reader->column_names();
    if (reader->names_are_known())
      VITRINE_RETURN_IF_ERROR(CheckColumns(file, options.file.columns));
    encoder.StartFile(samples[i].traits);
    Row row;
    while (true) {
      VITRINE_ASSIGN_OR_RETURN(const bool any, reader->Next(row));
      if (!any) break;
      n_lines = file.lines_before + row.line;
      if (n_lines >= EventLog::kNone || log.size() >= EventLog::kNone - 2) {
        return Error{ErrorCode::kUnsupported,
                     path + ", line " + std::to_string(row.line) +
                         ": a data set takes at most 4 billion rows; prepare the log in parts"};
      }
      const Outcome outcome = encoder.Encode(row, static_cast<uint32_t>(n_lines));
      if (outcome != Outcome::kKept) tally.Add(outcome, static_cast<uint32_t>(n_lines));
      if (const BadValue& date = encoder.faults().other_order; date.n > 0) {
        return Error{ErrorCode::kBadFormat,
                     path + ", line " + std::to_string(date.line) + ": '" + date.text +
                         "' has the day first, and the dates before it do not tell; say "
                         "--date-order dmy"};
      }
      if (encoder.n_event_names() > RowEncoder::kMaxEventNames) {
        return Error{ErrorCode::kBadFormat,
                     path + ", line " + std::to_string(row.line) +
                         ": the event column holds too many different values to be names of "
                         "events; name another with --column event=NAME"};
      }
      if (++file.n_rows % kProgressRows == 0 && options.progress) {
        options.progress(n_rows + file.n_rows, n_bytes + reader->bytes_read());
      }
    }
    n_rows += file.n_rows;
    n_bytes += reader->bytes_read();
    file.n_bytes = reader->bytes_read();
    file.columns = reader->columns();
    file.column_names = reader->column_names();
    if (file.n_rows == 0) {
      return Error{ErrorCode::kBadFormat, path + ": has no rows; name a log with events"};
    }
    VITRINE_RETURN_IF_ERROR(CheckQuality(file, encoder.faults()));
    VITRINE_RETURN_IF_ERROR(CheckColumns(file, options.file.columns));
    names.insert(names.end(), file.column_names.begin(), file.column_names.end());
    files.push_back(std::move(file));
  }
  VITRINE_RETURN_IF_ERROR(CheckColumnChoices(List(paths), names, options.file.columns));
  return files;
}

std::string LineName(const std::vector<LogFile>& files, uint32_t line) {
  const auto next =
      std::upper_bound(files.begin(), files.end(), line,
                       [](uint32_t at, const LogFile& file) { return at <= file.lines_before; });
  const LogFile& file = *std::prev(next);
  return file.path + ":" + std::to_string(line - file.lines_before);
}

}  // namespace vitrine
