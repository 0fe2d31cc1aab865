#include "report/task_figures.h"

#include <cmath>

#include "core/evidence.h"
#include "report/plot.h"
#include "report/words.h"

namespace vitrine::report {

std::string ModelsFigure(const std::vector<Contender>& contenders, const TaskContext& context,
                         const std::string& n_cases) {
  std::vector<IntervalRow> rows;
  std::string description;
  for (const Contender& contender : contenders) {
    const Measured measured = MeasuredOf((*contender.metrics)[kRank]);
    rows.push_back({contender.name, measured, Number(measured.value), rows.size()});
    description += contender.name + " " + Number(measured.value) + ", interval " +
                   Interval(measured.low, measured.high, 4) + ". ";
  }
  return Figure(
      Element("h3", "How well each model ranks") +
          IntervalPlot({context.id() + "-models", "NDCG@20 of each model", description}, rows,
                       "NDCG@20, 0 to 1", false),
      "NDCG@20: credit for each wanted product among the first 20, more for a higher place. Means "
      "over " +
          n_cases + " test shoppers; bars are 95 % bootstrap intervals.");
}

std::string GainFigure(const Contender& own, const Contender& rival, const TaskContext& context,
                       uint64_t n) {
  std::vector<IntervalRow> rows;
  std::string description;
  for (const auto& [metric, difference] : rival.differences->items()) {
    const double base = ValueOf(*rival.metrics, metric);
    const Measured ahead = MeasuredOf(difference, "diff");
    const MetricWords words = WordsOf(metric);
    // One list length is enough for the eye; the table has them all.
    const bool shown = metric.ends_with("@20") || metric.find('@') == std::string::npos;
    if (!shown || !words.accuracy || !(base > 0) || !std::isfinite(ahead.low)) continue;
    const auto relative = [base](double x) { return 100 * x / base; };
    rows.push_back({words.name,
                    {relative(ahead.value), relative(ahead.low), relative(ahead.high)},
                    Signed(relative(ahead.value), 1) + "\u00a0%",
                    0});
    description += metric + " " + rows.back().words + ", interval " +
                   Interval(rows.back().measured.low, rows.back().measured.high, 1) + ". ";
  }
  if (rows.empty()) return "";
  return Figure(Element("h3", Escape("Gain over " + rival.name)) +
                    IntervalPlot({context.id() + "-gain",
                                  "Difference of " + own.name + " to " + rival.name + " in percent",
                                  description},
                                 rows, "difference to " + rival.name + ", %", true),
                "Right of zero " + Escape(own.name) +
                    " does better. Bars are 95 % intervals of the paired "
                    "difference, over the same resampled shoppers; " +
                    (n < kTooFewCases ? "so few of them tell nothing."
                                      : "one that crosses zero may be chance."));
}

std::string ActivityFigure(const std::vector<Contender>& contenders, const TaskContext& context) {
  std::vector<std::string> groups, labels;
  for (const Json& group : *contenders.front().by_activity) groups.push_back(GroupName(group));
  std::vector<GroupSeries> series;
  std::string description;
  for (const Contender& contender : contenders) {
    GroupSeries& one = series.emplace_back(GroupSeries{contender.name, {}});
    description += contender.name + ":";
    for (size_t g = 0; g < groups.size(); ++g) {
      one.groups.push_back(MeasuredOf((*contender.by_activity)[g][kRank]));
      description += " " + groups[g] + " events " + Number(one.groups.back().value) + ",";
    }
    description.back() = '.';
    description += ' ';
    labels.push_back(contender.name);
  }
  return Figure(Element("h3", "For whom it works") + Legend(labels) +
                    GroupPlot({context.id() + "-activity", "NDCG@20 by the length of the history",
                               description},
                              groups, series, "events in the shopper’s history", "NDCG@20"),
                "Test shoppers in groups of like size, by how much they did before the question. "
                "Bars are 95 % bootstrap intervals.");
}

}  // namespace vitrine::report
