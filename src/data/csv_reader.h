// Comma-separated values by RFC 4180, with the delimiters and line ends that shops' exports have.
#ifndef VITRINE_DATA_CSV_READER_H_
#define VITRINE_DATA_CSV_READER_H_

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/result.h"
#include "data/line_reader.h"
#include "data/row_reader.h"

namespace vitrine {

class CsvReader : public RowReader {
 public:
  static Result<std::unique_ptr<RowReader>> Open(const std::string& path, FileKind kind,
                                                 const FileOptions& options);

  Result<bool> Next(Row& row) override;
  const char* format() const override { return "csv"; }
  bool names_are_known() const override { return true; }
  std::vector<FoundColumn> columns() const override { return found_; }
  std::vector<std::string> column_names() const override { return names_; }
  uint64_t bytes_read() const override { return lines_.source().bytes_read(); }
  bool likely_decimal_comma() const override { return delimiter_ == ';'; }

 private:
  explicit CsvReader(LineReader lines) : lines_(std::move(lines)) {}
  Status ReadHeader(FileKind kind, const FileOptions& options);
  // Calls take(column, text) for every field of the record that starts with `line`, unquoted;
  // what is wrong with it, or nothing. A quoted field may draw in further lines.
  template <class Take>
  Result<const char*> Split(std::span<char> line, const Take& take);
  template <class Take>
  void SplitPlain(std::span<char> line, const Take& take) const;

  LineReader lines_;
  char delimiter_ = ',';
  std::vector<std::string> names_;
  std::vector<FoundColumn> found_;
  std::vector<int> field_of_;  // of each column; -1 where it means nothing to us
};

}  // namespace vitrine

#endif  // VITRINE_DATA_CSV_READER_H_
