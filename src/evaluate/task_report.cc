#include "evaluate/task_report.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

namespace vitrine {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kCoverageName = "coverage@20";
constexpr const char* kGiniName = "gini@20";
constexpr const char* kActivityName = "ndcg@20";

struct Reason {
  const char* key;
  const char* words;
  size_t LeftOut::*count;
};
constexpr Reason kReasons[] = {
    {"no_history", "without a history", &LeftOut::no_history},
    {"no_target", "without a later basket", &LeftOut::no_target},
    {"too_few_baskets", "with too few baskets", &LeftOut::too_few_baskets},
    {"nothing_new", "with nothing new", &LeftOut::nothing_new},
};

Json ToJson(const Summary& summary, std::span<const NamedMetric> shown) {
  Json metrics;
  for (const auto& [name, metric] : shown) {
    metrics[std::string(name)] = ToJson(summary.metrics[metric]);
  }
  metrics[kCoverageName] = {{"value", summary.coverage}};
  metrics[kGiniName] = {{"value", summary.gini}};
  return metrics;
}

Json ActivityJson(const TaskReport& report, const ModelReport& model) {
  Json groups = Json::array();
  for (size_t g = 0; g < report.activity.size(); ++g) {
    const ActivityGroup& group = report.activity[g];
    Json& json = groups.emplace_back(Json{{"events", {group.from, group.to}},
                                          {"cases", group.cases.size()},
                                          {kActivityName, ToJson(model.by_activity[g].ndcg)}});
    if (&model != &report.models.front()) {
      json["difference"] = ToJson(model.by_activity[g].ahead, "diff");
    }
  }
  return groups;
}

Json ToJson(const std::array<Difference, kMetrics>& ahead, std::span<const NamedMetric> shown) {
  Json differences;
  for (const auto& [name, metric] : shown) {
    const Difference& difference = ahead[metric];
    differences[std::string(name)] = {
        {"diff", difference.diff},          {"low", difference.interval.low},
        {"high", difference.interval.high}, {"relative", difference.relative},
        {"higher", difference.n_higher},    {"equal", difference.n_equal},
        {"lower", difference.n_lower}};
  }
  return differences;
}

// printf's formats, into a string.
template <class... Values>
std::string Format(const char* format, Values... values) {
  char text[128];
  std::snprintf(text, sizeof text, format, values...);
  return text;
}

std::string Cell(const Estimate& estimate) {
  if (std::isnan(estimate.value)) return "-";
  return Format("%.4f [%.4f, %.4f]", estimate.value, estimate.interval.low, estimate.interval.high);
}

// `few`: from so few shoppers that an interval says nothing.
std::string Cell(const Difference& ahead, bool few) {
  if (std::isnan(ahead.diff)) return "-";
  std::string text =
      Format("%+.4f [%+.4f, %+.4f]", ahead.diff, ahead.interval.low, ahead.interval.high);
  if (std::isfinite(ahead.relative)) text += Format(" %+.1f %%", 100 * ahead.relative);
  if (ahead.significant() && !few) text += " *";
  return text;
}

using Rows = std::vector<std::vector<std::string>>;

void AddGroup(const TaskReport& report, GroupReport ModelReport::*group, Rows& rows) {
  for (const auto& [name, metric] : report.metrics) {
    auto& row = rows.emplace_back(1, "  " + std::string(name));
    for (const ModelReport& model : report.models) {
      row.push_back(Cell((model.*group).summary.metrics[metric]));
      if (&model == &report.models.front()) continue;
      const bool few = (model.*group).summary.n_cases < kTooFewCases;
      row.push_back(Cell((model.*group).ahead[metric], few));
    }
  }
  const auto add = [&](const char* name, double Summary::*value) {
    auto& row = rows.emplace_back(1, std::string("  ") + name);
    for (const ModelReport& model : report.models) {
      row.push_back(Format("%.4f", (model.*group).summary.*value));
      if (&model != &report.models.front()) row.emplace_back();
    }
  };
  auto& counts = rows.emplace_back(1, "  ndcg@20: shoppers above/even/below");
  for (const ModelReport& model : report.models) {
    counts.emplace_back();
    if (&model == &report.models.front()) continue;
    const Difference& ahead = (model.*group).ahead[kNdcg20];
    counts.push_back(Format("%zu/%zu/%zu", ahead.n_higher, ahead.n_equal, ahead.n_lower));
  }
  if (report.models.size() == 1) rows.pop_back();
  add(kCoverageName, &Summary::coverage);
  add(kGiniName, &Summary::gini);
}

void AddActivity(const TaskReport& report, Rows& rows) {
  rows.push_back({std::string(kActivityName) + " by the number of events before"});
  for (size_t g = 0; g < report.activity.size(); ++g) {
    const ActivityGroup& group = report.activity[g];
    auto& row = rows.emplace_back(
        1, Format("  %zu to %zu: %zu shoppers", group.from, group.to, group.cases.size()));
    for (const ModelReport& model : report.models) {
      const auto& [ndcg, ahead] = model.by_activity[g];
      row.push_back(Cell(ndcg));
      if (&model == &report.models.front()) continue;
      row.push_back(Cell(Difference{.diff = ahead.value, .interval = ahead.interval},
                         group.cases.size() < kTooFewCases));
    }
  }
}

// Columns wide enough for every row of them, two blanks between; a row of one cell may run over.
std::string Align(const Rows& rows) {
  std::vector<size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    if (row.size() == 1) continue;
    for (size_t c = 0; c < row.size(); ++c) widths[c] = std::max(widths[c], row[c].size());
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (size_t c = 0; c < row.size(); ++c) {
      line += row[c];
      if (c + 1 < row.size()) line.append(widths[c] - row[c].size() + 2, ' ');
    }
    line.resize(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

}  // namespace

Json ToJson(const Estimate& estimate, const char* value_name) {
  return {{value_name, estimate.value},
          {"low", estimate.interval.low},
          {"high", estimate.interval.high}};
}

void AddModelReport(std::string label, const Cases& cases, size_t n_items,
                    const Evaluation& evaluation, const Evaluation& first,
                    const BootstrapOptions& bootstrap, TaskReport& report) {
  const auto group = [&](const Evaluation& own, const Evaluation& firsts) {
    return GroupReport{Summarize(own.values, own.shown, n_items, bootstrap),
                       Compare(firsts.values, own.values, bootstrap)};
  };
  if (report.models.empty()) report.activity = GroupByActivity(cases);
  std::vector<ActivityReport> by_activity;
  for (const ActivityGroup& active : report.activity) {
    std::vector<float> ndcg, ahead;
    for (const size_t i : active.cases) {
      ndcg.push_back(evaluation.values[i][kNdcg20]);
      ahead.push_back(first.values[i][kNdcg20] - ndcg.back());
    }
    by_activity.push_back({EstimateMean(ndcg, bootstrap), EstimateMean(ahead, bootstrap)});
  }
  report.models.push_back({std::move(label), group(evaluation, first),
                           group(WithAtMostBaskets(evaluation, cases, kFewBaskets),
                                 WithAtMostBaskets(first, cases, kFewBaskets)),
                           std::move(by_activity), evaluation.seconds});
}

nlohmann::ordered_json ToJson(const TaskReport& report) {
  const ModelReport& first = report.models.front();
  Json json;
  json["cases"] = first.all.summary.n_cases;
  for (const Reason& reason : kReasons) {
    json["left_out"][reason.key] = report.left_out.*reason.count;
  }
  json["metrics"] = ToJson(first.all.summary, report.metrics);
  if (report.has_baskets) {
    json["at_most_two_baskets"] = {{"cases", first.few.summary.n_cases},
                                   {"metrics", ToJson(first.few.summary, report.metrics)}};
  }
  json["by_activity"] = ActivityJson(report, first);
  json["baselines"] = Json::object();
  for (size_t i = 1; i < report.models.size(); ++i) {
    const ModelReport& other = report.models[i];
    Json& baseline = json["baselines"][other.label];
    baseline = {{"metrics", ToJson(other.all.summary, report.metrics)},
                {"differences", ToJson(other.all.ahead, report.metrics)},
                {"by_activity", ActivityJson(report, other)}};
    if (report.has_baskets) {
      baseline["at_most_two_baskets"] = {{"metrics", ToJson(other.few.summary, report.metrics)},
                                         {"differences", ToJson(other.few.ahead, report.metrics)}};
    }
  }
  return json;
}

std::string ToWords(const LeftOut& left_out) {
  std::string text;
  for (const Reason& reason : kReasons) {
    if (left_out.*reason.count == 0) continue;
    text +=
        (text.empty() ? "" : ", ") + std::to_string(left_out.*reason.count) + " " + reason.words;
  }
  return text;
}

std::string ToTable(const TaskReport& report) {
  const ModelReport& first = report.models.front();
  const size_t n_cases = first.all.summary.n_cases;
  const std::string left_out = ToWords(report.left_out);
  std::string title = std::string(kTaskNames[static_cast<size_t>(report.task)]) + ": " +
                      std::to_string(n_cases) + (n_cases == 1 ? " shopper" : " shoppers");
  if (n_cases < kTooFewCases) title += ", too few to tell models apart";
  if (!left_out.empty()) title += "; left out " + left_out;
  Rows rows = {{title}, {""}};
  for (const ModelReport& model : report.models) {
    rows.back().push_back(model.label);
    if (&model != &first) rows.back().push_back(first.label + " - " + model.label);
  }
  AddGroup(report, &ModelReport::all, rows);
  AddActivity(report, rows);
  if (!report.has_baskets) return Align(rows);
  rows.push_back({"at most " + std::to_string(kFewBaskets) +
                  " baskets before: " + std::to_string(first.few.summary.n_cases) + " shoppers"});
  AddGroup(report, &ModelReport::few, rows);
  return Align(rows);
}

}  // namespace vitrine
