#include "data/row_reader.h"

#include <array>
#include <string_view>

#include "data/csv_reader.h"
#include "data/json_reader.h"
#include "data/parse_number.h"
#include "data/text_source.h"

namespace vitrine {

Result<std::unique_ptr<RowReader>> OpenRows(const std::string& path, FileKind kind,
                                            const FileOptions& options) {
  std::array<char, 4096> head;
  size_t n = 0;
  {
    VITRINE_ASSIGN_OR_RETURN(TextSource source, TextSource::Open(path, options.encoding));
    VITRINE_ASSIGN_OR_RETURN(n, source.Read(head));
  }
  const std::string_view text(head.data(), n);
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) {
    return Error{ErrorCode::kBadFormat, path + ": is empty; name a file with rows"};
  }
  if (text[first] == '{') return JsonReader::OpenLines(path, kind, options);
  if (text[first] == '[') {
    if (kind == FileKind::kProducts) return JsonReader::OpenArray(path, kind, options);
    const size_t second = text.find_first_not_of(" \t\r\n", first + 1);
    if (second != std::string_view::npos && text[second] == '{') {
      return Error{ErrorCode::kBadFormat, path +
                                              ": is one JSON array, and a log is read line by "
                                              "line; write one object a line (jq -c '.[]')"};
    }
  }
  return CsvReader::Open(path, kind, options);
}

Result<bool> HasDecimalComma(const std::string& path, FileKind kind, const FileOptions& options) {
  if (options.decimal_comma) return *options.decimal_comma;
  constexpr int kSampleRows = 10000;
  constexpr Field kNumbers[] = {Field::kPrice, Field::kQuantity, Field::kRating,
                                Field::kValue, Field::kDwell,    Field::kStock};
  VITRINE_ASSIGN_OR_RETURN(const auto reader, OpenRows(path, kind, options));
  int n_more_commas = 0;
  Row row;
  for (int n = 0; n < kSampleRows; ++n) {
    VITRINE_ASSIGN_OR_RETURN(const bool any, reader->Next(row));
    if (!any) break;
    for (const Field field : kNumbers) n_more_commas += DecimalCommaEvidence(row.values[field]);
  }
  return n_more_commas == 0 ? reader->likely_decimal_comma() : n_more_commas > 0;
}

}  // namespace vitrine
