#include "data/prepare.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <utility>

#include "data/baskets.h"
#include "data/dataset_writer.h"
#include "data/event_log.h"
#include "data/feature_fit.h"
#include "data/product_catalogue.h"

namespace vitrine {
namespace {

constexpr uint16_t kUnknownContext = 0;

// The shoppers of a divided log as the data set shows them.
class ShopperView {
 public:
  ShopperView(const EventLog& log, const Partition& parts, const Baskets& baskets)
      : log_(log), parts_(parts), baskets_(baskets) {
    // Contexts are numbered by the training part, in the order of its shoppers; those that only
    // the test part has are unknown.
    contexts_.push_back(log.contexts.Name(0));
    context_index_.assign(log.contexts.size(), kUnknownContext);
    for (size_t s = 0; s < log.n_shoppers(); ++s) {
      for (uint64_t i = log.offsets[s]; i < log.offsets[s + 1]; ++i) {
        const uint16_t context = log.context[i];
        if (context == 0 || context_index_[context] != 0 || !parts.InTraining(log, s, i)) continue;
        context_index_[context] = static_cast<uint16_t>(contexts_.size());
        contexts_.push_back(log.contexts.Name(context));
      }
    }
  }

  std::vector<std::string>& contexts() { return contexts_; }
  std::string_view Name(size_t s) const { return log_.shoppers.Name(log_.ShopperAt(s)); }

  // The shopper's events in the training part, or all that were kept.
  void Read(size_t s, bool training_only, std::vector<Event>& events) const {
    events.clear();
    for (uint64_t i = log_.offsets[s]; i < log_.offsets[s + 1]; ++i) {
      if (!log_.IsKept(i) || (training_only && !parts_.InTraining(log_, s, i))) continue;
      events.push_back({.time = log_.time[i],
                        .item = parts_.item_index[log_.item[i]],
                        .basket = baskets_.number[i],
                        .price = log_.price[i],
                        .quantity = log_.quantity[i],
                        .value = log_.value[i],
                        .context = context_index_[log_.context[i]],
                        .type = log_.type[i]});
    }
  }

