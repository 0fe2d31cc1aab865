// `vitrine evaluate`: how well a model answers the test part of a data set, and against which.
#include "train/evaluate.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cli/command.h"
#include "cli/model_path.h"
#include "data/dataset.h"
#include "format/files.h"
#include "train/cases.h"
#include "train/progress.h"
#include "train/protocol.h"
#include "train/task_report.h"
#include "train/training_part.h"

namespace vitrine {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
  std::string data;
  std::string model;
  std::vector<std::string> against;
  std::string task = "both";
  bool any_data = false;
  BootstrapOptions bootstrap;
  std::string save_cases;
  std::string out;
};

struct Candidate {
  std::string label;
  std::unique_ptr<const TensorFile> file;
  std::unique_ptr<const Model> model;
};

Result<Candidate> Load(const std::string& path, const Dataset& dataset, bool any_data) {
  VITRINE_ASSIGN_OR_RETURN(TensorFile opened, OpenModel(path));
  Candidate candidate{.file = std::make_unique<const TensorFile>(std::move(opened))};
  VITRINE_ASSIGN_OR_RETURN(candidate.model, LoadModel(*candidate.file));
  candidate.label = candidate.model->name();
  if (!any_data) {
    VITRINE_ASSIGN_OR_RETURN(const std::string hash, candidate.file->Text("data.hash"));
    if (hash != dataset.info().hash) {
      return Error{ErrorCode::kInvalidArgument,
                   candidate.file->name() + ": was trained on another data set (" +
                       hash.substr(0, 12) + ") than " + dataset.folder() + " (" +
                       dataset.info().hash.substr(0, 12) +
                       "); train it on this one, or pass --any-data if it has the same products"};
    }
  }
  if (candidate.model->n_items() != dataset.info().n_items) {
    return Error{ErrorCode::kInvalidArgument,
                 candidate.file->name() + ": ranks " + std::to_string(candidate.model->n_items()) +
                     " products, but the data set has " + std::to_string(dataset.info().n_items) +
                     "; evaluate on data prepared with the same products"};
  }
  if (any_data) VITRINE_RETURN_IF_ERROR(CheckItems(*candidate.file, dataset.catalogue()));
  return candidate;
}

// Metadata as `vitrine train` leaves it; null in a file from elsewhere.
Json MetadataJson(const TensorFile& file, const char* key) {
  const auto text = file.Text(key);
  if (!text.ok()) return nullptr;
  Json value = Json::parse(*text, nullptr, /*allow_exceptions=*/false);
  return value.is_discarded() ? Json(*text) : value;
}

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

// In double quotes where the text would break a line of CSV.
std::string CsvField(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) quoted.append(c == '"' ? 2 : 1, c);
  return quoted + "\"";
}

// A line per case and model.
Status WriteCases(const Shoppers& shoppers, const Cases& cases, const std::string& label,
                  const Evaluation& evaluation, std::span<const NamedMetric> metrics,
                  AtomicFile& file) {
  std::string text;
  for (size_t i = 0; i < cases.size(); ++i) {
    text += std::string(kTaskNames[static_cast<size_t>(cases.task)]) + "," + CsvField(label) + "," +
            CsvField(shoppers.Name(cases.shopper[i])) + "," + std::to_string(cases.n_baskets[i]);
    const auto add = [&](size_t value) {
      char number[32];
      std::snprintf(number, sizeof number, ",%.9g",
                    static_cast<double>(evaluation.values[i][value]));
      text += number;
    };
    for (const auto& [name, metric] : metrics) add(metric);
    add(kRevenueTotal);
    text += '\n';
    if (text.size() < 1 << 20 && i + 1 < cases.size()) continue;
    VITRINE_RETURN_IF_ERROR(file.Write(text));
    text.clear();
  }
  return {};
}

Status WriteCasesHeader(std::span<const NamedMetric> metrics, AtomicFile& file) {
  std::string text = "task,model,shopper,baskets";
  for (const auto& [name, metric] : metrics) text.append(",").append(name);
  return file.Write(text + ",revenue\n");
}

