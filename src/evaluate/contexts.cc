#include "evaluate/contexts.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>

namespace vitrine {
namespace {

constexpr std::string_view kMonth = "month=";

bool NamesMonth(std::span<const std::string_view> parts) {
  return std::ranges::any_of(parts, [](auto part) { return part.starts_with(kMonth); });
}

}  // namespace

std::string MonthName(int64_t time) {
  namespace chrono = std::chrono;
  const chrono::year_month_day day(
      chrono::floor<chrono::days>(chrono::sys_seconds(chrono::seconds(time))));
  char name[32];
  std::snprintf(name, sizeof name, "%s%04d-%02u", kMonth.data(), static_cast<int>(day.year()),
                static_cast<unsigned>(day.month()));
  return name;
}

std::vector<std::string_view> SplitContext(std::string_view context) {
  std::vector<std::string_view> parts;
  while (!context.empty()) {
    const size_t end = std::min(context.find(';'), context.size());
    const std::string_view part = context.substr(0, end);
    if (part.find('=') != std::string_view::npos) parts.push_back(part);
    context.remove_prefix(std::min(end + 1, context.size()));
  }
  return parts;
}

std::vector<uint32_t> ContextColumns(std::span<const std::string> names, std::string_view context,
                                     int64_t time) {
  std::vector<uint32_t> columns;
  const std::vector<std::string_view> parts = SplitContext(context);
  const std::string now = MonthName(time);
  const auto month = std::ranges::find_if(names.rbegin(), names.rend(), [&](const auto& name) {
    return name.starts_with(kMonth) && name <= now;
  });
  if (month != names.rend() && !NamesMonth(parts)) {
    columns.push_back(static_cast<uint32_t>(names.rend() - month - 1));
  }
  for (const std::string_view part : parts) {
    const auto found = std::ranges::find(names, part);
    if (found != names.end()) columns.push_back(static_cast<uint32_t>(found - names.begin()));
  }
  std::ranges::sort(columns);
  columns.erase(std::unique(columns.begin(), columns.end()), columns.end());
  return columns;
}

Result<std::vector<std::string>> ReadContextNames(const TensorFile& file) {
  std::vector<std::string> names;
  if (!file.Text("gan.context").ok()) return names;
  VITRINE_ASSIGN_OR_RETURN(const std::span<const uint8_t> text,
                           file.Values<uint8_t>("gan.context.names"));
  const auto parsed = nlohmann::json::parse(text.begin(), text.end(), nullptr, false);
  if (!parsed.is_array() ||
      !std::ranges::all_of(parsed, [](const auto& n) { return n.is_string(); })) {
    return Error{ErrorCode::kBadFormat, "gan.context.names is not a list of names"};
  }
  return parsed.get<std::vector<std::string>>();
}

ContextRows TrainingContexts(const TrainingPart& part, const ProfileOptions& options, bool months) {
  std::vector<std::pair<uint16_t, int64_t>> of_row;  // and when
  Profile profile;
  const int64_t end = part.end_time();
  part.ForEachShopper([&](uint32_t, std::span<const Event> events) {
    BuildProfile(options, {events, end}, part.n_items(), profile);
    if (!profile.items.empty()) of_row.emplace_back(events.front().context, events.front().time);
  });
  const std::vector<std::string>& texts = part.dataset->contexts();
  std::map<std::string, size_t, std::less<>> shoppers;
  for (const auto& [context, time] : of_row) {
    const std::vector<std::string_view> values = SplitContext(texts[context]);
    for (const std::string_view value : values) ++shoppers[std::string(value)];
    if (months && !NamesMonth(values)) ++shoppers[MonthName(time)];
  }
  ContextRows contexts;
  for (const auto& [name, n] : shoppers) {
    if (n >= kLeastContextShoppers) contexts.names.push_back(name);
  }
  contexts.rows.cols = contexts.names.size();
  if (contexts.names.empty()) return contexts;
  for (const auto& [context, time] : of_row) {
    for (const uint32_t column : ContextColumns(contexts.names, texts[context], time)) {
      contexts.rows.indices.push_back(column);
    }
    contexts.rows.EndRow();
  }
  return contexts;
}

}  // namespace vitrine
