#include "report/reason_report.h"

#include <cmath>
#include <utility>

#include "data/report.h"
#include "report/plot.h"
#include "report/words.h"

namespace vitrine::report {
namespace {

constexpr size_t kShown = 3;  // reasons of a product
constexpr std::pair<const char*, const char*> kOrders[] = {
    {"reasons", "the strongest reason first"},
    {"recency", "the latest first"},
    {"random", "in random order"}};

std::string NameOf(const Json& product) {
  const std::string title = TextAt(product, "title");
  return title.empty() ? TextAt(product, "id") : title;
}

// One of the two curves of every order, at each fifth of the history.
std::string CurveFigure(const Json& result, const std::string& kind, const std::string& heading,
                        const std::string& axis, const std::string& caption) {
  const std::vector<std::string> groups = {"0 %", "20 %", "40 %", "60 %", "80 %", "100 %"};
  std::vector<GroupSeries> series;
  std::vector<std::string> labels;
  std::string description;
  for (const auto& [order, label] : kOrders) {
    GroupSeries& one = series.emplace_back(GroupSeries{label, {}});
    labels.push_back(label);
    description += std::string(label) + ":";
    for (size_t i = 0; i < groups.size(); ++i) {
      const double value = result[kind][order][2 * i].get<double>();
      one.groups.push_back({value, NAN, NAN});
      description += " " + Number(value, 2);
    }
    description += ". ";
  }
  return Figure(Element("h3", heading) + Legend(labels) +
                    GroupPlot({kind, heading, description}, groups, series, axis,
                              "score, deviations above the mean"),
                caption);
}

// The same to the digits that are shown.
bool SameGains(const Json& a, const Json& b) {
  for (const auto& [order, label] : {kOrders[1], kOrders[2]}) {
    for (const char* value : {"value", "low", "high"}) {
      if (Number(NumberAt(a[order], value), 3) != Number(NumberAt(b[order], value), 3))
        return false;
    }
  }
  return true;
}

std::string GainTable(const Json& result) {
  std::vector<std::vector<std::string>> rows;
  const auto n = result["cases"].get<uint64_t>();
  // Where products add up, each takes away what it gives.
  const bool both =
      SameGains(result["deletion"]["better_than"], result["insertion"]["better_than"]);
  for (const char* kind : {"deletion", "insertion"}) {
    const bool deletion = kind == std::string("deletion");
    if (both && !deletion) break;
    for (const auto& [order, label] : {kOrders[2], kOrders[1]}) {
      const Json& gain = result[kind]["better_than"][order];
      const Measured value{NumberAt(gain, "value"), NumberAt(gain, "low"), NumberAt(gain, "high")};
      const std::string doubt = Doubt(value, n);
      rows.push_back({both       ? "Leaving out, lower, and giving back, higher"
                      : deletion ? "Leaving out, lower"
                                 : "Giving back, higher",
                      Escape(label), Signed(value.value, 3),
                      Interval(value.low, value.high, 3) + (doubt.empty() ? "" : ", " + doubt)});
    }
  }
  return Table("By how much the order of the reasons is better",
               {"Measured", "Than", "Mean difference", "95\u00a0% interval"}, rows) +
         (both ? Element("p", R"(class="note")",
                         "This model adds its reasons up, so that a product takes away as much as "
                         "it gives: both ways the figures are the same.")
               : "");
}

std::string Shares(const Json& result) {
  std::vector<std::vector<std::string>> places, types;
  const std::pair<const char*, const char*> names[] = {{"last", "The last product"},
                                                       {"2-5", "The four before it"},
                                                       {"6-20", "The 15 before those"},
                                                       {"earlier", "All earlier ones"}};
  for (const auto& [key, name] : names) {
    places.push_back({name, Percent(NumberAt(result["by_place"], key))});
  }
  for (const auto& [type, share] : result["by_type"].items()) {
    types.push_back({Escape(type), Percent(share.get<double>())});
  }
  return Beside(Table("Share of what speaks for a product, by its place in the history",
                      {"Product of the history", "Share"}, places),
                Table("The same, by what was last done to it", {"Event", "Share"}, types));
}

// Whatever a product cannot do without is among its reasons, which have titles.
std::string NameOf(const Json& id, const Json& reasons) {
  for (const Json& reason : reasons) {
    if (reason["id"] == id) return NameOf(reason);
  }
  return Words(id);
}

std::string Example(const Json& example) {
  std::vector<std::vector<std::string>> rows;
  for (const Json& item : example["items"]) {
    std::string why, without;
    for (size_t i = 0; i < std::min(kShown, item["reasons"].size()); ++i) {
      const Json& reason = item["reasons"][i];
      const double taken = NumberAt(reason, "contribution"), alone = NumberAt(reason, "alone");
      why += (i == 0 ? "" : "<br>") + Signed(taken, 3) + " " + NameOf(reason);
      if (IsApart(alone, taken, NumberAt(item, "score"))) {
        why += " (alone " + Signed(alone, 3) + ")";
      }
    }
    for (const Json& id : item["without"]) {
      without += (without.empty() ? "" : "<br>") + NameOf(id, item["reasons"]);
    }
    rows.push_back({NameOf(item) + Element("small", TextAt(item, "id")),
                    Element("span", R"(class="wide")", why.empty() ? "what sells" : why),
                    Element("span", R"(class="wide")", without.empty() ? "–" : without)});
  }
  const auto n_events = example["events"].get<uint64_t>();
  return Table("A shopper with " + FormatCount(n_events) + (n_events == 1 ? " event" : " events"),
               {"Recommended", "Because of", "Not listed without"}, rows, /*stacks=*/true);
}

constexpr char kWhatAReasonIs[] =
    "A reason is how much lower a product's score would be had the shopper had nothing to do with "
    "another one: found by leaving that one out and ranking again. What that one does alone stands "
    "beside it where it differs, and the strongest by both come first.";

// `page`, and what every report ends with.
std::string Finish(Page page, const Json& result, const Run& run) {
  page.version = run.version;
  page.sections.push_back(DataSection(run.data));
  page.sections.push_back(RunSection(run, result, {}));
  return Render(page);
}

}  // namespace

bool IsApart(double alone, double contribution, double score) {
  return std::abs(alone - contribution) > 1e-3 * std::abs(score);
}

std::string ReasonReport(const Json& result, const Json& examples, const Run& run) {
  const std::string model = result["model"].get<std::string>();
  const std::string figures =
      CurveFigure(result, "deletion", "Leaving products of the history out",
                  "share of the history left out",
                  "The sooner the score falls, the more those products mattered.") +
      CurveFigure(result, "insertion", "Giving them back", "share of the history given back",
                  "The sooner the score rises, the more those products matter.");
  Page page{"Reasons", "What " + model + " listens to", kWhatAReasonIs, {}, {}};
  page.sections.push_back(
      {"curves", "Whether the reasons hold",
       Element("p", "The first product recommended to each of " +
                        FormatCount(result["cases"].get<uint64_t>()) +
                        " test shoppers, whose history is taken away and given back, a tenth of "
                        "its products at a time.") +
           Element("div", R"(class="figures")", figures) + "\n" + GainTable(result)});
  page.sections.push_back({"shares", "What speaks for a product", Shares(result)});
  std::string lists;
  for (size_t i = 0; i < examples.size(); ++i) {
    const auto same = std::find(examples.begin(), examples.end(), examples[i]);
    if (static_cast<size_t>(same - examples.begin()) < i) continue;  // of a shopper just like it
    lists += Example(examples[i]) + "\n";
  }
  page.sections.push_back({"examples", "Examples", lists});
  return Finish(std::move(page), result, run);
}

std::string ShopperReport(const Json& result, const Json& example, const Run& run) {
  Page page{"Reasons", "Why this shopper is recommended what", kWhatAReasonIs, {}, {}};
  page.sections.push_back({"list", "The list", Example(example)});
  return Finish(std::move(page), result, run);
}

std::string ProductReport(const Json& result, const Run& run) {
  std::vector<std::vector<std::string>> rows;
  for (const Json& reason : result["reasons"]) {
    rows.push_back({NameOf(reason) + Element("small", TextAt(reason, "id")),
                    Signed(NumberAt(reason, "contribution"), 3)});
  }
  Page page{"Reasons",
            "What speaks for a product",
            "By how much its score rises for whoever has just bought another product, and nothing "
            "else.",
            {},
            {}};
  page.sections.push_back({"reasons", "Products that speak for it",
                           Table(NameOf(result) + " (" + TextAt(result, "id") + ")",
                                 {"Bought", "Raises the score by"}, rows)});
  return Finish(std::move(page), result, run);
}

}  // namespace vitrine::report
