#include "report/evaluation_report.h"

#include <cmath>
#include <string>

#include "data/report.h"
#include "report/adapt_section.h"
#include "report/calibration_section.h"
#include "report/cold_section.h"
#include "report/curves.h"
#include "report/generated_section.h"
#include "report/prefix_section.h"
#include "report/task_section.h"
#include "report/words.h"

namespace vitrine::report {
namespace {

std::string LabelOf(const Json& result) {
  return result.contains("models") ? result["models"][0]["label"].get<std::string>()
                                   : result["model"].get<std::string>();
}

// "item-knn", "item-knn and vae", "item-knn, vae and gan".
std::string OthersOf(const Json& models) {
  std::string others;
  for (size_t i = 1; i < models.size(); ++i) {
    others += i == 1 ? "" : i + 1 == models.size() ? " and " : ", ";
    others += models[i]["label"].get<std::string>();
  }
  return others;
}

std::string HeadingOf(EvaluationKind kind, const Json& result) {
  const std::string label = LabelOf(result);
  switch (kind) {
    case EvaluationKind::kEvaluate:
      return "How well " + label + " recommends";
    case EvaluationKind::kCompare:
      return label + " beside " + OthersOf(result["models"]);
    case EvaluationKind::kBenchmark:
      break;
  }
  return label + " under the protocol " + result["protocol"].get<std::string>();
}

const char* KindOf(EvaluationKind kind) {
  switch (kind) {
    case EvaluationKind::kEvaluate:
      return "Evaluation";
    case EvaluationKind::kCompare:
      return "Comparison";
    case EvaluationKind::kBenchmark:
      break;
  }
  return "Benchmark";
}

// Two files that differ in nothing but how their numbers are written.
bool SameButForPrecision(const Json& a, const Json& b) {
  return a["model"] == b["model"] && a["settings"] == b["settings"] && a["seed"] == b["seed"] &&
         !a["settings"].is_null() && a["precision"] != b["precision"];
}

// As far as it tells files apart, all of it for who looks closer.
std::string ShortHash(const Json& model) {
  if (!model.contains("sha256") || !model["sha256"].is_string()) return Number(NAN);
  const std::string hash = TextAt(model, "sha256");
  return Element("code", "title=\"" + hash + "\"", hash.substr(0, 12) + "…");
}

std::string ModelFiles(const Json& models) {
  std::vector<std::vector<std::string>> rows;
  for (const Json& model : models) {
    rows.push_back({TextAt(model, "label"), TextAt(model, "model"), TextAt(model, "precision"),
                    Bytes(NumberAt(model, "bytes")), Words(model["seed"]), ShortHash(model),
                    Element("span", R"(class="wide")", Words(model["settings"]))});
  }
  std::string html =
      Table(models.size() > 1 ? "The files compared" : "The model file",
            {"Name", "Model", "Item tables in", "Size", "Seed", "SHA-256", "Settings"}, rows);
  for (size_t i = 1; i < models.size(); ++i) {
    if (!SameButForPrecision(models[0], models[i])) continue;
    html += Element("p", TextAt(models[0], "label") + " and " + TextAt(models[i], "label") +
                             " hold the same model, in " + TextAt(models[0], "precision") +
                             " and in " + TextAt(models[i], "precision") +
                             ": the difference between them is the cost of precision.");
  }
  return html;
}

std::string BenchmarkModels(const Json& result) {
  const auto row = [](const std::string& name, const Json& settings, double seconds) {
    return std::vector<std::string>{name, Number(seconds, 1) + " s",
                                    Element("span", R"(class="wide")", Words(settings))};
  };
  std::vector<std::vector<std::string>> rows = {
      row(TextAt(result, "model"), result["settings"], NumberAt(result["per_seed"][0], "seconds"))};
  for (const auto& [name, baseline] : result["baselines"].items()) {
    rows.push_back(row(Escape(name), baseline["settings"], NumberAt(baseline, "seconds")));
  }
  std::string html = Table("Settings, chosen on validation before the test part was read",
                           {"Model", "Training, a run", "Settings"}, rows);
  html += Curves(result["per_seed"][0]);
  if (result["per_seed"].size() < 2) return html;
  rows.clear();
  for (const Json& run : result["per_seed"]) {
    rows.push_back({TextAt(run, "seed"),
                    run.contains("ndcg@20") ? Number(NumberAt(run, "ndcg@20")) : Number(NAN),
                    Words(run["validation"]), Number(NumberAt(run, "seconds"), 1) + " s"});
  }
  return html +
         Table("Seed by seed", {"Seed", "NDCG@20 on the test part", "Validation", "Took"}, rows);
}

// Where the model of best-sellers comes from.
std::string BestSellersNote(const Json& result, const std::string& target) {
  std::string days;
  for (const auto& [task, answer] : result["tasks"].items()) {
    if (!answer["baselines"].contains("popularity")) continue;
    const double window = NumberAt(answer["baselines"]["popularity"]["settings"], "window_days");
    days += (days.empty() ? "" : "; ") + Escape(task) + ": " +
            (window > 0 ? "of the last " + Number(window, 0) + " days" : "of all time");
  }
  if (days.empty()) return "";
  const std::string name = PlainName("popularity", target);
  return Element("p",
                 (name.starts_with("the ") ? "T" + Escape(name.substr(1)) : "The " + Escape(name)) +
                     " are those of the training part, of all time or of the last days, "
                     "whichever did better on this very test, which favours them (" +
                     days + ").");
}

// "1 event", "3 events".
std::string Counted(const std::string& n, std::string unit) {
  if (n == "1") unit.pop_back();
  return n + " " + unit;
}

std::string TrainedFor(const Json& task) {
  if (task == "discovery")
    return " The model was trained for discovery, products new to a shopper.";
  if (task == "next-basket") return " The model was trained for a shopper’s next basket.";
  return "";
}

Section MethodSection(EvaluationKind kind, const Json& result, const Run& run) {
  const std::string target = run.data["target"];
  std::string html, prose;
  if (kind == EvaluationKind::kBenchmark) {
    html += BenchmarkModels(result);
  } else {
    html += ModelFiles(result["models"]);
    prose = BestSellersNote(result, target);
  }
  prose += Element(
      "p",
      "Every model ranked all " + FormatCount(run.data["products"].get<uint64_t>()) +
          " products for each test shopper. A figure is a mean over shoppers, or a ratio of sums; "
          "below it stands its 95 % interval from " +
          FormatCount(result["resamples"].get<uint64_t>()) +
          " bootstrap resamples of the shoppers. Differences are paired: both models are seen "
          "through the same resampled shoppers.");
  for (const auto& [metric, reason] : result["not_measured"].items()) {
    prose += Element(
        "p", "Not measured: " + Element("code", Escape(metric)) + ", as " + Words(reason) + ".");
  }
  return {"method", "How it was measured", html + Element("div", R"(class="prose")", prose)};
}

}  // namespace

std::string EvaluationReport(EvaluationKind kind, const Json& result, const Run& run) {
  const std::string label = LabelOf(result);
  const std::string target = run.data["target"];
  Page page{.kind = KindOf(kind), .heading = HeadingOf(kind, result), .version = run.version};
  page.lede = "A test on shoppers’ own behaviour: each model " +
              (run.data["split"] == "given-split"
                   ? "saw a part, drawn by chance, of what a shopper did, ranked the whole "
                     "catalogue, and is judged by the rest."
                   : "saw what a shopper did up to a moment, ranked the whole catalogue, and is "
                     "judged by what the shopper went on to " +
                         VerbOf(target) + ".") +
              " Training saw none of it.";
  const auto add = [&page](const Json& answer, const TaskContext& context) {
    page.sections.push_back(TaskSection(answer, context));
    if (answer.contains("calibration")) {
      page.sections.push_back(CalibrationSection(answer["calibration"], context));
    }
  };
  if (result.contains("models") && result["models"][0].contains("task")) {
    page.lede += TrainedFor(result["models"][0]["task"]);
  }
  if (result.contains("tasks")) {
    for (const auto& [task, answer] : result["tasks"].items()) {
      if (answer["cases"] == 0) continue;
      add(answer, {task, label, target, ""});
    }
  } else if (result.contains("cases")) {
    add(result, {result["task"], label, target, ""});
  } else {
    for (const auto& [key, unit] :
         {std::pair{"prefixes", "baskets"}, std::pair{"prefix_events", "events"}}) {
      if (!result.contains(key)) continue;
      page.sections.push_back(
          PrefixSection(result[key], unit, {result["task"], label, target, ""}));
      for (const auto& [length, answer] : result[key].items()) {
        add(answer, {result["task"], label, target, Counted(length, unit)});
      }
    }
  }
  if (result.contains("adapt")) {
    page.sections.push_back(AdaptSection(result["adapt"], target));
  }
  if (result.contains("cold_start")) {
    page.sections.push_back(ColdSection(result["cold_start"], target));
  }
  if (result.contains("generated")) {
    page.sections.push_back(GeneratedSection(result["generated"]));
  }
  page.sections.push_back(MethodSection(kind, result, run));
  page.sections.push_back(DataSection(run.data));
  page.sections.push_back(RunSection(run, result, {}));
  return Render(page);
}

}  // namespace vitrine::report