 private:
  const EventLog& log_;
  const Partition& parts_;
  const Baskets& baskets_;
  std::vector<std::string> contexts_;
  std::vector<uint16_t> context_index_;  // by the log's context
};

void Count(const std::vector<Event>& events, PartReport& part) {
  ++part.n_shoppers;
  part.n_events += events.size();
  for (const Event& event : events) ++part.n_by_type[static_cast<size_t>(event.type)];
}

void CountOutcomes(const EventLog& log, Tally& tally) {
  for (size_t i = 0; i < log.size(); ++i) {
    if (log.companion[i] == 0) tally.Add(log.outcome[i], log.line[i]);
  }
}

// The most frequent reason, for a log of which nothing is left.
Error NothingLeft(const PrepareReport& report) {
  Outcome most = Outcome::kMalformed;
  for (size_t i = 1; i < kOutcomes; ++i) {
    const auto outcome = static_cast<Outcome>(i);
    if (report.tally.count(outcome) > report.tally.count(most)) most = outcome;
  }
  std::string message = report.files.front().path + ": of " + FormatCount(report.n_rows) +
                        " rows none is left; " + FormatCount(report.tally.count(most)) + " " +
                        std::string(kOutcomeTexts[static_cast<size_t>(most)].meaning);
  if (!report.tally.lines(most).empty()) {
    message += ", the first " + LineName(report.files, report.tally.lines(most).front());
  }
  if (most == Outcome::kUnknownEvent) {
    message += "; its events are called";
    size_t n = 0;
    for (const auto& [name, rows] : report.unknown_events) {
      if (++n > 5) break;
      message += (n > 1 ? ", '" : " '") + name + "'";
    }
    return {ErrorCode::kBadFormat, message + "; say what they are with --event NAME=TYPE"};
  }
  return {ErrorCode::kBadFormat, message + "; check the file and its --column flags"};
}

Status Read(const PrepareOptions& options, EventLog& log, PrepareReport& report) {
  VITRINE_ASSIGN_OR_RETURN(const auto encoder, RowEncoder::Create(options.rows, log));
  LogOptions log_options{.file = options.event_file, .date_order = options.date_order};
  if (options.progress) {
    log_options.progress = [&options](uint64_t rows, uint64_t bytes) {
      options.progress("reading", rows, bytes);
    };
  }
  VITRINE_ASSIGN_OR_RETURN(report.files,
                           ReadLog(options.events, log_options, *encoder, log, report.tally));
  for (const LogFile& file : report.files) report.n_rows += file.n_rows;
  report.unknown_events = encoder->UnknownEvents();
  report.n_cancellations = encoder->n_cancellations();
  report.n_lost_contexts = encoder->n_lost_contexts();
  report.n_shoppers = log.shoppers.size();
  report.n_products = log.items.size();
  if (log.size() == 0) return NothingLeft(report);
  return {};
}

ProductReport DescribeProducts(const ProductFile& file, const Catalogue& catalogue) {
  ProductReport report{.path = file.path,
                       .columns = file.columns,
                       .column_names = file.column_names,
                       .n_rows = file.n_rows,
                       .n_malformed = file.n_malformed,
                       .n_repeated = file.n_repeated,
                       .n_bad_numbers = file.n_bad_numbers};
  for (size_t i = 0; i < catalogue.size(); ++i) {
    if (file.ids.Find(catalogue[i].id) == StringIds::kNone) ++report.n_missing;
  }
  report.n_unsold = file.products.size() - (catalogue.size() - report.n_missing);
  return report;
}

}  // namespace

Result<PrepareReport> Prepare(const PrepareOptions& options) {
  const auto stage = [&options](std::string_view name) {
    if (options.progress) options.progress(name, 0, 0);
  };
  // First, so that an hour of reading does not end at a folder that is taken.
  VITRINE_ASSIGN_OR_RETURN(DatasetWriter writer,
                           DatasetWriter::Create(options.out, options.replace));
  std::optional<ProductFile> products;
  if (!options.products.empty()) {
    VITRINE_ASSIGN_OR_RETURN(products, ReadProducts(options.products, options.product_file));
  }
  PrepareReport report;
  report.bot_rules = options.bots;
  report.split_rules = options.split;
  EventLog log;
  VITRINE_RETURN_IF_ERROR(Read(options, log, report));

  stage("cleaning");
  VITRINE_ASSIGN_OR_RETURN(const int64_t cut_time, ChooseCut(log, options.split));
  log.SortByShopper();
  if (!options.keep_duplicates) DropDuplicates(log);
  report.netting = NetCancellations(log, cut_time);
  if (!options.keep_bots) report.n_bots = DropBots(log, options.bots, cut_time);
  VITRINE_ASSIGN_OR_RETURN(const Partition parts, Divide(log, options.split, cut_time));
  CountOutcomes(log, report.tally);

  stage("fitting");
  DatasetInfo& info = report.info;
  VITRINE_ASSIGN_OR_RETURN(const Catalogue catalogue,
                           BuildCatalogue(log, parts, products ? &*products : nullptr));
  if (products) report.products = DescribeProducts(*products, catalogue);
  log.text = {};
  log.line = {};
  const Baskets baskets = NumberBaskets(log, parts);
  ShopperView shoppers(log, parts, baskets);

  info.split = options.split.split;
  info.cut_time = HasCut(info.split) ? cut_time : 0;
  info.seed = info.split == Split::kStrong ? options.split.seed : 0;
  info.n_items = catalogue.size();
  info.n_baskets = baskets.n;
  info.target = parts.target;
  info.first_time = std::numeric_limits<int64_t>::max();
  info.last_time = std::numeric_limits<int64_t>::min();
  int64_t training_end = std::numeric_limits<int64_t>::min();
  for (size_t s = 0; s < log.n_shoppers(); ++s) {
    for (uint64_t i = log.offsets[s]; i < log.offsets[s + 1]; ++i) {
      if (!log.IsKept(i)) continue;
      info.first_time = std::min(info.first_time, log.time[i]);
      info.last_time = std::max(info.last_time, log.time[i]);
      if (parts.InTraining(log, s, i)) training_end = std::max(training_end, log.time[i]);
    }
  }
  if (HasCut(info.split)) training_end = cut_time;

  std::vector<Event> events;
  const HistorySource training = [&](const auto& visit) {
    for (size_t s = 0; s < log.n_shoppers(); ++s) {
      if (parts.is_trained[s] == 0) continue;
      shoppers.Read(s, /*training_only=*/true, events);
      visit(events);
    }
  };
  report.features = FitFeatures(training, info.n_items, options.visit_gap_s, training_end);

  stage("writing");
  report.n_contexts = shoppers.contexts().size();
  for (size_t s = 0; s < log.n_shoppers(); ++s) {
    if (parts.is_trained[s] != 0) {
      shoppers.Read(s, /*training_only=*/true, events);
      Count(events, report.train);
      VITRINE_RETURN_IF_ERROR(writer.AddTrain(shoppers.Name(s), events));
    }
    if (parts.is_tested[s] != 0) {
      shoppers.Read(s, /*training_only=*/false, events);
      Count(events, report.test);
      VITRINE_RETURN_IF_ERROR(writer.AddTest(shoppers.Name(s), events));
    }
  }
  VITRINE_ASSIGN_OR_RETURN(
      info.hash, writer.Commit({.info = info,
                                .catalogue = &catalogue,
                                .features = &report.features,
                                .contexts = std::move(shoppers.contexts()),
                                .report = report.ToJson().dump(
                                              2, ' ', false,
                                              nlohmann::ordered_json::error_handler_t::replace) +
                                          "\n"}));
  return report;
}

}  // namespace vitrine
