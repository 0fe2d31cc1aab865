#include "data/json_reader.h"

#include <simdjson.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "data/text_source.h"

namespace vitrine {
namespace {

namespace ondemand = simdjson::ondemand;

constexpr int kMaxDepth = 2;        // of objects whose members are columns
constexpr size_t kMaxNames = 2000;  // of members that mean nothing to us, kept for messages
static_assert(LineReader::kPadding >= simdjson::SIMDJSON_PADDING);

bool IsItemArray(std::string_view path) {
  const std::string_view name = path.substr(path.rfind('.') + 1);
  return name == "items" || name == "products";
}

bool IsAtEnd(ondemand::document& document) {
  return document.current_location().error() == simdjson::OUT_OF_BOUNDS;
}

std::string_view TrimmedToken(std::string_view token) {
  const size_t end = token.find_last_not_of(" \t\r\n");
  return token.substr(0, end == std::string_view::npos ? 0 : end + 1);
}

}  // namespace

// One per reader: it keeps the text of the strings of the last object.
struct JsonReader::Parser {
  ondemand::parser simd;

  // A string, number or truth value as text; empty for null. False where the text is no JSON.
  static bool Scalar(ondemand::value value, ondemand::json_type type, std::string_view& text) {
    text = {};
    if (type == ondemand::json_type::string) return value.get_string().get(text) == 0;
    if (type == ondemand::json_type::null) return value.is_null();
    text = TrimmedToken(value.raw_json_token());
    return true;
  }

  // Calls scalar(text) and object(object) for the elements of `array`.
  template <class OnScalar, class OnObject>
  static bool Elements(ondemand::array array, const OnScalar& on_scalar,
                       const OnObject& on_object) {
    for (auto element : array) {
      ondemand::value value;
      ondemand::json_type type{};
      if (element.get(value) != 0 || value.type().get(type) != 0) return false;
      if (type == ondemand::json_type::object) {
        ondemand::object object;
        if (value.get_object().get(object) != 0 || !on_object(object)) return false;
      } else if (type != ondemand::json_type::array) {
        std::string_view text;
        if (!Scalar(value, type, text)) return false;
        on_scalar(text);
      }
    }
    return true;
  }

  static bool Members(JsonReader& reader, ondemand::object object, int depth, Ranked& to) {
    const size_t prefix = reader.path_.size();
    for (auto member : object) {
      std::string_view key;
      ondemand::value value;
      ondemand::json_type type{};
      if (member.unescaped_key().get(key) != 0 || member.value().get(value) != 0 ||
          value.type().get(type) != 0) {
        return false;
      }
      std::string& path = reader.path_;
      path.resize(prefix);
      if (prefix > 0) path += '.';
      path += key;
      if (type == ondemand::json_type::object) {
        ondemand::object inner;
        if (value.get_object().get(inner) != 0) return false;
        if (depth < kMaxDepth && !Members(reader, inner, depth + 1, to)) return false;
      } else if (type == ondemand::json_type::array) {
        ondemand::array array;
        if (value.get_array().get(array) != 0) return false;
        if (!Array(reader, array, depth, to)) return false;
      } else {
        std::string_view text;
        if (!Scalar(value, type, text)) return false;
        reader.Put(path, text, to);
      }
    }
    reader.path_.resize(prefix);
    return true;
  }

