// `vitrine prepare`: flags for data/prepare.h, progress on stderr, and a summary for the merchant.
#include "data/prepare.h"

#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cli/command.h"
#include "cli/moment.h"

namespace vitrine {
namespace {

// Flags that need a second look before they are options.
struct Flags {
  PrepareOptions options;
  std::vector<std::string> columns, product_columns, events;
  std::string delimiter, decimal, date_order, now, cut, split = "time";
  double visit_gap_minutes = 30;
};

double Seconds(std::chrono::steady_clock::time_point since) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - since).count();
}

uint64_t PeakBytes() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<uint64_t>(usage.ru_maxrss) * 1024;
}

// One line that is written over on a terminal; elsewhere a line every few seconds.
class Progress {
 public:
  void Show(std::string_view stage, uint64_t rows, uint64_t bytes) {
    const double now = Seconds(start_);
    if (stage == stage_ && now - shown_ < (terminal_ ? 0.2 : 5.0)) return;
    shown_ = now;
    stage_ = stage;
    std::string line = "prepare: " + stage_;
    if (rows > 0) {
      char text[96];
      std::snprintf(text, sizeof text, ", %.1f M rows, %.0f MB, %.2f M rows/s",
                    static_cast<double>(rows) / 1e6, static_cast<double>(bytes) / 1e6,
                    static_cast<double>(rows) / 1e6 / now);
      line += text;
    }
    std::fprintf(stderr, terminal_ ? "\r\x1b[K%s" : "%s\n", line.c_str());
    std::fflush(stderr);
  }
  void End() const {
    if (terminal_ && shown_ > 0) std::fprintf(stderr, "\r\x1b[K");
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  bool terminal_ = ::isatty(STDERR_FILENO) == 1;
  std::string stage_;
  double shown_ = 0;
};

// Of flags, which have the log's time zone and order of dates.
Result<TimeParser> MomentParser(const PrepareOptions& options) {
  VITRINE_ASSIGN_OR_RETURN(TimeZone zone, TimeZone::Create(options.rows.timezone));
  return TimeParser(options.date_order.value_or(DateOrder::kMonthFirst), std::move(zone));
}

Result<PrepareOptions> ToOptions(const Flags& flags) {
  PrepareOptions options = flags.options;
  for (const std::string& text : flags.columns) {
    VITRINE_RETURN_IF_ERROR(AddColumnChoice(text, options.event_file.columns));
  }
  for (const std::string& text : flags.product_columns) {
    VITRINE_RETURN_IF_ERROR(AddColumnChoice(text, options.product_file.columns));
  }
  for (const std::string& text : flags.events) {
    VITRINE_RETURN_IF_ERROR(AddEventChoice(text, options.rows.events));
  }
  const std::string delimiter = flags.delimiter == "tab" ? "\t" : flags.delimiter;
  if (delimiter.size() > 1) {
    return Error{ErrorCode::kInvalidArgument,
                 "--delimiter '" + delimiter + "' is more than one character; use one, or tab"};
  }
  options.event_file.delimiter = delimiter.empty() ? '\0' : delimiter[0];
  if (options.product_file.encoding.empty()) {
    options.product_file.encoding = options.event_file.encoding;
  }
  if (!flags.decimal.empty()) {
    options.event_file.decimal_comma = options.product_file.decimal_comma =
        flags.decimal == "comma";
  }
  if (flags.date_order == "dmy") options.date_order = DateOrder::kDayFirst;
  if (flags.date_order == "mdy") options.date_order = DateOrder::kMonthFirst;
  VITRINE_ASSIGN_OR_RETURN(const TimeParser moments, MomentParser(options));
  options.rows.now = std::chrono::duration_cast<std::chrono::seconds>(
                         std::chrono::system_clock::now().time_since_epoch())
                         .count();
  if (!flags.now.empty()) {
    VITRINE_ASSIGN_OR_RETURN(options.rows.now, ParseMoment("--now", flags.now, moments));
  }
  options.visit_gap_s = static_cast<int64_t>(flags.visit_gap_minutes * 60);

  SplitRules& split = options.split;
  split.split = flags.split == "none"     ? Split::kNone
                : flags.split == "strong" ? Split::kStrong
                                          : Split::kTime;
  if (!flags.cut.empty()) {
    if (split.split != Split::kTime) {
      return Error{ErrorCode::kInvalidArgument, "--cut needs --split time; leave out one of them"};
    }
    VITRINE_ASSIGN_OR_RETURN(split.cut_time, ParseMoment("--cut", flags.cut, moments));
  }
  return options;
}

Status Run(const Flags& flags, Command& command) {
  VITRINE_ASSIGN_OR_RETURN(PrepareOptions options, ToOptions(flags));
  Progress progress;
  options.progress = [&progress](std::string_view stage, uint64_t rows, uint64_t bytes) {
    progress.Show(stage, rows, bytes);
  };
  const auto start = std::chrono::steady_clock::now();
  const Result<PrepareReport> report = Prepare(options);
  progress.End();
  if (!report.ok()) return report.error();
  const double seconds = Seconds(start);

  if (!command.json) {
    std::printf("%s\nWritten to %s in %.1f s, at most %.0f MB.\n", report->ToText().c_str(),
                options.out.c_str(), seconds, static_cast<double>(PeakBytes()) / 1e6);
    return {};
  }
  for (const LogFile& file : report->files) {
    for (const std::string& note : file.notes) {
      std::fprintf(stderr, "%s: %s\n", file.path.c_str(), note.c_str());
    }
  }
  command.result = {{"out", options.out},
                    {"hash", report->info.hash},
                    {"rows", report->n_rows},
                    {"seconds", seconds},
                    {"rows_per_second", static_cast<double>(report->n_rows) / seconds},
                    {"peak_bytes", PeakBytes()},
                    {"report", report->ToJson()}};
  return {};
}

template <class Names>
std::string List(const Names& names) {
  std::string list;
  for (const std::string_view name : names) list += (list.empty() ? "" : ", ") + std::string(name);
  return list;
}

}  // namespace

