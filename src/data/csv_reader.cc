#include "data/csv_reader.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <utility>

namespace vitrine {
namespace {

// A quote that is not closed within this many bytes was never meant to be one.
constexpr size_t kMaxRecordBytes = size_t{64} << 10;

bool IsBlank(char c) { return c == ' ' || c == '\t'; }

std::string_view Trim(const char* begin, const char* end) {
  while (begin < end && IsBlank(*begin)) ++begin;
  while (begin < end && IsBlank(end[-1])) --end;
  return {begin, static_cast<size_t>(end - begin)};
}

// The delimiter that occurs most often outside quotes.
char DetectDelimiter(std::span<const char> line) {
  constexpr std::array<char, 4> kDelimiters = {',', ';', '\t', '|'};
  std::array<size_t, 4> counts{};
  bool quoted = false;
  for (const char c : line) {
    if (c == '"') quoted = !quoted;
    const auto found = std::find(kDelimiters.begin(), kDelimiters.end(), c);
    if (!quoted && found != kDelimiters.end()) {
      ++counts[static_cast<size_t>(found - kDelimiters.begin())];
    }
  }
  const auto best = std::max_element(counts.begin(), counts.end());
  return kDelimiters[static_cast<size_t>(best - counts.begin())];
}

}  // namespace

Result<std::unique_ptr<RowReader>> CsvReader::Open(const std::string& path, FileKind kind,
                                                   const FileOptions& options) {
  VITRINE_ASSIGN_OR_RETURN(LineReader lines, LineReader::Open(path, options.encoding));
  std::unique_ptr<CsvReader> reader(new CsvReader(std::move(lines)));
  VITRINE_RETURN_IF_ERROR(reader->ReadHeader(kind, options));
  return std::unique_ptr<RowReader>(std::move(reader));
}

Status CsvReader::ReadHeader(FileKind kind, const FileOptions& options) {
  std::span<char> line;
  VITRINE_ASSIGN_OR_RETURN(const bool any, lines_.Next(line));
  if (!any) {
    return {ErrorCode::kBadFormat, lines_.path() + ": is empty; name a file with rows"};
  }
  delimiter_ = options.delimiter != 0 ? options.delimiter : DetectDelimiter(line);
  names_ = options.header;
  if (names_.empty()) {
    VITRINE_ASSIGN_OR_RETURN(
        const char* problem,
        Split(line, [this](size_t, std::string_view text) { names_.emplace_back(text); }));
    if (problem != nullptr) {
      return {ErrorCode::kBadFormat, lines_.path() + ", line 1: the header " + problem};
    }
  } else {
    // The first line is a row already.
    VITRINE_ASSIGN_OR_RETURN(lines_, LineReader::Open(lines_.path(), options.encoding));
  }

  const ColumnMatcher matcher(kind, options.columns);
  std::array<int, kFields> best_rank;
  best_rank.fill(std::numeric_limits<int>::max());
  std::array<int, kFields> best_column;
  best_column.fill(-1);
  for (size_t column = 0; column < names_.size(); ++column) {
    const auto match = matcher.Find(names_[column]);
    if (!match) continue;
    const auto field = static_cast<size_t>(match->field);
    if (match->rank >= best_rank[field]) continue;
    best_rank[field] = match->rank;
    best_column[field] = static_cast<int>(column);
  }
  field_of_.assign(names_.size(), -1);
  for (size_t field = 0; field < kFields; ++field) {
    if (best_column[field] < 0) continue;
    const auto column = static_cast<size_t>(best_column[field]);
    field_of_[column] = static_cast<int>(field);
    found_.push_back({static_cast<Field>(field), names_[column], best_rank[field] < 0});
  }
  return {};
}

template <class Take>
void CsvReader::SplitPlain(std::span<char> line, const Take& take) const {
  const char* at = line.data();
  const char* const end = at + line.size();
  for (size_t column = 0;; ++column) {
    const char* stop = at;
    while (stop < end && *stop != delimiter_) ++stop;
    take(column, Trim(at, stop));
    if (stop == end) return;
    at = stop + 1;
  }
}

template <class Take>
Result<const char*> CsvReader::Split(std::span<char> line, const Take& take) {
  if (std::memchr(line.data(), '"', line.size()) == nullptr) {
    SplitPlain(line, take);
    return nullptr;
  }
  // A row that goes on over several lines and is wrong in the end has a stray quote in its first
  // line; the lines after it are rows of their own.
  bool extended = false;
  const auto wrong = [&](const char* problem) {
    if (!extended) return problem;
    lines_.Retract();
    return "has a quote that is never closed";
  };
  // Where the fields are, first: Extend may move the line while they are being found.
  struct Place {
    size_t begin, end;
    bool quoted;
  };
  std::vector<Place> places;
  size_t at = 0;
  while (true) {
    Place place{at, at, false};
    while (place.begin < line.size() && IsBlank(line[place.begin]) &&
           line[place.begin] != delimiter_) {
      ++place.begin;
    }
    if (place.begin < line.size() && line[place.begin] == '"') {
      place.quoted = true;
      at = ++place.begin;
      while (true) {
        if (at < line.size() && line[at] != '"') {
          ++at;
        } else if (at + 1 < line.size() && line[at + 1] == '"') {
          at += 2;
        } else if (at < line.size()) {
          break;
        } else {
          bool more = false;
          if (line.size() < kMaxRecordBytes) {
            VITRINE_ASSIGN_OR_RETURN(more, lines_.Extend(line));
          }
          extended = true;
          if (!more) return wrong("");
        }
      }
      place.end = at++;
      while (at < line.size() && IsBlank(line[at]) && line[at] != delimiter_) ++at;
      if (at < line.size() && line[at] != delimiter_) {
        return wrong("has text behind a closing quote");
      }
    } else {
      while (at < line.size() && line[at] != delimiter_) ++at;
      place.begin = place.end;  // Trim does the rest
      place.end = at;
    }
    places.push_back(place);
    if (at >= line.size()) break;
    ++at;
  }
  if (extended && !names_.empty() && places.size() != names_.size()) return wrong("");
  for (size_t column = 0; column < places.size(); ++column) {
    const Place& place = places[column];
    char* const begin = line.data() + place.begin;
    char* end = line.data() + place.end;
    if (place.quoted) {
      // Doubled quotes become one, in place.
      char* to = begin;
      for (const char* from = begin; from < end; ++from) {
        *to++ = *from;
        if (*from == '"') ++from;
      }
      end = to;
    }
    take(column, Trim(begin, end));
  }
  return nullptr;
}

Result<bool> CsvReader::Next(Row& row) {
  std::span<char> line;
  do {
    VITRINE_ASSIGN_OR_RETURN(const bool any, lines_.Next(line));
    if (!any) return false;
  } while (line.empty());
  row.line = lines_.line_number();
  row.problem.clear();
  row.values = FieldValues();
  size_t n_fields = 0;
  VITRINE_ASSIGN_OR_RETURN(const char* problem,
                           Split(line, [&](size_t column, std::string_view text) {
                             ++n_fields;
                             if (column < field_of_.size() && field_of_[column] >= 0) {
                               row.values.text[static_cast<size_t>(field_of_[column])] = text;
                             }
                           }));
  if (problem != nullptr) {
    row.problem = problem;
  } else if (n_fields != names_.size()) {
    row.problem = "has " + std::to_string(n_fields) + " fields where the header has " +
                  std::to_string(names_.size());
  }
  return true;
}

}  // namespace vitrine