  static bool Array(JsonReader& reader, ondemand::array array, int depth, Ranked& to) {
    const bool expand = reader.kind_ == FileKind::kEvents && &to == &reader.base_ &&
                        depth <= kMaxDepth && IsItemArray(reader.path_);
    if (expand) {
      const auto fresh = [] {
        Ranked item;
        item.rank.fill(std::numeric_limits<int>::max());
        return item;
      };
      return Elements(
          array,
          [&](std::string_view text) {
            reader.items_.push_back(fresh());
            reader.Put("item", text, reader.items_.back());
          },
          [&](ondemand::object object) {
            Ranked item = fresh();
            const std::string outer = std::exchange(reader.path_, {});
            const bool ok = Members(reader, object, kMaxDepth, item);
            reader.path_ = outer;
            reader.items_.push_back(item);
            return ok;
          });
    }
    // Of several values, such as pictures, the first.
    bool first = true;
    if (!reader.Match(reader.path_)) return true;
    return Elements(
        array,
        [&](std::string_view text) {
          if (std::exchange(first, false)) reader.Put(reader.path_, text, to);
        },
        [](ondemand::object) { return true; });
  }
};

JsonReader::JsonReader(LineReader lines, FileKind kind, const FileOptions& options)
    : lines_(std::move(lines)),
      kind_(kind),
      matcher_(kind, options.columns),
      parser_(std::make_unique<Parser>()) {}

JsonReader::~JsonReader() = default;

Result<std::unique_ptr<RowReader>> JsonReader::OpenLines(const std::string& path, FileKind kind,
                                                         const FileOptions& options) {
  VITRINE_ASSIGN_OR_RETURN(LineReader lines, LineReader::Open(path, options.encoding));
  return std::unique_ptr<RowReader>(new JsonReader(std::move(lines), kind, options));
}

Result<std::unique_ptr<RowReader>> JsonReader::OpenArray(const std::string& path, FileKind kind,
                                                         const FileOptions& options) {
  VITRINE_ASSIGN_OR_RETURN(LineReader lines, LineReader::Open(path, options.encoding));
  std::unique_ptr<JsonReader> reader(new JsonReader(std::move(lines), kind, options));
  std::string& text = reader->text_;
  while (true) {
    std::span<char> line;
    VITRINE_ASSIGN_OR_RETURN(const bool any, reader->lines_.Next(line));
    if (!any) break;
    text.append(line.data(), line.size());
    text += '\n';
  }
  const size_t size = text.size();
  text.resize(size + simdjson::SIMDJSON_PADDING);
  ondemand::parser parser;
  ondemand::document document;
  ondemand::array array;
  const auto bad = [&path] {
    return Error{ErrorCode::kBadFormat,
                 path + ": is no JSON array of objects; check it with a JSON validator"};
  };
  if (parser.iterate(text.data(), size, text.size()).get(document) != 0 ||
      document.get_array().get(array) != 0) {
    return bad();
  }
  for (auto element : array) {
    ondemand::object object;
    std::string_view raw;
    if (element.get_object().get(object) != 0 || object.raw_json().get(raw) != 0) return bad();
    reader->elements_.push_back(raw);
  }
  if (!IsAtEnd(document)) return bad();
  return std::unique_ptr<RowReader>(std::move(reader));
}

Result<bool> JsonReader::NextText(std::string_view& text) {
  if (!text_.empty()) {
    if (next_element_ == elements_.size()) return false;
    text = elements_[next_element_++];
    line_ = next_element_;
    return true;
  }
  std::span<char> line;
  do {
    VITRINE_ASSIGN_OR_RETURN(const bool any, lines_.Next(line));
    if (!any) return false;
    text = TrimmedToken({line.data(), line.size()});
  } while (text.empty());
  line_ = lines_.line_number();
  return true;
}

const char* JsonReader::Parse(std::string_view text) {
  base_.values = FieldValues();
  base_.rank.fill(std::numeric_limits<int>::max());
  items_.clear();
  next_item_ = 0;
  path_.clear();
  ondemand::document document;
  ondemand::object object;
  if (parser_->simd.iterate(text.data(), text.size(), text.size() + simdjson::SIMDJSON_PADDING)
              .get(document) != 0 ||
      document.get_object().get(object) != 0 || !Parser::Members(*this, object, 0, base_) ||
      !IsAtEnd(document)) {
    return "is no JSON object";
  }
  return nullptr;
}

std::optional<ColumnMatcher::Match> JsonReader::Match(std::string_view path) {
  const auto found = matches_.find(path);
  if (found != matches_.end()) return found->second;
  auto match = matcher_.Find(path);
  // A field that the user gave a column takes no other, row by row.
  if (match && match->rank >= 0 && matcher_.IsChosen(match->field)) match.reset();
  if (match || names_.size() < kMaxNames) {
    names_.emplace_back(path);
    matches_.emplace(path, match);
  }
  return match;
}

void JsonReader::Put(std::string_view path, std::string_view text, Ranked& to) {
  const auto match = Match(path);
  if (!match || text.empty()) return;
  const auto field = static_cast<size_t>(match->field);
  if (match->rank >= to.rank[field]) return;
  to.rank[field] = match->rank;
  to.values.text[field] = text;
}

Result<bool> JsonReader::Next(Row& row) {
  row.problem.clear();
  if (next_item_ >= items_.size()) {
    std::string_view text;
    VITRINE_ASSIGN_OR_RETURN(const bool any, NextText(text));
    if (!any) return false;
    const char* problem = Parse(text);
    if (problem != nullptr) {
      items_.clear();
      row.line = line_;
      row.problem = problem;
      row.values = FieldValues();
      return true;
    }
  }
  row.line = line_;
  row.values = base_.values;
  if (next_item_ < items_.size()) {
    const FieldValues& item = items_[next_item_++].values;
    for (size_t field = 0; field < kFields; ++field) {
      if (!item.text[field].empty()) row.values.text[field] = item.text[field];
    }
  }
  return true;
}

std::vector<FoundColumn> JsonReader::columns() const {
  std::vector<FoundColumn> found;
  for (const std::string& name : names_) {
    const auto& match = matches_.find(name)->second;
    if (match) found.push_back({match->field, name, match->rank < 0});
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const FoundColumn& a, const FoundColumn& b) { return a.field < b.field; });
  return found;
}

}  // namespace vitrine
