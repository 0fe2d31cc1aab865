#include "report/cold_section.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "report/plot.h"
#include "report/words.h"

namespace vitrine::report {
namespace {

std::string NameOf(const std::string& model, const std::string& target) {
  if (model == "generator") return "generated for the context";
  if (model == "generator_without_context") return "the same without context";
  if (model == "popularity_in_context") return "best-sellers in the context";
  if (model == "popularity_all_time") return "best-sellers of all time";
  if (model == "popularity_30_days") return "best-sellers of the 30 days before";
  if (model == "popularity_first_basket") return "what first baskets hold";
  if (model == "popularity_30_days_and_first_basket") return "both, weighed";
  if (model == "best_possible") return "best possible list";
  if (model == "dae") return "Mult-DAE";
  return PlainName(model, target);
}

// The answers that hold cases: their numbers of events, and the models that any of them has.
struct Answered {
  std::vector<std::string> lengths, models;
};

Answered AnsweredIn(const Json& answers) {
  Answered found;
  for (const auto& [length, answer] : answers.items()) {
    if (!answer.is_object()) continue;
    found.lengths.push_back(length);
    for (const auto& [model, own] : answer.items()) {
      if (own.is_object() && own.contains("ndcg@20") &&
          std::ranges::count(found.models, model) == 0) {
        found.models.push_back(model);
      }
    }
  }
  return found;
}

// The value of `model`, and how far it is from best-sellers in the context.
std::string CellOf(const std::string& model, const Json& answer) {
  const Measured ahead = MeasuredOf(answer[model]["difference"], "diff");
  const std::string doubt = Doubt(ahead, answer["cases"].get<uint64_t>());
  const std::string more = model == "popularity_in_context"
                               ? ""
                               : Signed(ahead.value) + (doubt.empty() ? "" : ", " + doubt);
  return Number(NumberAt(answer[model]["ndcg@20"], "value")) + Element("small", more);
}

// What the generator closes of the gap to what is best, where the shop was made up.
std::string GapWords(const Json& answers) {
  if (!answers.contains("0") || !answers["0"].contains("gap_closed") ||
      !answers["0"]["gap_closed"].is_object()) {
    return "";
  }
  const Json& gap = answers["0"]["gap_closed"];
  return Element("p",
                 "The best possible list for the context, which is known of a made-up shop, is " +
                     Percent(NumberAt(gap, "gap")) +
                     " above best-sellers of all time. The generator goes " +
                     Percent(NumberAt(gap, "closed")) + " of that way, 95 % interval " +
                     Percent(NumberAt(gap, "low")) + " to " + Percent(NumberAt(gap, "high")) + ".");
}

}  // namespace

Section ColdSection(const Json& answers, const std::string& target) {
  const auto [lengths, models] = AnsweredIn(answers);
  std::vector<std::string> head = {"", "0 events"};
  for (size_t g = 1; g < lengths.size(); ++g) head.push_back(lengths[g]);
  std::vector<GroupSeries> series;
  std::vector<std::string> labels;
  std::vector<std::vector<std::string>> rows;
  std::string description;
  for (const std::string& model : models) {
    GroupSeries one{.label = NameOf(model, target), .groups = {}};
    std::vector<std::string> row = {Escape(one.label)};
    description += one.label + ":";
    for (const std::string& length : lengths) {
      const Json& answer = answers[length];
      if (!answer.contains(model)) {
        one.groups.push_back({NAN, NAN, NAN});
        row.push_back(Number(NAN));
        continue;
      }
      one.groups.push_back(MeasuredOf(answer[model]["ndcg@20"]));
      row.push_back(CellOf(model, answer));
      description += " " + Number(one.groups.back().value);
    }
    description += ". ";
    rows.push_back(std::move(row));
    if (series.size() < kSeries) {
      labels.push_back(one.label);
      series.push_back(std::move(one));
    }
  }
  const std::string figure = Figure(
      Legend(labels) + GroupPlot({"cold", "NDCG@20 before and after the first events", description},
                                 lengths, series, "events known", "NDCG@20"),
      "Every test shopper, of whom a context is known. Bars are 95 % bootstrap intervals; "
      "differences below are to best-sellers in the context.");
  return {"cold", "Before the first event",
          Element("div", R"(class="figures")", figure) + "\n" + GapWords(answers) +
              Table("NDCG@20 before and after the first events", head, rows)};
}

}  // namespace vitrine::report
