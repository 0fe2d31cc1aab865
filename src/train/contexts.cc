#include "train/contexts.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

namespace vitrine {

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

std::vector<uint32_t> ContextColumns(std::span<const std::string> names, std::string_view context) {
  std::vector<uint32_t> columns;
  for (const std::string_view part : SplitContext(context)) {
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

ContextRows TrainingContexts(const TrainingPart& part, const ProfileOptions& options) {
  std::vector<uint16_t> of_row;
  Profile profile;
  part.ForEachShopper([&](uint32_t, std::span<const Event> events) {
    BuildProfile(options, {events, part.end_time()}, part.n_items(), profile);
    if (!profile.items.empty()) of_row.push_back(events.front().context);
  });
  const std::vector<std::string>& texts = part.dataset->contexts();
  std::map<std::string, size_t, std::less<>> shoppers;
  for (const uint16_t context : of_row) {
    for (const std::string_view value : SplitContext(texts[context])) {
      ++shoppers[std::string(value)];
    }
  }
  ContextRows contexts;
  for (const auto& [name, n] : shoppers) {
    if (n >= kLeastContextShoppers) contexts.names.push_back(name);
  }
  contexts.rows.cols = contexts.names.size();
  if (contexts.names.empty()) return contexts;
  for (const uint16_t context : of_row) {
    for (const uint32_t column : ContextColumns(contexts.names, texts[context])) {
      contexts.rows.indices.push_back(column);
    }
    contexts.rows.EndRow();
  }
  return contexts;
}

}  // namespace vitrine
