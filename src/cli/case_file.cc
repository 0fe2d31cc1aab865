#include "cli/case_file.h"

#include <cstdio>
#include <string_view>

namespace vitrine {
namespace {

// In double quotes where the text would break a line of CSV.
std::string CsvField(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) quoted.append(c == '"' ? 2 : 1, c);
  return quoted + "\"";
}

}  // namespace

Status WriteCasesHeader(std::span<const NamedMetric> metrics, AtomicFile& file) {
  std::string text = "task,model,shopper,baskets";
  for (const auto& [name, metric] : metrics) text.append(",").append(name);
  return file.Write(text + ",revenue\n");
}

Status WriteCases(const Shoppers& shoppers, const Cases& cases, const std::string& label,
                  const Evaluation& evaluation, std::span<const NamedMetric> metrics,
                  AtomicFile& file) {
  std::string text;
  for (size_t i = 0; i < cases.size(); ++i) {
    text += std::string(kTaskNames[static_cast<size_t>(cases.task)]) + "," + CsvField(label) + "," +
            CsvField(shoppers.Name(cases.shopper[i])) + "," + std::to_string(cases.n_baskets[i]);
    const auto add = [&](size_t value) {
      char number[32];
      std::snprintf(number, sizeof number, ",%.9g",
                    static_cast<double>(evaluation.values[i][value]));
      text += number;
    };
    for (const auto& [name, metric] : metrics) add(metric);
    add(kRevenueTotal);
    text += '\n';
    if (text.size() < 1 << 20 && i + 1 < cases.size()) continue;
    VITRINE_RETURN_IF_ERROR(file.Write(text));
    text.clear();
  }
  return {};
}

}  // namespace vitrine
