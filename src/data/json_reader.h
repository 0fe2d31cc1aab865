// Rows from JSON: one object per line, or (product files) one array of objects.
#ifndef VITRINE_DATA_JSON_READER_H_
#define VITRINE_DATA_JSON_READER_H_

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/result.h"
#include "data/line_reader.h"
#include "data/row_reader.h"

namespace vitrine {

// An object's members are columns; those of objects within are named with a dot
// ("device.category"). An array `items` or `products` within an event makes one row per element,
// which shares the event's other values: the shape of GA4 events and of its BigQuery export.
class JsonReader : public RowReader {
 public:
  static Result<std::unique_ptr<RowReader>> OpenLines(const std::string& path, FileKind kind,
                                                      const FileOptions& options);
  static Result<std::unique_ptr<RowReader>> OpenArray(const std::string& path, FileKind kind,
                                                      const FileOptions& options);
  ~JsonReader() override;

  Result<bool> Next(Row& row) override;
  const char* format() const override { return text_.empty() ? "jsonl" : "json"; }
  bool names_are_known() const override { return false; }
  std::vector<FoundColumn> columns() const override;
  std::vector<std::string> column_names() const override { return names_; }
  uint64_t bytes_read() const override { return lines_.source().bytes_read(); }

 private:
  struct Parser;  // simdjson's
  // Values with the ranks of the columns that they came from.
  struct Ranked {
    FieldValues values;
    std::array<int, kFields> rank;
  };
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };

  JsonReader(LineReader lines, FileKind kind, const FileOptions& options);
  // The next object's text, in memory with padding behind it; false at the end.
  Result<bool> NextText(std::string_view& text);
  // Reads the object into base_ and items_; what is wrong with it, or nullptr.
  const char* Parse(std::string_view text);
  std::optional<ColumnMatcher::Match> Match(std::string_view path);
  void Put(std::string_view path, std::string_view text, Ranked& to);

  LineReader lines_;
  FileKind kind_;
  ColumnMatcher matcher_;
  std::unique_ptr<Parser> parser_;
  std::string text_;                        // the whole file, for an array
  std::vector<std::string_view> elements_;  // of it
  size_t next_element_ = 0;
  std::unordered_map<std::string, std::optional<ColumnMatcher::Match>, Hash, std::equal_to<>>
      matches_;
  std::vector<std::string> names_;
  std::string path_;  // of the member being read, while reading
  Ranked base_;
  std::vector<Ranked> items_;
  size_t next_item_ = 0;
  uint64_t line_ = 0;
};

}  // namespace vitrine

#endif  // VITRINE_DATA_JSON_READER_H_
