// `vitrine evaluate` and `vitrine compare`: how well models answer the test part of a data set, one
// against best-sellers or several against each other.
#include "evaluate/evaluate.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/case_file.h"
#include "cli/command.h"
#include "cli/contender.h"
#include "cli/report_file.h"
#include "cli/task_run.h"
#include "data/dataset.h"
#include "evaluate/cases.h"
#include "evaluate/protocol.h"
#include "evaluate/task_report.h"
#include "format/files.h"
#include "report/evaluation_report.h"
#include "train/progress.h"

namespace vitrine {
namespace {

using Json = nlohmann::ordered_json;
using report::EvaluationKind;

struct Options {
  EvaluationKind kind = EvaluationKind::kEvaluate;
  std::string data;
  std::vector<std::string> models;
  std::string task = "both";
  bool any_data = false;
  BootstrapOptions bootstrap;
  std::string save_cases;
  std::string out;
  std::string report;
};

// The tasks to ask, by --task and by what the data set can answer.
Result<std::vector<Task>> TasksFor(const std::string& task, const Dataset& dataset) {
  const Split split = dataset.info().split;
  if (split == Split::kNone) {
    return Error{ErrorCode::kInvalidArgument,
                 dataset.folder() + ": has no test part; prepare it with a split"};
  }
  const auto is = [&](Task t) { return task == kTaskNames[static_cast<size_t>(t)]; };
  if (is(Task::kDiscovery)) return std::vector{Task::kDiscovery};
  if (split == Split::kTime) {
    if (is(Task::kNextBasket)) return std::vector{Task::kNextBasket};
    return std::vector{Task::kNextBasket, Task::kDiscovery};
  }
  if (is(Task::kNextBasket)) {
    return Error{ErrorCode::kInvalidArgument,
                 dataset.folder() + ": its split (" +
                     std::string(kSplitNames[static_cast<size_t>(split)]) +
                     ") is for discovery only; ask for --task discovery, or prepare the data with "
                     "a split by time"};
  }
  return std::vector{Task::kDiscovery};
}

// The models that the command line names. Two of one kind go by their paths.
Result<std::vector<Contender>> LoadAll(const Options& options, const Dataset& dataset) {
  std::vector<Contender> contenders;
  for (const std::string& path : options.models) {
    VITRINE_ASSIGN_OR_RETURN(Contender contender, LoadContender(path, dataset, options.any_data));
    for (const Contender& other : contenders) {
      if (other.label == contender.label) contender.label = path;
    }
    contenders.push_back(std::move(contender));
  }
  return contenders;
}

void PrintNotes(const Options& options, const Json& not_measured, bool has_rivals) {
  std::printf("[95 %% intervals from %zu resamples of the shoppers]%s\n",
              options.bootstrap.resamples, has_rivals ? "  * the paired interval excludes 0" : "");
  for (const auto& [metric, reason] : not_measured.items()) {
    std::printf("[not measured: %s, as %s]\n", metric.c_str(),
                reason.get_ref<const std::string&>().c_str());
  }
}

// What models did on all tasks.
struct Answers {
  Json tasks;  // by name
  LeftOut left_out;
  size_t n_cases = 0;
  double ranking_seconds = 0;  // of the first model
};

// Asks the contenders, then whichever of the best-sellers does best; cases go into `case_file`
// where there is one, and tables to stdout unless `quiet`.
Result<Answers> AskAll(const Options& options, const Dataset& dataset, const ItemFacts& facts,
                       const std::vector<Task>& tasks, const std::vector<Contender>& contenders,
                       const std::vector<Contender>& best_sellers, AtomicFile* case_file,
                       bool quiet) {
  const std::vector<NamedMetric> metrics = MetricsFor(dataset.info().split, facts);
  Answers answers;
  for (const Task task : tasks) {
    TaskRun run(dataset, facts, task, options.bootstrap);
    for (const Contender& contender : contenders) {
      VITRINE_ASSIGN_OR_RETURN(const Evaluation evaluation, run.Add(contender));
      if (case_file != nullptr) {
        VITRINE_RETURN_IF_ERROR(WriteCases(dataset.test(), run.cases(), contender.label, evaluation,
                                           metrics, *case_file));
      }
    }
    VITRINE_RETURN_IF_ERROR(run.AddBest(best_sellers));
    answers.n_cases += run.cases().size();
    answers.ranking_seconds += run.seconds();
    answers.tasks[std::string(kTaskNames[static_cast<size_t>(task)])] = run.ToJson();
    answers.left_out = run.report().left_out;
    if (!quiet && run.cases().size() > 0) std::printf("%s\n", run.Table().c_str());
  }
  if (answers.n_cases == 0) {
    const std::string left_out = ToWords(answers.left_out);
    return Error{ErrorCode::kInvalidArgument,
                 dataset.folder() + ": its test part holds no shopper to ask about" +
                     (left_out.empty() ? "" : " (left out: " + left_out + ")") +
                     "; prepare it with an earlier --cut, or a longer log"};
  }
  return answers;
}

// The JSON that the commands print, but for what the machine took.
Json ResultOf(const Options& options, const Dataset& dataset, const ItemFacts& facts,
              const std::vector<Contender>& contenders, Json tasks) {
  const Split split = dataset.info().split;
  const Contender& first = contenders.front();
  Json result;
  result["protocol"] = kSplitNames[static_cast<size_t>(split)];
  result["format"] = "events";
  result["model"] = first.model->name();
  result["seed"] = ToJson(first)["seed"];
  result["settings"] = first.settings;
  result["models"] = Json::array();
  for (const Contender& contender : contenders) result["models"].push_back(ToJson(contender));
  result["data"] = dataset.info().hash;
  if (tasks.size() == 1) {
    const Json& only = tasks.front();
    result["metrics"] = only["metrics"];
    result["baselines"] = only.value("baselines", Json());
    if (only.contains("calibration")) result["calibration"] = only["calibration"];
  }
  result["tasks"] = std::move(tasks);
  result["not_measured"] = NotMeasured(split, facts);
  result["resamples"] = options.bootstrap.resamples;
  return result;
}

Status Run(const Options& options, Command& command) {
  const auto start = std::chrono::steady_clock::now();
  if (options.kind == EvaluationKind::kCompare && options.models.size() < 2) {
    return {ErrorCode::kInvalidArgument, "compare wants two models or more; name another"};
  }
  VITRINE_ASSIGN_OR_RETURN(const Dataset dataset, Dataset::Open(options.data));
  VITRINE_ASSIGN_OR_RETURN(std::vector<Task> tasks, TasksFor(options.task, dataset));
  const ItemFacts facts = ItemFactsOf(dataset);
  VITRINE_ASSIGN_OR_RETURN(const std::vector<Contender> contenders, LoadAll(options, dataset));
  const Contender& first = contenders.front();
  // What the model in question was trained for comes first.
  const auto trained_for = first.file->Text("train.task");
  std::ranges::stable_partition(tasks, [&](Task task) {
    return trained_for.ok() && *trained_for == kTaskNames[static_cast<size_t>(task)];
  });
  std::vector<Contender> best_sellers;
  if (options.kind == EvaluationKind::kEvaluate && first.label != "popularity") {
    VITRINE_ASSIGN_OR_RETURN(best_sellers, FitBestSellers(dataset));
  }
  std::unique_ptr<AtomicFile> case_file;
  if (!options.save_cases.empty()) {
    VITRINE_ASSIGN_OR_RETURN(AtomicFile file, AtomicFile::Create(options.save_cases));
    case_file = std::make_unique<AtomicFile>(std::move(file));
    VITRINE_RETURN_IF_ERROR(WriteCasesHeader(MetricsFor(dataset.info().split, facts), *case_file));
  }
  VITRINE_ASSIGN_OR_RETURN(Answers answers, AskAll(options, dataset, facts, tasks, contenders,
                                                   best_sellers, case_file.get(), command.json));

  Json& result = command.result;
  result = ResultOf(options, dataset, facts, contenders, std::move(answers.tasks));
  result["seconds"] =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  result["users_per_second"] = static_cast<double>(answers.n_cases) / answers.ranking_seconds;
  result["peak_bytes"] = PeakBytes();
  if (!command.json) {
    PrintNotes(options, result["not_measured"], contenders.size() > 1 || !best_sellers.empty());
  }

  if (case_file) VITRINE_RETURN_IF_ERROR(case_file->Commit());
  if (!options.out.empty()) {
    VITRINE_RETURN_IF_ERROR(WriteTextFile(options.out, result.dump(2) + "\n"));
  }
  if (!options.report.empty()) {
    VITRINE_RETURN_IF_ERROR(WriteTextFile(
        options.report, report::EvaluationReport(options.kind, result, RunOf(command, dataset))));
  }
  return {};
}

// The flags that both commands have.
void AddFlags(CLI::App* sub, const std::shared_ptr<Options>& options, Command& command) {
  sub->add_option("--data", options->data, "Data set folder")->required();
  sub->add_option("--task", options->task,
                  "next-basket (repeats count), discovery (new products only), or both")
      ->check(CLI::IsMember({"next-basket", "discovery", "both"}))
      ->capture_default_str();
  sub->add_flag("--any-data", options->any_data,
                "Accept a model trained on another data set with the same products");
  sub->add_option("--resamples", options->bootstrap.resamples, "Bootstrap resamples")
      ->check(Between(100, 1000000, "100 to 1,000,000 resamples"))
      ->capture_default_str();
  sub->add_option("--seed", options->bootstrap.seed, "Of the bootstrap")->capture_default_str();
  sub->add_option("--save-cases", options->save_cases,
                  "CSV file for the values of every case (of ratios, the numerators: revenue as "
                  "money)");
  sub->add_option("--out", options->out, "JSON file for the result");
  sub->add_option("--report", options->report, "HTML file for people to read");
  sub->callback([options, &command] {
    command.run = [options, &command] { return Run(*options, command); };
  });
}

}  // namespace

void AddEvaluate(CLI::App& app, Command& command) {
  auto options = std::make_shared<Options>();
  CLI::App* sub = app.add_subcommand(
      "evaluate", "Measure a model on the test part of its data set, beside best-sellers");
  options->models.resize(1);
  sub->add_option("--model", options->models.front(), "Model folder or .safetensors file")
      ->required();
  AddFlags(sub, options, command);
}

void AddCompare(CLI::App& app, Command& command) {
  auto options = std::make_shared<Options>(Options{.kind = EvaluationKind::kCompare});
  CLI::App* sub = app.add_subcommand(
      "compare", "Measure a model against others on the same shoppers, with paired differences");
  sub->add_option("models", options->models,
                  "The model in question, then the others: folders or .safetensors files")
      ->required()
      ->expected(1, 100);
  AddFlags(sub, options, command);
}

}  // namespace vitrine
