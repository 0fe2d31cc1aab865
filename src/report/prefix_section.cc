#include "report/prefix_section.h"

#include <algorithm>

#include "data/report.h"
#include "report/html.h"
#include "report/plot.h"
#include "report/words.h"

namespace vitrine::report {
namespace {

constexpr const char* kRank = "ndcg@20";

// The metrics of a model, which is a baseline but for the first.
const Json& MetricsOf(const Json& answer, const std::string& model, bool first) {
  return first ? answer["metrics"] : answer["baselines"][model]["metrics"];
}

}  // namespace

Section PrefixSection(const Json& answers, const std::string& unit, const TaskContext& context) {
  const Json& any = answers.begin().value();
  std::vector<std::string> models = {context.model};
  for (const auto& [model, baseline] : any["baselines"].items()) models.push_back(model);

  std::vector<std::string> head = {"Model"}, groups, labels;
  for (const auto& [length, answer] : answers.items()) {
    head.push_back("After " + length + Element("small", Shoppers(answer["cases"].get<uint64_t>())));
    groups.push_back(length);
  }
  std::vector<std::vector<std::string>> rows;
  std::vector<GroupSeries> series;
  std::string description;
  for (const std::string& model : models) {
    const bool first = rows.empty();
    const std::string name = first ? model : PlainName(model, context.target);
    auto& row = rows.emplace_back(1, Escape(name));
    GroupSeries one{name, {}};
    description += name + ":";
    for (const auto& [length, answer] : answers.items()) {
      const auto n = answer["cases"].get<uint64_t>();
      const Measured value = MeasuredOf(MetricsOf(answer, model, first)[kRank]);
      one.groups.push_back(value);
      description += " " + Number(value.value) + " after " + length + ",";
      std::string more = Interval(value.low, value.high, 4);
      if (!first) {
        const Json& ahead = answer["baselines"][model]["differences"][kRank];
        const Measured difference = MeasuredOf(ahead, "diff");
        const std::string doubt = Doubt(difference, n);
        more += "<br>" + Escape(context.model) + ": " +
                Signed(100 * NumberAt(ahead, "relative"), 1) + "\u00a0%" +
                (doubt.empty() ? "" : ", " + doubt);
      }
      row.push_back(Number(value.value) + Element("small", more));
    }
    description.back() = '.';
    description += ' ';
    if (series.size() < kSeries) {
      series.push_back(std::move(one));
      labels.push_back(name);
    }
  }
  const std::string figure = Figure(
      Legend(labels) + GroupPlot({"prefixes", "NDCG@20 by how much is known", description}, groups,
                                 series, unit + " that the models were shown", "NDCG@20"),
      "Every test shopper is asked about after each number of " + unit +
          ", as long as anything follows. Bars are 95 % bootstrap intervals.");
  return {"prefixes", "How much must be known of a shopper",
          Element("div", R"(class="figures")", figure) + "\n" +
              Table("NDCG@20 by how much is known", head, rows)};
}

}  // namespace vitrine::report