void AddPrepare(CLI::App& app, Command& command) {
  CLI::App* prepare = app.add_subcommand(
      "prepare", "Read a shop's log: clean it, split it, and write a data set for training");
  auto flags = std::make_shared<Flags>();
  PrepareOptions& options = flags->options;
  prepare
      ->add_option("--events", options.events,
                   "Log of events, CSV or JSON lines; may be given several times")
      ->required();
  prepare->add_option("--products", options.products,
                      "Product file: CSV, JSON lines or a JSON array");
  prepare->add_option("--out", options.out, "Folder for the data set")->required();
  prepare->add_flag("--force", options.replace, "Replace a data set that is there");

  const std::string reading = "reading";
  prepare
      ->add_option(
          "--column", flags->columns,
          "FIELD=NAME: the log's column for a field, such as shopper=CustomerID. Fields: " +
              List(kFieldNames))
      ->group(reading);
  prepare
      ->add_option("--event", flags->events,
                   "NAME=TYPE: what the log calls an event, such as orderPlaced=purchase. Types: " +
                       List(kEventTypeNames) +
                       ", refund, none; names of GA4 and other well-known systems are known")
      ->group(reading);
  prepare->add_option("--product-column", flags->product_columns, "The same for the product file")
      ->group(reading);
  prepare
      ->add_option("--header", options.event_file.header,
                   "Names of the columns of a log without a header line, with commas between")
      ->delimiter(',')
      ->group(reading);
  prepare
      ->add_option("--delimiter", flags->delimiter, "Between columns of the log (default: found)")
      ->group(reading);
  prepare
      ->add_option("--decimal", flags->decimal,
                   "Decimal mark of numbers: point or comma (default: as the numbers tell)")
      ->check(CLI::IsMember({"point", "comma"}))
      ->group(reading);
  prepare
      ->add_option("--encoding", options.event_file.encoding,
                   "utf-8, latin-1, windows-1252, utf-16, ...")
      ->group(reading)
      ->capture_default_str();
  options.product_file.encoding.clear();
  prepare
      ->add_option("--product-encoding", options.product_file.encoding,
                   "Of the product file (default: that of the log)")
      ->group(reading);
  prepare
      ->add_option("--timezone", options.rows.timezone,
                   "Of times that name none: UTC, +01:00 or a name such as Europe/London")
      ->group(reading)
      ->capture_default_str();
  prepare
      ->add_option("--date-order", flags->date_order,
                   "dmy or mdy, for dates such as 3/4/2011 (default: as the dates tell)")
      ->check(CLI::IsMember({"dmy", "mdy"}))
      ->group(reading);
  prepare
      ->add_option("--now", flags->now,
                   "The moment of the log; times a day or more after it are impossible (default: "
                   "the clock)")
      ->group(reading);

  const std::string cleaning = "cleaning";
  prepare
      ->add_option("--drop-products", options.rows.drop_products,
                   "Regular expression; products whose whole id matches are left out")
      ->group(cleaning);
  prepare->add_flag("--keep-free", options.rows.keep_free, "Keep purchases at a price of 0")
      ->group(cleaning);
  prepare->add_flag("--keep-duplicates", options.keep_duplicates, "Keep rows that repeat another")
      ->group(cleaning);
  prepare->add_flag("--keep-bots", options.keep_bots, "Keep shoppers that behave like programs")
      ->group(cleaning);
  prepare
      ->add_option("--bot-events-per-day", options.bots.max_events_per_day,
                   "A shopper with more views and clicks per active day is a bot")
      ->group(cleaning)
      ->check(kCount)
      ->capture_default_str();
  prepare
      ->add_option("--bot-quick-events", options.bots.quick_events,
                   "So is one with more views and clicks than this, most of them within the "
                   "second of the one before, and nothing carted, bought, wished or rated")
      ->group(cleaning)
      ->check(kWholeNotNegative)
      ->capture_default_str();
  prepare
      ->add_option("--min-shopper-events", options.split.min_shopper_events,
                   "Leave shoppers with fewer training events out of the training part")
      ->group(cleaning)
      ->check(kWholeNotNegative)
      ->capture_default_str();
  prepare
      ->add_option("--min-item-shoppers", options.split.min_item_shoppers,
                   "Leave out products that fewer training shoppers touched: one that a single "
                   "shopper touched says nothing of what goes together, and much of the shopper")
      ->group(cleaning)
      ->check(kWholeNotNegative)
      ->capture_default_str();
  prepare
      ->add_option("--visit-gap", flags->visit_gap_minutes,
                   "Minutes of silence after which a new visit starts")
      ->group(cleaning)
      ->check(Between(1, 10080, "1 to 10,080 minutes"))
      ->capture_default_str();

  const std::string split = "split";
  prepare
      ->add_option("--split", flags->split,
                   "time: test on what comes after a moment; strong: on shoppers held out whole; "
                   "none: train on all")
      ->check(CLI::IsMember({"time", "strong", "none"}))
      ->group(split)
      ->capture_default_str();
  prepare->add_option("--cut", flags->cut, "The moment for --split time")->group(split);
  prepare
      ->add_option("--test-fraction", options.split.test_fraction,
                   "Share of the events after the cut, or of the shoppers held out")
      ->group(split)
      ->check(kPart)
      ->capture_default_str();
  prepare->add_option("--seed", options.split.seed, "Of the draw for --split strong")
      ->group(split)
      ->capture_default_str();
  prepare->callback(
      [flags, &command] { command.run = [flags, &command] { return Run(*flags, command); }; });
}

}  // namespace vitrine
