#include "report/tune_report.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <numeric>

#include "data/report.h"
#include "report/plot.h"
#include "report/words.h"

namespace vitrine::report {
namespace {

constexpr size_t kPlotted = 12;  // of the best trials

// Where a trial ended: its last rung; null of one that failed in the first.
const Json& EndOf(const Json& trial) {
  static const Json kNone;
  return trial["rungs"].empty() ? kNone : trial["rungs"].back();
}

double ValueOf(const Json& trial, const std::string& metric) {
  return trial.contains("failed") || trial["rungs"].empty() ? NAN : NumberAt(EndOf(trial), metric);
}

// Who got furthest first, and among those who did best.
std::vector<size_t> Ranked(const Json& trials, const std::string& metric) {
  std::vector<size_t> order(trials.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::stable_sort(order, [&](size_t a, size_t b) {
    const Json &one = trials[a], &other = trials[b];
    const bool failed = one.contains("failed"), other_failed = other.contains("failed");
    if (failed != other_failed) return other_failed;
    if (one["rungs"].size() != other["rungs"].size()) {
      return one["rungs"].size() > other["rungs"].size();
    }
    return ValueOf(one, metric) > ValueOf(other, metric);
  });
  return order;
}

// "NDCG@20", as other reports write it.
std::string Upper(std::string metric) {
  std::ranges::transform(metric, metric.begin(), [](unsigned char c) { return std::toupper(c); });
  return metric;
}

std::string TrialsPlot(const Json& result, const std::vector<size_t>& order,
                       const std::string& metric) {
  std::vector<IntervalRow> rows;
  std::string description;
  for (const size_t trial : order) {
    const Json& json = result["trials"][trial];
    if (rows.size() == kPlotted || json.contains("failed")) break;
    const double value = ValueOf(json, metric);
    rows.push_back({"trial " + std::to_string(trial + 1) + (trial == 0 ? ", as given" : ""),
                    {value, NAN, NAN},
                    Number(value),
                    rows.empty() ? size_t{0} : size_t{4}});
    description += rows.back().label + " " + Number(value) + ". ";
  }
  return Element("div", R"(class="figures")",
                 Figure(Element("h3", "The trials that got furthest") +
                            IntervalPlot({"trials", metric + " of each trial", description}, rows,
                                         Upper(metric) + " on validation", false),
                        "Each trial drew its settings at random. After every rung the best went "
                        "on, for more epochs; all others ended there.")) +
         "\n";
}

// Every trial draws the same flags, but for the first, which draws none.
std::string TrialsTable(const Json& result, const std::vector<size_t>& order,
                        const std::string& metric) {
  std::vector<std::string> head = {"Trial", Upper(metric), "Rungs", "Epochs"};
  const Json drawn = result["trials"].back()["settings"];
  for (const auto& [flag, value] : drawn.items()) head.push_back(Escape(flag));
  std::vector<std::vector<std::string>> rows;
  for (const size_t trial : order) {
    const Json& json = result["trials"][trial];
    const bool failed = json.contains("failed");
    auto& row = rows.emplace_back();
    row = {std::to_string(trial + 1),
           failed ? Element("small", TextAt(json, "failed")) : Number(ValueOf(json, metric)),
           std::to_string(json["rungs"].size()),
           failed ? "" : Number(NumberAt(EndOf(json), "epochs"), 0)};
    for (const auto& [flag, value] : drawn.items()) {
      row.push_back(json["settings"].contains(flag) ? TextAt(json["settings"], flag) : "as given");
    }
  }
  return Table("Every trial", head, rows);
}

}  // namespace

std::string TuneReport(const Json& result, const Run& run) {
  const std::string metric = result["metric"];
  const auto best = result["best"].get<size_t>();
  const std::vector<size_t> order = Ranked(result["trials"], metric);
  const std::string model = result["model"];
  Page page{.kind = "Search", .heading = "Settings of " + model, .version = run.version};
  page.lede = "Which settings of " + Escape(model) +
              " foresee best what shoppers who were set aside went on to " +
              VerbOf(run.data["target"].get<std::string>()) + ".";
  std::string html =
      Element("p", R"(class="verdict")",
              "Of " + FormatCount(result["trials"].size()) + " trials, number " +
                  Element("b", std::to_string(best + 1)) + " did best on validation: " +
                  Element("b", Number(NumberAt(result["validation"], metric))) + " of " +
                  Escape(Upper(metric)) + ".");
  const double given = ValueOf(result["trials"][0], metric);
  if (best != 0 && std::isfinite(given)) {
    html += Element("p", "The flags as they were given reached " + Number(given) + " in " +
                             Number(NumberAt(EndOf(result["trials"][0]), "epochs"), 0) +
                             " epochs. The best of many draws flatters itself: train it and ask "
                             "the test part.");
  }
  html += TrialsPlot(result, order, metric) + TrialsTable(result, order, metric);
  Facts facts;
  for (const auto& [key, value] : result["trials"][best]["chosen"].items()) {
    facts.emplace_back(Escape(key), Words(value));
  }
  html += Element("h3", "The best settings") + FactList(facts);
  page.sections = {{"trials", "Trials", html},
                   DataSection(run.data),
                   RunSection(run, result, {{"Model", Escape(model)}})};
  return Render(page);
}

}  // namespace vitrine::report
