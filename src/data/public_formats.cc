#include "data/public_formats.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <functional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "data/line_reader.h"
#include "data/parse_number.h"
#include "data/row_reader.h"
#include "format/files.h"

namespace vitrine {
namespace {

constexpr int64_t kDayS = 86400;
constexpr int64_t kFirstTime = 1000000000;  // of events that have no time: 2001-09-09 UTC

class LogWriter {
 public:
  static Result<LogWriter> Create(const std::string& path, bool has_context = false) {
    VITRINE_ASSIGN_OR_RETURN(AtomicFile file, AtomicFile::Create(path));
    return LogWriter(std::move(file), has_context);
  }
  Status Add(std::string_view shopper, std::string_view item, int64_t time, std::string_view event,
             std::string_view value, std::string_view context = {}) {
    text_.append(shopper).append(",").append(item).append(",").append(std::to_string(time));
    text_.append(",").append(event).append(",").append(value);
    if (has_context_) text_.append(",").append(context);
    text_.append("\n");
    return text_.size() < kBuffer ? Status() : Flush();
  }
  Status Commit() {
    VITRINE_RETURN_IF_ERROR(Flush());
    return file_.Commit();
  }

 private:
  static constexpr size_t kBuffer = 1 << 20;
  LogWriter(AtomicFile file, bool has_context) : file_(std::move(file)), has_context_(has_context) {
    text_ += has_context ? ",context\n" : "\n";
  }
  Status Flush() {
    VITRINE_RETURN_IF_ERROR(file_.Write(text_));
    text_.clear();
    return {};
  }
  AtomicFile file_;
  bool has_context_;
  std::string text_ = "shopper,item,time,event,value";
};

// The pieces of `line` between runs of the characters of `separators`.
void Split(std::string_view line, std::string_view separators,
           std::vector<std::string_view>& pieces) {
  pieces.clear();
  while (true) {
    const size_t first = line.find_first_not_of(separators);
    if (first == std::string_view::npos) return;
    line.remove_prefix(first);
    const size_t length = std::min(line.find_first_of(separators), line.size());
    pieces.push_back(line.substr(0, length));
    line.remove_prefix(length);
  }
}

using OnLine = std::function<Status(std::span<const std::string_view> pieces, uint64_t line)>;

// What a file holds: ids and numbers, or titles as well, which MovieLens writes in latin-1.
enum class Holds : uint8_t { kNumbers, kTitles };

// Calls on_line for every line that is not blank. bad-format where there is none.
Status ForEachLine(const std::string& path, std::string_view separators, const OnLine& on_line,
                   Holds holds = Holds::kNumbers) {
  const bool has_titles = holds == Holds::kTitles;
  VITRINE_ASSIGN_OR_RETURN(LineReader lines,
                           LineReader::Open(path, has_titles ? "latin-1" : "utf-8"));
  std::vector<std::string_view> pieces;
  std::span<char> line;
  bool empty = true;
  while (true) {
    VITRINE_ASSIGN_OR_RETURN(const bool any, lines.Next(line));
    if (!any) break;
    Split({line.data(), line.size()}, separators, pieces);
    if (pieces.empty()) continue;
    for (const std::string_view piece : pieces) {
      if (has_titles || piece.find_first_of(",\"") == std::string_view::npos) continue;
      return {ErrorCode::kBadFormat, path + ", line " + std::to_string(lines.line_number()) +
                                         ": '" + std::string(piece) +
                                         "' is no id or number; check --format"};
    }
    VITRINE_RETURN_IF_ERROR(on_line(pieces, lines.line_number()));
    empty = false;
  }
  if (empty) return {ErrorCode::kBadFormat, path + ": is empty; name a file with rows"};
  return {};
}

Status BadLine(const std::string& path, uint64_t line, const char* wanted) {
  return {ErrorCode::kBadFormat, path + ", line " + std::to_string(line) + ": is not " + wanted +
                                     "; check --format and the file"};
}

}  // namespace

Status ConvertCfgan(const std::string& train, const std::string& test, int64_t cut_time,
                    const std::string& out) {
  VITRINE_ASSIGN_OR_RETURN(LogWriter writer, LogWriter::Create(out));
  for (const std::string& path : {train, test}) {
    const int64_t time = path == train ? cut_time - kDayS : cut_time;
    VITRINE_RETURN_IF_ERROR(ForEachLine(path, " \t", [&](const auto& pieces, uint64_t line) {
      if (pieces.size() != 3 || !ParseNumber(pieces[2], /*decimal_comma=*/false)) {
        return BadLine(path, line, "'user item rating'");
      }
      return writer.Add(pieces[0], pieces[1], time, "rate", pieces[2]);
    }));
  }
  return writer.Commit();
}

Status ConvertS3rec(const std::string& input, const std::string& out) {
  VITRINE_ASSIGN_OR_RETURN(LogWriter writer, LogWriter::Create(out));
  const OnLine add = [&](std::span<const std::string_view> pieces, uint64_t line) -> Status {
    if (pieces.size() < 2) return BadLine(input, line, "'user item item ...'");
    for (size_t i = 1; i < pieces.size(); ++i) {
      const int64_t time = kFirstTime + static_cast<int64_t>(i) * kDayS;
      VITRINE_RETURN_IF_ERROR(writer.Add(pieces[0], pieces[i], time, "purchase", ""));
    }
    return {};
  };
  VITRINE_RETURN_IF_ERROR(ForEachLine(input, " \t", add));
  return writer.Commit();
}

namespace {

// Bounds of MovieLens's own age groups.
constexpr int kAges[] = {18, 25, 35, 45, 50, 56};

// "age=25;sex=F;occupation=student" of each user, from the file u.user beside `ratings`; none where
// there is none.
Result<std::unordered_map<std::string, std::string>> ReadUsers(const std::string& ratings) {
  std::unordered_map<std::string, std::string> users;
  const std::filesystem::path path = std::filesystem::path(ratings).replace_filename("u.user");
  if (!std::filesystem::exists(path)) return users;
  VITRINE_RETURN_IF_ERROR(
      ForEachLine(path.string(), "|", [&](const auto& pieces, uint64_t line) -> Status {
        const auto age =
            pieces.size() >= 4 ? ParseNumber(pieces[1], /*decimal_comma=*/false) : std::nullopt;
        if (!age) return BadLine(path.string(), line, "'id|age|sex|occupation|...'");
        int group = 1;
        for (const int least : kAges) {
          if (static_cast<double>(*age) >= least) group = least;
        }
        users[std::string(pieces[0])] = "age=" + std::to_string(group) +
                                        ";sex=" + std::string(pieces[2]) +
                                        ";occupation=" + std::string(pieces[3]);
        return {};
      }));
  return users;
}

}  // namespace

Status ConvertMovielens(const std::string& input, double min_rating, const std::string& out) {
  VITRINE_ASSIGN_OR_RETURN(const auto users, ReadUsers(input));
  VITRINE_ASSIGN_OR_RETURN(LogWriter writer, LogWriter::Create(out, !users.empty()));
  VITRINE_RETURN_IF_ERROR(ForEachLine(input, "\t:,", [&](const auto& pieces, uint64_t line) {
    if (line == 1 && !pieces.empty() && pieces[0] == "userId") return Status();
    const auto rating =
        pieces.size() == 4 ? ParseNumber(pieces[2], /*decimal_comma=*/false) : std::nullopt;
    const auto time = rating ? ParseNumber(pieces[3], /*decimal_comma=*/false) : std::nullopt;
    if (!time) return BadLine(input, line, "'user, item, rating, seconds'");
    if (static_cast<double>(*rating) < min_rating) return Status();
    const auto user = users.find(std::string(pieces[0]));
    return writer.Add(pieces[0], pieces[1],
                      std::strtoll(std::string(pieces[3]).c_str(), nullptr, 10), "rate", pieces[2],
                      user == users.end() ? std::string_view() : user->second);
  }));
  return writer.Commit();
}

namespace {

// The columns of u.item that are 1 where a film is of the genre, the last ones of a line.
constexpr std::array<std::string_view, 19> kGenres = {
    "unknown",     "Action", "Adventure", "Animation", "Children's", "Comedy",  "Crime",
    "Documentary", "Drama",  "Fantasy",   "Film-Noir", "Horror",     "Musical", "Mystery",
    "Romance",     "Sci-Fi", "Thriller",  "War",       "Western"};

std::string_view FirstGenre(std::span<const std::string_view> flags) {
  const auto first = std::ranges::find(flags, "1");
  return first == flags.end() ? kGenres[0] : kGenres[static_cast<size_t>(first - flags.begin())];
}

// For a CSV file.
std::string Quoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + '"';
}

}  // namespace

