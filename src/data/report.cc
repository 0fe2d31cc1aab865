#include "data/report.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <iterator>
#include <string_view>

namespace vitrine {
namespace {

using Json = nlohmann::ordered_json;

bool IsDropped(Outcome outcome) { return outcome != Outcome::kKept && outcome != Outcome::kNetted; }

Json PartJson(const PartReport& part) {
  Json types = Json::object();
  for (size_t type = 0; type < kEventTypes; ++type) {
    if (part.n_by_type[type] > 0) types[std::string(kEventTypeNames[type])] = part.n_by_type[type];
  }
  return {{"shoppers", part.n_shoppers}, {"events", part.n_events}, {"types", types}};
}

Json FileJson(const LogFile& file) {
  Json columns = Json::array();
  for (const FoundColumn& column : file.columns) {
    columns.push_back({{"field", kFieldNames[static_cast<size_t>(column.field)]},
                       {"column", column.column},
                       {"found", column.by_user ? "by flag" : "by name"}});
  }
  return {{"path", file.path},     {"format", file.format}, {"rows", file.n_rows},
          {"bytes", file.n_bytes}, {"columns", columns},    {"notes", file.notes}};
}

Json FeaturesJson(const FeatureParams& features) {
  const auto standardizer = [](const Standardizer& z) {
    return Json{{"mean", z.mean}, {"deviation", z.deviation}};
  };
  const auto n_own =
      std::count_if(features.item_repeat_days.begin(), features.item_repeat_days.end(),
                    [](float days) { return days > 0; });
  return {{"visit_gap_s", features.visit_gap_s},
          {"price_quantiles", features.price_quantiles},
          {"rating_mean", features.rating_mean},
          {"repeat_days", features.repeat_days},
          {"items_with_own_repeat_days", n_own},
          {"log_count", standardizer(features.log_count)},
          {"log_recency", standardizer(features.log_recency)},
          {"log_dwell", standardizer(features.log_dwell)}};
}

// "  135,080 named no shopper (orders.csv:1443, orders.csv:1444, ...)"
std::string OutcomeLine(const PrepareReport& report, Outcome outcome) {
  const std::string count = FormatCount(report.tally.count(outcome));
  std::string line(count.size() < 12 ? 12 - count.size() : 0, ' ');
  line.append(count).append("  ").append(kOutcomeTexts[static_cast<size_t>(outcome)].meaning);
  const std::vector<uint32_t>& lines = report.tally.lines(outcome);
  for (size_t i = 0; i < std::min<size_t>(lines.size(), 3); ++i) {
    line.append(i == 0 ? " (" : ", ").append(LineName(report.files, lines[i]));
  }
  return line.append(report.tally.count(outcome) > 3 ? ", ...)\n" : ")\n");
}

std::string PartLine(const char* name, const PartReport& part) {
  std::string line(name);
  line.append(FormatCount(part.n_shoppers)).append(" shoppers, ");
  line.append(FormatCount(part.n_events)).append(" events");
  const char* separator = " (";
  for (size_t type = 0; type < kEventTypes; ++type) {
    if (part.n_by_type[type] == 0) continue;
    line.append(separator).append(FormatCount(part.n_by_type[type])).append(" ");
    line.append(kEventTypeNames[type]);
    separator = ", ";
  }
  return line.append(part.n_events > 0 ? ")\n" : "\n");
}

}  // namespace

std::string FormatTime(int64_t seconds) {
  const std::chrono::sys_seconds time{std::chrono::seconds(seconds)};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const auto second = static_cast<int>((time - day).count());
  char text[64];
  std::snprintf(text, sizeof text, "%04d-%02u-%02u %02d:%02d:%02d", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                second / 3600, second / 60 % 60, second % 60);
  return text;
}

std::string FormatCount(uint64_t n) {
  const std::string digits = std::to_string(n);
  std::string text;
  for (size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

uint64_t PrepareReport::n_dropped() const {
  uint64_t n = 0;
  for (size_t i = 0; i < kOutcomes; ++i) {
    if (IsDropped(static_cast<Outcome>(i))) n += tally.count(static_cast<Outcome>(i));
  }
  return n;
}

Json PrepareReport::ToJson() const {
  Json dropped = Json::array();
  for (size_t i = 0; i < kOutcomes; ++i) {
    const auto outcome = static_cast<Outcome>(i);
    if (!IsDropped(outcome) || tally.count(outcome) == 0) continue;
    Json examples = Json::array();
    for (const uint32_t line : tally.lines(outcome)) examples.push_back(LineName(files, line));
    dropped.push_back({{"reason", kOutcomeTexts[i].name},
                       {"meaning", kOutcomeTexts[i].meaning},
                       {"rows", tally.count(outcome)},
                       {"examples", examples}});
  }
  Json file_list = Json::array();
  for (const LogFile& file : files) file_list.push_back(FileJson(file));

  Json root = {{"rows",
                {{"read", n_rows},
                 {"kept", tally.count(Outcome::kKept)},
                 {"netted", tally.count(Outcome::kNetted)},
                 {"dropped", n_dropped()}}},
               {"dropped", dropped},
               {"files", file_list},
               {"log",
                {{"shoppers", n_shoppers},
                 {"products", n_products},
                 {"cancellation_rows", n_cancellations}}},
               {"cancellations",
                {{"matched", netting.n_cancellations},
                 {"purchases_removed", netting.n_removed},
                 {"purchases_reduced", netting.n_reduced},
                 {"pieces_left_over", netting.n_leftover}}},
               {"bots",
                {{"shoppers", n_bots},
                 {"max_events_per_day", bot_rules.max_events_per_day},
                 {"quick_events", bot_rules.quick_events}}},
               {"unknown_events", unknown_events}};
  if (products) {
    root["products"] = {{"path", products->path},
                        {"rows", products->n_rows},
                        {"malformed", products->n_malformed},
                        {"repeated", products->n_repeated},
                        {"bad_numbers", products->n_bad_numbers},
                        {"without_training_events", products->n_unsold},
                        {"missing_from_file", products->n_missing}};
  }
  root["split"] = {{"kind", kSplitNames[static_cast<size_t>(info.split)]},
                   {"cut_time", info.cut_time},
                   {"seed", static_cast<int64_t>(info.seed)},
                   {"min_shopper_events", split_rules.min_shopper_events},
                   {"min_item_shoppers", split_rules.min_item_shoppers}};
  root["items"] = info.n_items;
  root["baskets"] = info.n_baskets;
  root["contexts"] = n_contexts;
  root["rows_with_lost_context"] = n_lost_contexts;
  root["target"] = kEventTypeNames[static_cast<size_t>(info.target)];
  root["first_time"] = info.first_time;
  root["last_time"] = info.last_time;
  root["train"] = PartJson(train);
  root["test"] = PartJson(test);
  root["features"] = FeaturesJson(features);
  if (!info.hash.empty()) root["hash"] = info.hash;
  return root;
}

namespace {

std::string PassedOver(const std::vector<FoundColumn>& columns,
                       const std::vector<std::string>& names) {
  std::string others;
  for (const std::string& name : names) {
    const auto is_this = [&name](const FoundColumn& found) { return found.column == name; };
    if (std::ranges::none_of(columns, is_this)) others += (others.empty() ? "" : ", ") + name;
  }
  return others;
}

// Which columns of a file mean what, and which mean nothing.
std::string ColumnLines(const std::vector<FoundColumn>& columns,
                        const std::vector<std::string>& names) {
  std::string text;
  for (const FoundColumn& column : columns) {
    text += "  " + std::string(kFieldNames[static_cast<size_t>(column.field)]) + " from '" +
            column.column + "'" + (column.by_user ? ", as told\n" : "\n");
  }
  const std::string others = PassedOver(columns, names);
  return others.empty() ? text : text + "  passed over: " + others + "\n";
}

// What is likely not as it was meant, for the end, where it is read.
std::string Doubts(const PrepareReport& report) {
  std::string text;
  for (const LogFile& file : report.files) {
    const auto tells = [](const FoundColumn& found) {
      return found.field == Field::kEvent || found.field == Field::kOrder ||
             found.field == Field::kRating || found.field == Field::kReview;
    };
    const std::string others = PassedOver(file.columns, file.column_names);
    if (others.empty() || std::ranges::any_of(file.columns, tells)) continue;
    text += "Note: " + file.path + " has no column for the event, so every row counts as a " +
            std::string(kEventTypeNames[static_cast<size_t>(report.info.target)]) +
            "; if one of these tells views from purchases, name it with --column event=NAME: " +
            others + "\n";
  }
  if (report.info.split != Split::kNone && report.test.n_shoppers == 0) {
    text += "Note: the test part holds no shopper, so that nothing can be measured on it; " +
            std::string(report.info.split == Split::kTime
                            ? "prepare it with an earlier --cut, or a longer log\n"
                            : "prepare it with a larger --test-fraction, or a longer log\n");
  }
  return text;
}

}  // namespace

std::string PrepareReport::ToText() const {
  std::string text;
  for (const LogFile& file : files) {
    text += file.path + ": " + FormatCount(file.n_rows) + " rows (" + file.format + ")\n";
    text += ColumnLines(file.columns, file.column_names);
    for (const std::string& note : file.notes) text += "  " + note + "\n";
  }
  text += "\nOf " + FormatCount(n_rows) + " rows, " + FormatCount(tally.count(Outcome::kKept)) +
          " were kept, " + FormatCount(tally.count(Outcome::kNetted)) + " netted, " +
          FormatCount(n_dropped()) + " dropped:\n";
  for (size_t i = 1; i < kOutcomes; ++i) {
    if (tally.count(static_cast<Outcome>(i)) > 0) {
      text += OutcomeLine(*this, static_cast<Outcome>(i));
    }
  }
  if (netting.n_reduced > 0 || netting.n_leftover > 0) {
    char leftover[32];
    std::snprintf(leftover, sizeof leftover, "%.0f", netting.n_leftover);
    text += "Cancellations also reduced " + FormatCount(netting.n_reduced) + " purchases; " +
            leftover + " cancelled pieces had no purchase before them.\n";
  }
  if (n_bots > 0) {
    char limit[32];
    std::snprintf(limit, sizeof limit, "%g", bot_rules.max_events_per_day);
    text += FormatCount(n_bots) + " shoppers count as bots: over " + limit +
            " views and clicks a day, or over " + FormatCount(bot_rules.quick_events) +
            " mostly within one second and never anything else.\n";
  }
  if (!unknown_events.empty()) {
    text += "Events passed over:";
    size_t n = 0;
    for (const auto& [name, rows] : unknown_events) {
      if (n++ == 10) break;
      text +=
          (n == 1 ? " " : ", ") + (name.empty() ? "(none)" : name) + " (" + FormatCount(rows) + ")";
    }
    text += unknown_events.size() > 10 ? ", ...\n" : "\n";
  }
  if (products) {
    text += products->path + ": " + FormatCount(products->n_rows) + " rows, " +
            FormatCount(products->n_malformed) + " unreadable, " +
            FormatCount(products->n_repeated) + " repeated; " + FormatCount(products->n_unsold) +
            " products have no training event and stay out; " + FormatCount(products->n_missing) +
            " products of the log are not in it.\n" +
            ColumnLines(products->columns, products->column_names);
  }
  text += '\n';
  text += FormatCount(info.n_items) + " products, from " + FormatTime(info.first_time) + " to " +
          FormatTime(info.last_time) +
          " UTC; to foresee: " + std::string(kEventTypeNames[static_cast<size_t>(info.target)]) +
          "\n";
  text += PartLine("train: ", train);
  if (info.split != Split::kNone) text += PartLine("test:  ", test);
  if (info.split == Split::kTime) {
    text += "The test part begins at " + FormatTime(info.cut_time) +
            " UTC; its shoppers are counted with all that went before.\n";
  }
  return text + Doubts(*this);
}

}  // namespace vitrine
