#include "report/task_contender.h"

#include <cmath>
#include <cstdint>

#include "data/report.h"
#include "report/words.h"

namespace vitrine::report {

std::vector<Contender> ContendersOf(const Json& result, const TaskContext& context) {
  std::vector<Contender> contenders = {
      {context.model, &result["metrics"], nullptr, &result["by_activity"]}};
  for (const auto& [label, other] : result["baselines"].items()) {
    contenders.push_back({PlainName(label, context.target), &other["metrics"],
                          &other["differences"], &other["by_activity"]});
  }
  return contenders;
}

double ValueOf(const Json& metrics, std::string_view metric) {
  const auto found = metrics.find(metric);
  return found == metrics.end() ? NAN : NumberAt(*found, "value");
}

std::string GroupName(const Json& group) {
  const auto from = group["events"][0].get<uint64_t>(), to = group["events"][1].get<uint64_t>();
  return from == to ? FormatCount(from) : FormatCount(from) + "–" + FormatCount(to);
}

}  // namespace vitrine::report