Result<bool> ConvertMovielensItems(const std::string& input, const std::string& out) {
  const std::filesystem::path beside(input);
  std::string text = "item,title,category\n";
  const auto add = [&text](std::string_view item, std::string_view title, std::string_view genre) {
    text.append(item).append(",").append(Quoted(title)).append(",").append(Quoted(genre));
    text += '\n';
  };
  if (const auto path = beside.parent_path() / "u.item"; std::filesystem::exists(path)) {
    VITRINE_RETURN_IF_ERROR(ForEachLine(
        path.string(), "|",
        [&](const auto& pieces, uint64_t line) -> Status {
          if (pieces.size() < 2 + kGenres.size()) {
            return BadLine(path.string(), line, "'id|title|...' and 19 genres");
          }
          add(pieces[0], pieces[1], FirstGenre(std::span(pieces).last(kGenres.size())));
          return {};
        },
        Holds::kTitles));
  } else if (const auto dat = beside.parent_path() / "movies.dat"; std::filesystem::exists(dat)) {
    VITRINE_RETURN_IF_ERROR(ForEachLine(
        dat.string(), ":",
        [&](const auto& pieces, uint64_t line) -> Status {
          if (pieces.size() < 3) return BadLine(dat.string(), line, "'id::title::genre|genre'");
          const std::string_view genres = pieces.back();
          add(pieces[0], pieces[1], genres.substr(0, genres.find('|')));
          return {};
        },
        Holds::kTitles));
  } else if (const auto csv = beside.parent_path() / "movies.csv"; std::filesystem::exists(csv)) {
    VITRINE_ASSIGN_OR_RETURN(const auto rows, OpenRows(csv.string(), FileKind::kProducts, {}));
    Row row;
    while (true) {
      VITRINE_ASSIGN_OR_RETURN(const bool any, rows->Next(row));
      if (!any) break;
      if (!row.problem.empty()) {
        return BadLine(csv.string(), row.line, "'movieId,title,genres'").error();
      }
      const std::string_view genres = row.values[Field::kCategory];
      add(row.values[Field::kItem], row.values[Field::kTitle], genres.substr(0, genres.find('|')));
    }
  } else {
    return false;
  }
  VITRINE_RETURN_IF_ERROR(WriteTextFile(out, text));
  return true;
}

}  // namespace vitrine
