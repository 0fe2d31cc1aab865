// A log or product file as rows of named text, whichever format it is in.
#ifndef VITRINE_DATA_ROW_READER_H_
#define VITRINE_DATA_ROW_READER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/result.h"
#include "data/fields.h"

namespace vitrine {

struct Row {
  uint64_t line = 0;    // where it begins in the file; from 1
  std::string problem;  // why the row cannot be read; empty where it can
  FieldValues values;   // valid until the next row
};

// How a file is read.
struct FileOptions {
  std::string encoding = "utf-8";
  char delimiter = 0;               // of CSV; 0: found from the first line
  std::vector<std::string> header;  // names of the columns of a CSV file without a header line
  ColumnChoices columns;
  std::optional<bool>
      decimal_comma;  // the decimal mark of numbers; none: found from the first rows
};

// Which column a field comes from.
struct FoundColumn {
  Field field;
  std::string column;
  bool by_user = false;
};

class RowReader {
 public:
  virtual ~RowReader() = default;

  // The next row; false at the end of the file. Blank lines are no rows.
  virtual Result<bool> Next(Row& row) = 0;

  virtual const char* format() const = 0;  // "csv", "jsonl" or "json"
  // Whether the two below are complete from the start; in JSON, names may turn up late.
  virtual bool names_are_known() const = 0;
  // All that were found so far.
  virtual std::vector<FoundColumn> columns() const = 0;
  // Every name in the file, known or not.
  virtual std::vector<std::string> column_names() const = 0;
  virtual uint64_t bytes_read() const = 0;
  // What to expect where no number tells: a file with semicolons between its columns likely has
  // decimal commas.
  virtual bool likely_decimal_comma() const { return false; }
};

// Opens `path` in the format that its first character tells: [ JSON array (products only), { JSON
// lines, else CSV.
Result<std::unique_ptr<RowReader>> OpenRows(const std::string& path, FileKind kind,
                                            const FileOptions& options);

// Whether the numbers of `path` have a decimal comma: by `options`, else as most of the numbers in
// its first rows tell.
Result<bool> HasDecimalComma(const std::string& path, FileKind kind, const FileOptions& options);

}  // namespace vitrine

#endif  // VITRINE_DATA_ROW_READER_H_
