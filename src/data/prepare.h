// From log files to a data set: the work of `vitrine prepare`.
#ifndef VITRINE_DATA_PREPARE_H_
#define VITRINE_DATA_PREPARE_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "data/cleaning.h"
#include "data/partition.h"
#include "data/report.h"
#include "data/row_encoder.h"
#include "data/row_reader.h"

namespace vitrine {

struct PrepareOptions {
  std::vector<std::string> events;  // log files
  std::string products;             // product file; empty: what the log says
  std::string out;                  // the data set's folder
  bool replace = false;             // a data set that is there already

  FileOptions event_file;
  FileOptions product_file;
  std::optional<DateOrder> date_order;  // absent: as the dates tell
  RowRules rows;
  bool keep_duplicates = false;
  bool keep_bots = false;
  BotRules bots;
  SplitRules split;
  int64_t visit_gap_s = 1800;

  // Called with what is being done and, while reading, the rows and bytes read so far.
  std::function<void(std::string_view stage, uint64_t rows, uint64_t bytes)> progress;
};

Result<PrepareReport> Prepare(const PrepareOptions& options);

}  // namespace vitrine

#endif  // VITRINE_DATA_PREPARE_H_