Status Run(const Options& options, Command& command) {
  const auto start = std::chrono::steady_clock::now();
  VITRINE_ASSIGN_OR_RETURN(const Dataset dataset, Dataset::Open(options.data));
  VITRINE_ASSIGN_OR_RETURN(const std::vector<Task> tasks, TasksFor(options.task, dataset));

  const std::span<const NamedMetric> metrics = RulesOf(dataset.info().split).metrics;
  std::vector<Candidate> candidates;
  std::vector<std::string> paths = {options.model};
  paths.insert(paths.end(), options.against.begin(), options.against.end());
  for (const std::string& path : paths) {
    VITRINE_ASSIGN_OR_RETURN(Candidate candidate, Load(path, dataset, options.any_data));
    // Two models of one kind go by their paths.
    for (const Candidate& other : candidates) {
      if (other.label == candidate.label) candidate.label = path;
    }
    candidates.push_back(std::move(candidate));
  }
  std::unique_ptr<AtomicFile> case_file;
  if (!options.save_cases.empty()) {
    VITRINE_ASSIGN_OR_RETURN(AtomicFile file, AtomicFile::Create(options.save_cases));
    case_file = std::make_unique<AtomicFile>(std::move(file));
    VITRINE_RETURN_IF_ERROR(WriteCasesHeader(metrics, *case_file));
  }

  const size_t n_items = dataset.info().n_items;
  const std::vector<float> surprise = SurpriseOf(Popularity({.dataset = &dataset}));
  Json task_results;
  size_t n_cases = 0;
  double ranking_seconds = 0;
  for (const Task task : tasks) {
    const Cases cases = TestCases(dataset, task);
    TaskReport report{.task = task,
                      .left_out = cases.left_out,
                      .metrics = metrics,
                      .has_baskets = RulesOf(dataset.info().split).has_baskets};
    Evaluation first;
    for (const Candidate& candidate : candidates) {
      VITRINE_ASSIGN_OR_RETURN(const Evaluation evaluation,
                               Evaluate(*candidate.model, cases, surprise));
      if (case_file) {
        VITRINE_RETURN_IF_ERROR(
            WriteCases(dataset.test(), cases, candidate.label, evaluation, metrics, *case_file));
      }
      if (&candidate == &candidates.front()) first = evaluation;
      AddModelReport(candidate.label, cases, n_items, evaluation, first, options.bootstrap, report);
    }
    n_cases += cases.size();
    ranking_seconds += first.seconds;
    task_results[std::string(kTaskNames[static_cast<size_t>(task)])] = ToJson(report);
    if (!command.json) std::printf("%s\n", ToTable(report).c_str());
  }
  if (n_cases == 0) {
    return {ErrorCode::kInvalidArgument,
            dataset.folder() + ": its test part holds no shopper to ask about (left out: " +
                task_results.front()["left_out"].dump() + "); prepare it with an earlier cut"};
  }
  if (!command.json) {
    std::printf("[95 %% intervals from %zu resamples of the shoppers]%s\n",
                options.bootstrap.resamples,
                candidates.size() > 1 ? "  * the paired interval excludes 0" : "");
  }

  const TensorFile& file = *candidates.front().file;
  Json& result = command.result;
  result["protocol"] = kSplitNames[static_cast<size_t>(dataset.info().split)];
  result["format"] = "events";
  result["model"] = candidates.front().model->name();
  result["seed"] = MetadataJson(file, "train.seed");
  result["settings"] = MetadataJson(file, "train.settings");
  result["data"] = dataset.info().hash;
  if (tasks.size() == 1) {
    result["metrics"] = task_results.front()["metrics"];
    result["baselines"] = task_results.front()["baselines"];
  }
  result["tasks"] = std::move(task_results);
  result["seconds"] =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  result["users_per_second"] = static_cast<double>(n_cases) / ranking_seconds;
  result["peak_bytes"] = PeakBytes();

  if (case_file) VITRINE_RETURN_IF_ERROR(case_file->Commit());
  if (!options.out.empty()) {
    VITRINE_RETURN_IF_ERROR(WriteTextFile(options.out, result.dump(2) + "\n"));
  }
  return {};
}

}  // namespace

void AddEvaluate(CLI::App& app, Command& command) {
  auto options = std::make_shared<Options>();
  CLI::App* sub = app.add_subcommand(
      "evaluate", "Measure a model on the test part of its data set, with intervals");
  sub->add_option("--data", options->data, "Data set folder")->required();
  sub->add_option("--model", options->model, "Model folder or .safetensors file")->required();
  sub->add_option("--against", options->against,
                  "Other models to measure it against, on the same shoppers");
  sub->add_option("--task", options->task,
                  "next-basket (repeats count), discovery (new products only), or both")
      ->check(CLI::IsMember({"next-basket", "discovery", "both"}))
      ->capture_default_str();
  sub->add_flag("--any-data", options->any_data,
                "Accept a model trained on another data set with the same products");
  sub->add_option("--resamples", options->bootstrap.resamples, "Bootstrap resamples")
      ->check(CLI::Range(100, 1000000))
      ->capture_default_str();
  sub->add_option("--seed", options->bootstrap.seed, "Of the bootstrap")->capture_default_str();
  sub->add_option("--save-cases", options->save_cases,
                  "CSV file for the values of every case (revenue as money)");
  sub->add_option("--out", options->out, "JSON file for the result");
  sub->callback([options, &command] {
    command.run = [options, &command] { return Run(*options, command); };
  });
}

}  // namespace vitrine
