#include "data/row_reader.h"

#include <array>
#include <string_view>

#include "data/csv_reader.h"
#include "data/json_reader.h"
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
  if (text[first] == '[' && kind == FileKind::kProducts) {
    return JsonReader::OpenArray(path, kind, options);
  }
  return CsvReader::Open(path, kind, options);
}

}  // namespace vitrine
