// What the pages say: the numbers of the JSON, in words that fit them, and nothing unescaped.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "core/rng.h"
#include "evaluate/task_report.h"
#include "report/evaluation_report.h"
#include "report/reason_report.h"
#include "report/train_report.h"

namespace vitrine::report {
namespace {

const std::string kHostile = "</style><script>alert(\"x\")</script>";

Run SampleRun() {
  return {
      "vitrine evaluate '" + kHostile + "'",
      "1.2.3",
      {{"hash", "0123456789abcdef"},
       {"split", "time"},
       {"cut_time", 86400},
       {"target", "purchase"},
       {"products", 5},
       {"first_time", 0},
       {"last_time", 172800},
       {"train", {{"shoppers", 40}, {"events", 400}}},
       {"test", {{"shoppers", 30}, {"events", 300}}},
       {"prepared",
        {{"rows", {{"read", 1000}, {"kept", 900}, {"netted", 0}, {"dropped", 100}}},
         {"dropped", {{{"reason", "x"}, {"meaning", "named no " + kHostile}, {"rows", 100}}}}}}}};
}

// A model that lies `ahead` of popularity in the hits of `n` shoppers, as the command would tell.
Json SampleResult(float ahead, const std::string& label = "vae", uint32_t n = 30) {
  Cases cases;
  Evaluation model, other;
  for (uint32_t i = 0; i < n; ++i) {
    cases.shopper.push_back(i);
    cases.now.push_back(0);
    cases.n_baskets.push_back(i);
    cases.events.resize(cases.events.size() + i + 1);
    cases.event_offsets.push_back(cases.events.size());
    Rng rng(1, i);
    CaseValues& theirs = other.values.emplace_back();
    for (float& value : theirs) value = 0.25f + 0.25f * rng.Uniform();
    CaseValues& own = model.values.emplace_back(theirs);
    for (size_t m = 0; m < kMetrics; ++m) own[m] += ahead + 0.01f * rng.Uniform();
  }
  model.shown.assign(n * kShown, kNothingShown);
  other.shown = model.shown;
  TaskReport report{.task = Task::kDiscovery,
                    .left_out = {.nothing_new = 7},
                    .metrics = MetricsFor(Split::kTime, {})};
  AddModelReport(label, cases, 5, model, model, {}, report);
  AddModelReport("popularity", cases, 5, other, model, {}, report);
  Json task = vitrine::ToJson(report);
  task["baselines"]["popularity"]["settings"] = {{"window_days", 30}};
  return {{"protocol", "time"},
          {"model", label},
          {"models",
           {{{"label", label},
             {"model", "vae"},
             {"file", "m"},
             {"bytes", 5000000},
             {"precision", "int8"},
             {"seed", 1},
             {"settings", {{"hidden", kHostile}}}}}},
          {"tasks", {{"discovery", task}}},
          {"not_measured", {{"miscalibration@20", "of a reason"}}},
          {"resamples", 2000},
          {"seconds", 12.34},
          {"users_per_second", 100},
          {"peak_bytes", 30000000}};
}

// As text without tags, entities as they are and runs of blanks as one.
std::string TextOf(const std::string& html) {
  std::string text;
  bool tag = false;
  for (const char c : html.substr(html.find("<body>"))) {
    if (c == '<') tag = true;
    if (!tag && !(c == '\n' && text.ends_with(' '))) text += c == '\n' ? ' ' : c;
    if (c == '>') tag = false;
  }
  return text;
}

void ExpectSays(const std::string& html, const std::string& words) {
  EXPECT_NE(TextOf(html).find(words), std::string::npos) << words << "\n" << TextOf(html);
}

std::string Print(const char* format, double value) {
  char text[32];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

TEST(EvaluationReport, HasEveryNumberOfTheJson) {
  const Json result = SampleResult(0.125f);
  const std::string html = EvaluationReport(EvaluationKind::kEvaluate, result, SampleRun());
  const Json& task = result["tasks"]["discovery"];
  const auto cell = [&](const Json& estimate, const char* value, const char* format) {
    const std::string text = ">" + Print(format, estimate[value].get<double>()) + "<small>" +
                             Print("%.4f", estimate["low"].get<double>()) + " to " +
                             Print("%.4f", estimate["high"].get<double>());
    EXPECT_NE(html.find(text), std::string::npos) << text;
  };
  for (const auto& [name, estimate] : task["metrics"].items()) {
    EXPECT_NE(html.find("<code>" + name + "</code>"), std::string::npos) << name;
    if (!estimate.contains("low")) continue;
    cell(estimate, "value", "%.4f");
    cell(task["baselines"]["popularity"]["metrics"][name], "value", "%.4f");
    cell(task["baselines"]["popularity"]["differences"][name], "diff", "%+.4f");
  }
  for (const Json& group : task["baselines"]["popularity"]["by_activity"]) {
    cell(group["ndcg@20"], "value", "%.4f");
    cell(group["difference"], "diff", "%+.4f");
  }
  ExpectSays(html, "30 shoppers");
  ExpectSays(html, "7 wanted nothing new");
  ExpectSays(html, "12.3 s, at most 30.0\u00a0MB of memory");
  ExpectSays(html, "0123456789abcdef");
  ExpectSays(html, "Not measured: miscalibration@20, as of a reason.");
  ExpectSays(html, "of the last 30 days");
}

TEST(EvaluationReport, SaysFirstAndPlainlyWhoIsAheadAndHowSureThatIs) {
  const auto verdict = [](float ahead) {
    return EvaluationReport(EvaluationKind::kEvaluate, SampleResult(ahead), SampleRun());
  };
  ExpectSays(verdict(0.125f), "vae is ahead by 13.1 ");
  ExpectSays(verdict(0.125f), "points (95\u00a0% interval 13.0 to 13.2)");
  ExpectSays(verdict(0.125f), "more than chance explains");
  ExpectSays(verdict(-0.125f), "vae is behind by 11.9 points (95\u00a0% interval 11.8 to 12.0)");
  // Differences from -.005 to .005: none to speak of, either way.
  ExpectSays(verdict(-0.005f), "may be chance");
  ExpectSays(verdict(0.125f),
             "of the 30 shoppers find at least one product that they go on to buy");
  ExpectSays(verdict(0.125f), "with best-sellers");
}

TEST(EvaluationReport, OfFewShoppersClaimsNothing) {
  const Json result = SampleResult(0.125f, "vae", 29);
  const std::string html = EvaluationReport(EvaluationKind::kEvaluate, result, SampleRun());
  ExpectSays(html, "Only 29 shoppers: too few to tell which model is better.");
  ExpectSays(html, "too few shoppers to tell");
  for (const char* claim : {"more than chance", ", better", "is ahead by"}) {
    EXPECT_EQ(html.find(claim), std::string::npos) << claim;
  }
}

TEST(EvaluationReport, SaysWhatTheModelWasTrainedForAndFoldsAllButTheFirstTask) {
  Json result = SampleResult(0.1f);
  result["models"][0]["task"] = "discovery";
  result["tasks"]["next-basket"] = result["tasks"]["discovery"];
  const std::string html = EvaluationReport(EvaluationKind::kEvaluate, result, SampleRun());
  ExpectSays(html, "The model was trained for discovery");
  const size_t open = html.find("<details open>"), folded = html.find("<details>");
  const size_t second = html.find("id=\"next-basket\"");
  EXPECT_LT(open, second);
  EXPECT_LT(second, folded);
  EXPECT_NE(folded, std::string::npos);
}

TEST(EvaluationReport, CellsOfAWideTableNameTheirColumns) {
  const std::string html =
      EvaluationReport(EvaluationKind::kEvaluate, SampleResult(0.1f, kHostile), SampleRun());
  EXPECT_NE(html.find("<td data-label=\"Difference\">"), std::string::npos);
  EXPECT_NE(html.find("<td data-label=\"&lt;/style&gt;&lt;script&gt;alert(&quot;x&quot;)"),
            std::string::npos);
}

Json SampleReasons(double insertion) {
  Json result = {{"model", "linear"}, {"cases", 40}, {"seconds", 1}, {"peak_bytes", 1}};
  for (const char* kind : {"deletion", "insertion"}) {
    const double value = kind == std::string("deletion") ? 2.5 : insertion;
    for (const char* order : {"reasons", "recency", "random"}) {
      result[kind][order] = std::vector<double>(11, 1.0);
      result[kind]["better_than"][order] = {{"value", value}, {"low", 2}, {"high", 3}};
    }
  }
  for (const char* place : {"last", "2-5", "6-20", "earlier"}) result["by_place"][place] = 0.25;
  result["by_type"] = {{"view", 1.0}};
  return result;
}

TEST(ReasonReport, NamesProductsByTheirTitlesAndSaysNothingTwice) {
  const Json reason = {{"id", "SKU-1"}, {"title", "Oak Lamp"}, {"contribution", 0.5}};
  const Json item = {{"id", "SKU-2"},
                     {"title", "Oak Chair"},
                     {"reasons", Json::array({reason})},
                     {"without", Json::array({"SKU-1", "SKU-9"})}};
  const Json example = {{"events", 12}, {"items", Json::array({item})}};
  const auto count = [](const std::string& text, const std::string& words) {
    size_t n = 0;
    for (size_t at = 0; (at = text.find(words, at)) != std::string::npos; ++at) ++n;
    return n;
  };
  const std::string same =
      ReasonReport(SampleReasons(2.5), Json::array({example, example}), SampleRun());
  EXPECT_NE(same.find("Oak Lamp<br>SKU-9"), std::string::npos);
  EXPECT_EQ(count(same, "SKU-1<"), 0u);
  EXPECT_EQ(count(same, "<caption>A shopper with 12 events"), 1u);
  ExpectSays(same, "both ways the figures are the same");
  EXPECT_EQ(count(same, "+2.500"), 2u);
  const std::string unlike = ReasonReport(SampleReasons(2.25), Json::array({example}), SampleRun());
  EXPECT_EQ(unlike.find("both ways"), std::string::npos);
  EXPECT_EQ(count(unlike, "+2.500"), 2u);
  EXPECT_EQ(count(unlike, "+2.250"), 2u);
}

TEST(EvaluationReport, EscapesWhateverNamesHold) {
  const std::string html =
      EvaluationReport(EvaluationKind::kEvaluate, SampleResult(0.1f, kHostile), SampleRun());
  EXPECT_EQ(html.find("<script"), std::string::npos);
  EXPECT_EQ(html.find("alert(\""), std::string::npos);
  EXPECT_NE(html.find("&lt;script&gt;alert(&quot;x&quot;)"), std::string::npos);
  EXPECT_NE(html.find("default-src 'none'"), std::string::npos);
}

TEST(EvaluationReport, NamesEveryModelAndItsFile) {
  Json result = SampleResult(0.0f);
  result["models"][0]["sha256"] = "aaaa1111";
  for (const char* label : {"knn", "gan"}) {
    Json other = result["models"][0];
    other["label"] = label;
    other["sha256"] = std::string(label) + "2222";
    result["models"].push_back(other);
  }
  const std::string html = EvaluationReport(EvaluationKind::kCompare, result, SampleRun());
  ExpectSays(html, "vae beside knn and gan");
  for (const char* hash : {"aaaa1111", "knn2222", "gan2222"}) ExpectSays(html, hash);
}

TEST(EvaluationReport, MeasuresOfSeveralLengthsHaveNamesOfTheirOwn) {
  const std::string html =
      EvaluationReport(EvaluationKind::kEvaluate, SampleResult(0.1f), SampleRun());
  ExpectSays(html, "Right products, high up among the first 10");
  ExpectSays(html, "Right products, high up among the first 20");
}

TEST(EvaluationReport, TellsTheCostOfPrecision) {
  Json result = SampleResult(0.0f);
  Json other = result["models"][0];
  other["label"] = "exact";
  other["precision"] = "f32";
  result["models"].push_back(other);
  const auto html = [&] { return EvaluationReport(EvaluationKind::kCompare, result, SampleRun()); };
  ExpectSays(html(), "vae and exact hold the same model, in int8 and in f32");
  result["models"][1]["seed"] = 2;
  EXPECT_EQ(html().find("hold the same model"), std::string::npos);
}

TEST(EvaluationReport, TellsWhatProbabilitiesCameTrue) {
  Json result = SampleResult(0.1f);
  const auto page = [&] {
    return EvaluationReport(EvaluationKind::kEvaluate, result, SampleRun());
  };
  EXPECT_EQ(page().find("probabilities can be trusted"), std::string::npos);
  result["tasks"]["discovery"]["calibration"] = Json::parse(R"({
    "shown": 600, "hits": 66,
    "ece@20": {"value": 0.0123, "low": 0.01, "high": 0.02},
    "brier@20": {"value": 0.0901, "low": 0.08, "high": 0.1},
    "log_loss@20": {"value": 0.3102, "low": 0.3, "high": 0.32},
    "base": {
      "overall": {"brier@20": 0.0979, "log_loss@20": 0.3466, "difference": {
        "brier@20": {"diff": -0.0078, "low": -0.01, "high": -0.005},
        "log_loss@20": {"diff": -0.0364, "low": -0.04, "high": -0.03}}},
      "by_place": {"brier@20": 0.0911, "log_loss@20": 0.3152, "difference": {
        "brier@20": {"diff": -0.001, "low": -0.003, "high": 0.001},
        "log_loss@20": {"diff": -0.005, "low": -0.008, "high": -0.002}}}},
    "bins": [{"said": 0.05, "came_true": 0.04, "low": 0.03, "high": 0.06},
             {"said": 0.25, "came_true": 0.2, "low": 0.15, "high": 0.26}]})");
  const std::string html = page();
  ExpectSays(html, "How far its probabilities can be trusted");
  ExpectSays(html, "the shopper goes on to buy it. It is 1.2 points away, on average");
  ExpectSays(html, "11.0\u00a0% of all products shown did");
  ExpectSays(html, "Said 25.0\u00a0%, came true 20.0\u00a0%.");
  for (const char* number : {"0.0123", "0.0901", "0.3102", "0.0979", "0.3466", "0.0911", "0.3152",
                             "-0.0078", "-0.0364", "-0.0010", "-0.0050"}) {
    ExpectSays(html, number);
  }
  ExpectSays(html, "-0.0030 to 0.0010, may be chance");
}

TEST(TrainReport, HasTheCurveTheSettingsAndWhatWasDropped) {
  const Json result = Json::parse(R"({
    "model": "vae", "task": "discovery", "seed": 5, "data": "0123456789abcdef",
    "settings": {"hidden": 600, "note": "<script>", "epochs": 2},
    "validation": {"ndcg@20": 0.25, "cases": 1234},
    "samples_per_second": 4600, "sha256": "feed5555",
    "curve": [{"epoch": 1, "loss": 9.5, "ndcg@20": 0.125}, {"epoch": 2, "loss": 8.5, "ndcg@20": 0.25},
              {"epoch": 3, "loss": 8.25, "ndcg@20": 0.2}],
    "seconds": 3, "peak_bytes": 1000000})");
  const std::string html = TrainReport(result, SampleRun());
  ExpectSays(html,
             "On 1,234 cases that were set aside to choose by, it reaches 0.2500 of NDCG@20.");
  ExpectSays(html, "best: 0.2500 in epoch 2");
  ExpectSays(html, "feed5555");
  ExpectSays(html, "hidden600");
  ExpectSays(html, "100");
  ExpectSays(html, "10.00\u00a0%");
  ExpectSays(html, "named no &lt;/style&gt;");
  EXPECT_EQ(std::ranges::count(html, '\0'), 0);
  EXPECT_EQ(html.find("<script"), std::string::npos);
}

TEST(TrainReport, ShowsTheSettingsTriedAndWhichWasChosen) {
  const Json result = Json::parse(R"({
    "model": "linear", "task": "next-basket", "seed": 1, "settings": {"lambda": 100},
    "validation": {"ndcg@20": 0.25, "cases": 9},
    "candidates": [{"settings": {"lambda": 50}, "ndcg@20": 0.125},
                   {"settings": {"lambda": 100}, "ndcg@20": 0.25}],
    "seconds": 3, "peak_bytes": 1000000})");
  const std::string html = TrainReport(result, SampleRun());
  ExpectSays(html, "lambda 100: chosen");
  ExpectSays(html, "0.1250");
  ExpectSays(html, "a shopper’s next basket");
}

}  // namespace
}  // namespace vitrine::report
