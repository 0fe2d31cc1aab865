// Reads log files into an EventLog, and says how it understood them.
#ifndef VITRINE_DATA_LOG_READER_H_
#define VITRINE_DATA_LOG_READER_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/result.h"
#include "data/event_log.h"
#include "data/row_encoder.h"
#include "data/row_reader.h"
#include "data/tally.h"

namespace vitrine {

// What one file turned out to be.
struct LogFile {
  std::string path;
  std::string format;
  std::vector<FoundColumn> columns;
  std::vector<std::string> column_names;
  std::vector<std::string> notes;  // what was inferred, one sentence each
  uint64_t n_rows = 0;
  uint64_t n_bytes = 0;
  uint32_t lines_before = 0;  // of the files read earlier: where its lines start in EventLog::line
};

struct LogOptions {
  FileOptions file;
  std::optional<DateOrder> date_order;  // absent: as the dates themselves tell
  // Called now and then with the rows and bytes read of all files.
  std::function<void(uint64_t, uint64_t)> progress;
};

// Reads `paths` one after the other through `encoder` into its log (which is `log`, for its size
// alone). Rows that do not get there are counted in `tally`.
Result<std::vector<LogFile>> ReadLog(const std::vector<std::string>& paths,
                                     const LogOptions& options, RowEncoder& encoder,
                                     const EventLog& log, Tally& tally);

// "orders.csv:17" for a line over all files.
std::string LineName(const std::vector<LogFile>& files, uint32_t line);

}  // namespace vitrine

#endif  // VITRINE_DATA_LOG_READER_H_
