#include "report/task_tables.h"

#include <cmath>
#include <map>
#include <set>

#include "data/report.h"
#include "report/words.h"

namespace vitrine::report {
namespace {

std::string DifferenceCell(const Contender& rival, const std::string& metric, Better better,
                           uint64_t n) {
  const auto found = rival.differences->find(metric);
  if (found == rival.differences->end()) return Number(NAN);
  const Measured ahead = MeasuredOf(*found, "diff");
  if (!std::isfinite(ahead.value)) return Number(ahead.value);
  std::string word = Doubt(ahead, n);
  if (word.empty()) {
    const bool higher = ahead.value > 0;
    if (better == Better::kNeither) {
      word = higher ? "higher" : "lower";
    } else {
      word = higher == (better == Better::kHigher) ? "better" : "worse";
    }
  }
  const double relative = NumberAt(*found, "relative");
  std::string more = Interval(ahead.low, ahead.high, 4);
  more += "<br>";
  if (std::isfinite(relative)) more += Signed(100 * relative, 1) + "\u00a0%, ";
  return Signed(ahead.value) + Element("small", more + word);
}

}  // namespace

std::string MetricTable(const std::vector<Contender>& contenders, bool accuracy, uint64_t n) {
  std::vector<std::string> head = {"Measure"};
  for (const Contender& contender : contenders) {
    head.push_back(Escape(contender.name));
    if (contender.differences != nullptr) {
      head.push_back(contenders.size() == 2 ? "Difference"
                                            : Escape("Difference to " + contender.name));
    }
  }
  std::map<std::string, size_t> times;
  for (const auto& [metric, estimate] : contenders.front().metrics->items()) {
    ++times[WordsOf(metric).name];
  }
  std::vector<std::vector<std::string>> rows;
  std::set<std::string> explained;  // the same measure of other lengths needs no more words
  for (const auto& [metric, estimate] : contenders.front().metrics->items()) {
    const MetricWords words = WordsOf(metric);
    if (words.accuracy != accuracy) continue;
    const size_t at = metric.find('@');
    const bool is_shared = times[words.name] > 1 && at != std::string::npos;
    const std::string name =
        words.name + (is_shared ? " among the first " + metric.substr(at + 1) : "");
    auto& row = rows.emplace_back();
    row.push_back(
        Escape(name) + " " + Element("code", Escape(metric)) +
        (explained.insert(words.name).second ? Element("small", Escape(words.meaning)) : ""));
    for (const Contender& contender : contenders) {
      const Measured value = MeasuredOf((*contender.metrics)[metric]);
      std::string cell = Number(value.value);
      if (std::isfinite(value.low)) {
        cell += Element("small", Interval(value.low, value.high, 4));
      }
      row.push_back(cell);
      if (contender.differences != nullptr) {
        row.push_back(DifferenceCell(contender, metric, words.better, n));
      }
    }
  }
  if (rows.empty()) return "";
  return Table(accuracy ? "How often it is right" : "What the lists are like", head, rows);
}

std::string ActivityTable(const std::vector<Contender>& contenders) {
  std::vector<std::string> head = {"History", "Shoppers"};
  for (const Contender& contender : contenders) {
    head.push_back(Escape(contender.name));
    if (contender.differences != nullptr) head.emplace_back("Difference");
  }
  std::vector<std::vector<std::string>> rows;
  const Json& groups = *contenders.front().by_activity;
  for (size_t g = 0; g < groups.size(); ++g) {
    auto& row = rows.emplace_back();
    const std::string name = GroupName(groups[g]);
    row = {name + (name == "1" ? " event" : " events"),
           FormatCount(groups[g]["cases"].get<uint64_t>())};
    for (const Contender& contender : contenders) {
      const Json& group = (*contender.by_activity)[g];
      const Measured value = MeasuredOf(group[kRank]);
      row.push_back(Number(value.value) + Element("small", Interval(value.low, value.high, 4)));
      if (contender.differences == nullptr) continue;
      const Measured ahead = MeasuredOf(group["difference"], "diff");
      row.push_back(Signed(ahead.value) + Element("small", Interval(ahead.low, ahead.high, 4)));
    }
  }
  return Table("NDCG@20 by the length of the history", head, rows);
}

}  // namespace vitrine::report
