#include "report/calibration_section.h"

#include <cmath>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "data/report.h"
#include "report/plot.h"
#include "report/words.h"

namespace vitrine::report {
namespace {

std::string Cell(const Json& estimate, const char* value = "value") {
  const Measured measured = MeasuredOf(estimate, value);
  const bool is_difference = std::string_view(value) == "diff";
  return (is_difference ? Signed(measured.value) : Number(measured.value)) +
         Element("small", Interval(measured.low, measured.high, 4) +
                              (is_difference && !Excludes0(measured) ? ", may be chance" : ""));
}

// What was said beside what came true, in groups.
std::string AgreementFigure(const Json& calibration, const TaskContext& context) {
  std::vector<Agreement> points;
  std::string description;
  for (const Json& bin : calibration["bins"]) {
    points.push_back({NumberAt(bin, "said"), MeasuredOf(bin, "came_true")});
    description += "Said " + Percent(points.back().said) + ", came true " +
                   Percent(points.back().came_true.value) + ". ";
  }
  return Element(
      "div", R"(class="figures")",
      Figure(
          Element("h3", "Said and come true") +
              AgreementPlot({context.id() + "-probabilities",
                             "How often products came true by what was said of them", description},
                            points, "probability said", "share that came true"),
          "The first 20 products of every list, " +
              FormatCount(calibration["shown"].get<uint64_t>()) +
              " in all, in groups of like size by their probability. On the line as many came "
              "true as was said; below it, fewer. Bars are 95 % bootstrap intervals over "
              "shoppers."));
}

// The measures, beside what saying the same of all comes to.
std::string MeasureTable(const Json& calibration, const TaskContext& context) {
  const Json &overall = calibration["base"]["overall"], &places = calibration["base"]["by_place"];
  std::vector<std::vector<std::string>> rows = {
      {"Off by, on average " + Element("code", "ece@20") +
           Element("small",
                   "Expected calibration error: said and come true, group by group. Chance "
                   "alone makes it more than 0, and each resample adds some."),
       Cell(calibration["ece@20"]), Number(NAN), Number(NAN), Number(NAN), Number(NAN)}};
  for (const auto& [metric, name, meaning] :
       {std::tuple{"brier@20", "Brier score",
                   "Mean square of what was said minus what came (1 or 0); less is better."},
        {"log_loss@20", "Log loss",
         "How surprising what came was, in nats; less is better, and certainty that is wrong "
         "costs most."}}) {
    rows.push_back({std::string(name) + " " + Element("code", metric) + Element("small", meaning),
                    Cell(calibration[metric]), Number(NumberAt(overall, metric)),
                    Number(NumberAt(places, metric)), Cell(overall["difference"][metric], "diff"),
                    Cell(places["difference"][metric], "diff")});
  }
  return Table("What the probabilities are worth",
               {"Measure", Escape(context.model), "One rate for all", "One rate a place",
                "Difference to one rate", "Difference to a rate a place"},
               rows);
}

}  // namespace

Section CalibrationSection(const Json& calibration, const TaskContext& context) {
  const std::string verb = VerbOf(context.target);
  const double rate = NumberAt(calibration, "hits") / NumberAt(calibration, "shown");
  std::string html = Element(
      "p", R"(class="verdict")",
      "Each product shown has a probability that the shopper goes on to " + verb + " it. It is " +
          Element("b", Number(100 * NumberAt(calibration["ece@20"], "value"), 1)) +
          " points away, on average, from how often that came true; " +
          Element("b", Percent(rate)) + " of all products shown did.");

  html += AgreementFigure(calibration, context) + MeasureTable(calibration, context);
  html += Element("p", R"(class="note")",
                  "The rates are those of the other test shoppers’ lists, which no one knows "
                  "beforehand: what is ahead of them knows more of a product than its place.");
  const std::string after = context.after.empty() ? "" : ", after " + context.after;
  return {context.id() + "-probability",
          "How far its probabilities can be trusted" + after +
              (context.task == "discovery" ? "" : ", repeats included"),
          html};
}

}  // namespace vitrine::report
