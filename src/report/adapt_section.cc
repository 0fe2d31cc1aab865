#include "report/adapt_section.h"

#include <string>
#include <vector>

#include "data/report.h"
#include "report/words.h"

namespace vitrine::report {
namespace {

std::string Gain(const Json& gain) {
  return (NumberAt(gain, "value") > 0 ? "+" : "") + Percent(NumberAt(gain, "value")) +
         Element("small",
                 Percent(NumberAt(gain, "low")) + " to " + Percent(NumberAt(gain, "high")));
}

}  // namespace

Section AdaptSection(const Json& gains, const std::string& target) {
  std::string html;
  if (NumberAt(gains["settings"], "gain") == 0) {
    html = Element("p",
                   "On validation nothing that the device could learn did better than the model "
                   "alone, so that the file leaves it out.");
    return {"adapting", "Adapting on the device", html};
  }
  html = Element("p",
                 "On the device the model adapts to its shopper: products that others look at "
                 "around those that this shopper touched last move up, as far as the shopper’s own "
                 "past bears it out. Validation chose how strongly; here is what that changes on "
                 "the test part, in right products, high up (NDCG@20).");
  std::vector<Json> groups;
  if (gains.contains("by_events")) {
    for (const auto& [name, group] : gains["by_events"].items()) groups.push_back(group);
  }
  if (gains.contains("events")) groups.push_back(gains);
  std::vector<std::string> head = {"Events known", "Shoppers", "Alone", "Adapted", "Gain"};
  std::vector<std::vector<std::string>> rows;
  for (const Json& group : groups) {
    std::vector<std::string> row = {
        TextAt(group, "events"), FormatCount(group["shoppers"].get<uint64_t>()),
        Number(NumberAt(group["means"], "alone"), 3),
        Number(NumberAt(group["means"], "adapted"), 3), Gain(group["ndcg@20"])};
    if (group.contains("against")) {
      for (const auto& [rival, gain] : group["against"].items()) {
        if (rows.empty()) head.push_back("Over " + Escape(PlainName(rival, target)));
        row.push_back(Gain(gain));
      }
    }
    rows.push_back(std::move(row));
  }
  html += Table("What adapting gains", head, rows);
  const Json& settings = gains["settings"];
  html += Element("p", "Validation chose a gain of " + Number(NumberAt(settings, "gain"), 2) +
                           ", of which each product touched later takes away " +
                           Percent(1 - NumberAt(settings, "decay"), 0) + "; purchases count " +
                           Number(NumberAt(settings, "purchase_weight"), 0) +
                           " times what views count.");
  return {"adapting", "Adapting on the device", html};
}

}  // namespace vitrine::report
