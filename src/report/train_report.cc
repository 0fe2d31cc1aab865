#include "report/train_report.h"

#include <cmath>

#include "core/evidence.h"
#include "data/report.h"
#include "report/curves.h"
#include "report/generated_section.h"
#include "report/plot.h"
#include "report/words.h"

namespace vitrine::report {
namespace {

std::string Candidates(const Json& result) {
  const std::string metric = MetricOf(result);
  std::vector<IntervalRow> rows;
  std::string description;
  for (const Json& candidate : result["candidates"]) {
    const bool chosen = candidate["settings"] == result["settings"];
    const double value = NumberAt(candidate, metric);
    // Plain text: the plot escapes it itself.
    std::string label;
    for (const auto& [key, setting] : candidate["settings"].items()) {
      label += (label.empty() ? "" : ", ") + key + " " + setting.dump();
    }
    rows.push_back({label + (chosen ? ": chosen" : ""),
                    {value, NAN, NAN},
                    Number(value),
                    chosen ? size_t{0} : size_t{4}});
    description += label + " " + Number(value) + ". ";
  }
  return Element("div", R"(class="figures")",
                 Figure(Element("h3", "The settings tried") +
                            IntervalPlot(
                                {"candidates", Upper(metric) + " of each setting", description},
                                rows, Upper(metric) + " on validation", false),
                        "Each was fitted without validation’s part and measured on it; the best "
                        "one was then fitted on all of the training part.")) +
         "\n";
}

std::string Parts(const Json& parts) {
  std::vector<std::vector<std::string>> rows;
  for (const Json& part : parts) {
    rows.push_back({TextAt(part, "model"), Number(NumberAt(part, "weight"), 3),
                    Number(part["validation"].begin().value().get<double>()),
                    Element("span", R"(class="wide")", Words(part["settings"]))});
  }
  return Table("What is blended", {"Part", "Weight", "Alone, on validation", "Settings"}, rows);
}

Section TrainingSection(const Json& result) {
  const std::string metric = MetricOf(result);
  const MetricWords words = WordsOf(metric);
  const auto n = result["validation"]["cases"].get<uint64_t>();
  std::string html =
      Element("p", R"(class="verdict")",
              "On " + FormatCount(n) + (n == 1 ? " case" : " cases") +
                  " that were set aside to choose by, it reaches " +
                  Element("b", Number(NumberAt(result["validation"], metric))) + " of " +
                  Escape(Upper(metric)) + "." + (n < kTooFewCases ? " So few tell little." : ""));
  html += Element("p", Element("b", Escape(words.name)) + ": " + Escape(words.meaning) +
                           " Settings were chosen by this very figure, so expect a little less: "
                           "what counts is the test part, which " +
                           Element("code", "vitrine evaluate") + " asks.") +
          "\n";
  Facts facts;
  std::string parts;
  for (const auto& [key, value] : result["settings"].items()) {
    if (key == "parts") {
      parts = Parts(value);
    } else {
      facts.emplace_back(Escape(key), Words(value));
    }
  }
  if (!facts.empty()) html = Beside(html, Element("h3", "Settings") + FactList(facts));
  html += Curves(result) + parts;
  if (result.contains("candidates")) html += Candidates(result);
  return {"training", "Validation and settings", html};
}

}  // namespace

std::string TrainReport(const Json& result, const Run& run) {
  const std::string model = result["model"];
  const auto n_products = run.data["products"].get<uint64_t>();
  Page page{.kind = "Training",
            .heading = model + " for " + FormatCount(n_products) + " products",
            .version = run.version};
  page.lede = "A recommender, trained on what " +
              FormatCount(run.data["train"]["shoppers"].get<uint64_t>()) +
              " shoppers did, to foresee " +
              (result["task"] == "discovery" ? "products that are new to a shopper"
                                             : "a shopper’s next basket") +
              ".";
  page.sections = {TrainingSection(result)};
  if (result.contains("generated")) {
    page.sections.push_back(GeneratedSection(result["generated"]));
  }
  page.sections.push_back(DataSection(run.data));
  Facts facts = {{"Model", Escape(model)}, {"Seed", TextAt(result, "seed")}};
  if (result.contains("samples_per_second")) {
    facts.emplace_back("Training speed",
                       FormatCount(static_cast<uint64_t>(NumberAt(result, "samples_per_second"))) +
                           " shoppers a second");
  }
  page.sections.push_back(RunSection(run, result, facts));
  return Render(page);
}

}  // namespace vitrine::report
