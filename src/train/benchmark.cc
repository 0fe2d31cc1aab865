#include "train/benchmark.h"

#include <algorithm>
#include <utility>

#include "evaluate/adapt_report.h"
#include "evaluate/calibration_report.h"
#include "evaluate/evaluate.h"
#include "evaluate/generated.h"
#include "evaluate/protocol.h"
#include "evaluate/task_report.h"
#include "train/adapt.h"
#include "train/check_training.h"
#include "train/contenders.h"
#include "train/transfer.h"

namespace vitrine {
namespace {

using Json = nlohmann::ordered_json;

// The test part of every fold under one question, and all of them one after the other.
struct Question {
  std::string name;  // of a prefix: "1", "3"
  std::vector<Cases> folds;
  Cases all;
};

Question Ask(std::span<const Dataset> folds, Task task, const Prefixes& prefixes,
             std::string name) {
  Question question{.name = std::move(name)};
  question.all.task = task;
  for (const Dataset& dataset : folds) {
    question.folds.push_back(TestCases(dataset, task, prefixes));
    question.all.Append(question.folds.back());
  }
  return question;
}

// What a gan makes up from noise alone, beside real shoppers; null for other models.
Result<Json> JudgeGenerator(const Dataset& dataset, const TrainedContender& contender,
                            const ItemFacts& facts) {
  if (contender.name != "gan") return Json();
  VITRINE_ASSIGN_OR_RETURN(const TensorFile file,
                           ReadTensorFile(contender.folds.front().front().file));
  return JudgeGenerated(file, dataset, ReadBehaviour(dataset, kBehavioursJudged), facts);
}

// What the shoppers that a gan makes up teach; null for other models.
Result<Json> Transfer(std::span<const Dataset> folds, const TrainedContender& contender,
                      std::span<const ItemFacts> facts, const BootstrapOptions& bootstrap) {
  if (contender.name != "gan") return Json();
  std::vector<std::string> files;
  for (const auto& runs : contender.folds) files.push_back(runs.front().file);
  return JudgeTransfer(folds, files, facts, bootstrap);
}

// A gan that knows contexts beside the other contenders, on shoppers who are new; else null.
Result<Json> ColdStart(std::span<const Dataset> folds,
                       const std::vector<TrainedContender>& contenders,
                       std::span<const ItemFacts> facts, const BenchmarkOptions& options) {
  const Dataset& dataset = folds.front();
  const std::vector<TrainOptions> all = ContendersOf(dataset, options.model, options.baselines);
  const auto gan =
      std::ranges::find_if(all, [&](const TrainOptions& own) { return StartsCold(dataset, own); });
  if (gan == all.end()) return Json();
  std::vector<ColdContender> named;
  for (const TrainedContender& contender : contenders) {
    ColdContender& own = named.emplace_back(ColdContender{contender.name, {}});
    for (const auto& runs : contender.folds) own.files.push_back(runs.front().file);
  }
  std::rotate(named.begin(), named.begin() + (gan - all.begin()),
              named.begin() + (gan - all.begin()) + 1);
  return CompareColdStart(folds, named.front(), std::span(named).subspan(1), facts, options.oracle,
                          options.bootstrap);
}

// One question answered by every contender, the model in question first.
struct Answer {
  TaskReport report;
  std::vector<Json> by_seed;   // of the model in question: its metrics
  double ranking_seconds = 0;  // of the model in question
  Json calibration;            // likewise
};

Result<Answer> AnswerBy(const std::vector<TrainedContender>& contenders, const Question& question,
                        std::span<const Dataset> folds, std::span<const ItemFacts> facts,
                        const BootstrapOptions& bootstrap) {
  const DatasetInfo& info = folds.front().info();
  Answer answer{.report = {.task = question.all.task,
                           .left_out = question.all.left_out,
                           .metrics = MetricsFor(info.split, facts.front()),
                           .has_baskets = RulesOf(info.split).has_baskets}};
  Evaluation first;
  for (const TrainedContender& contender : contenders) {
    VITRINE_ASSIGN_OR_RETURN(const TestedRuns tested,
                             TestContender(contender, question.folds, folds, facts));
    if (&contender == &contenders.front()) {
      first = tested.mean;
      answer.calibration = tested.calibration.ToJson(bootstrap);
      for (const Evaluation& run : tested.seeds) {
        Json& values = answer.by_seed.emplace_back();
        for (const auto& [name, metric] : answer.report.metrics) {
          values[std::string(name)] = MetricOf(run.values, metric);
        }
        answer.ranking_seconds += run.seconds;
      }
    }
    AddModelReport(contender.name, question.all, info.n_items, tested.mean, first, bootstrap,
                   answer.report);
    Summary& summary = answer.report.models.back().all.summary;
    summary.coverage = tested.coverage;
    summary.gini = tested.gini;
  }
  return answer;
}

// What adapting gains the model in question over all questions together; the mean of its seeds
// would blur what one device does, so that the first stands for it.
Result<Json> JudgeAdaptation(const std::vector<TrainedContender>& contenders,
                             const std::vector<Question>& questions, std::span<const Dataset> folds,
                             std::span<const ItemFacts> facts, const BootstrapOptions& bootstrap) {
  std::vector<std::string> others;
  for (size_t i = 1; i < contenders.size(); ++i) others.push_back(contenders[i].name);
  AdaptReport report(others);
  for (size_t fold = 0; fold < folds.size(); ++fold) {
    std::vector<TensorFile> files;
    std::vector<std::unique_ptr<Model>> models;
    files.reserve(contenders.size());  // models borrow them
    for (const TrainedContender& contender : contenders) {
      VITRINE_ASSIGN_OR_RETURN(TensorFile file, ReadTensorFile(contender.folds[fold].front().file));
      files.push_back(std::move(file));
      VITRINE_ASSIGN_OR_RETURN(models.emplace_back(), LoadModel(files.back()));
    }
    VITRINE_ASSIGN_OR_RETURN(const auto adapted, LoadAdapted(files.front()));
    std::vector<const Model*> rivals;
    for (size_t i = 1; i < models.size(); ++i) rivals.push_back(models[i].get());
    for (const Question& question : questions) {
      VITRINE_RETURN_IF_ERROR(
          report.Add(fold, question.folds[fold], facts[fold], *adapted, *models.front(), rivals));
    }
  }
  return report.ToJson(bootstrap);
}

// What was chosen in a run, and how long it took.
Json Chosen(const TrainedRun& run) {
  Json chosen;
  for (const char* key : {"settings", "validation", "adapt", "curve", "seconds"}) {
    if (run.trained.contains(key)) chosen[key] = run.trained[key];
  }
  return chosen;
}

// Of the first seed of each fold.
Json PerFold(const TrainedContender& contender) {
  Json folds = Json::array();
  for (const auto& runs : contender.folds) folds.push_back(Chosen(runs.front()));
  return folds;
}

// The questions asked, and what all of them together say.
struct Answers {
  std::vector<Question> questions;
  Json told;  // of RunBenchmark's result
  Json per_seed = Json::array();
  std::string table;
  double users_per_second = 0;
};

Result<Answers> AnswerAll(const std::vector<TrainedContender>& contenders,
                          std::span<const Dataset> folds, std::span<const ItemFacts> facts,
                          const BenchmarkOptions& options) {
  const Task task = options.model.task;
  const Prefixes& prefixes = options.model.prefixes;
  const char* unit = prefixes.of_events ? "prefix_events" : "prefixes";
  Answers all;
  for (const size_t length : prefixes.lengths) {
    all.questions.push_back(
        Ask(folds, task, {prefixes.of_events, {length}}, std::to_string(length)));
  }
  if (all.questions.empty()) all.questions.push_back(Ask(folds, task, {}, ""));
  for (const TrainedRun& run : contenders.front().folds.front()) {
    all.per_seed.push_back({{"seed", run.trained["seed"]}});
  }
  size_t n_ranked = 0;
  double ranking_seconds = 0;
  for (const Question& question : all.questions) {
    if (question.all.size() == 0) {
      return Error{ErrorCode::kInvalidArgument,
                   "the test part holds no shopper to ask about" +
                       (question.name.empty() ? "" : " after a prefix of " + question.name)};
    }
    VITRINE_ASSIGN_OR_RETURN(const Answer answer,
                             AnswerBy(contenders, question, folds, facts, options.bootstrap));
    ranking_seconds += answer.ranking_seconds;
    n_ranked += question.all.size() * contenders.front().n_seeds();
    Json told = ToJson(answer.report);
    if (!answer.calibration.is_null()) told["calibration"] = answer.calibration;
    if (question.name.empty()) {
      all.told = std::move(told);
    } else {
      all.told[unit][question.name] = std::move(told);
      all.table += "after " + question.name + (prefixes.of_events ? " events" : " baskets") + ", ";
    }
    for (size_t i = 0; i < all.per_seed.size(); ++i) {
      Json& own = all.per_seed[i];
      if (question.name.empty())
        own.update(answer.by_seed[i]);
      else
        own[unit][question.name] = answer.by_seed[i];
    }
    all.table += ToTable(answer.report) + ToTable(answer.calibration);
    if (!question.name.empty()) all.table += "\n";
  }
  all.users_per_second = static_cast<double>(n_ranked) / ranking_seconds;
  return all;
}

// What else a gan is judged by, into `result`; nothing of other models.
Status AddGenerated(const std::vector<TrainedContender>& contenders, std::span<const Dataset> folds,
                    std::span<const ItemFacts> facts, const BenchmarkOptions& options, Json& result,
                    std::string& table) {
  const TrainedContender& model = contenders.front();
  VITRINE_ASSIGN_OR_RETURN(Json generated, JudgeGenerator(folds.front(), model, facts.front()));
  if (generated.is_null()) return {};
  table += "generated behaviour: " + generated.dump() + "\n";
  if (generated["collapsed"]) {
    table += "the generator has collapsed: next to no real shopper is like what it makes up\n";
  }
  VITRINE_ASSIGN_OR_RETURN(Json transfer, Transfer(folds, model, facts, options.bootstrap));
  if (!transfer.is_null()) {
    table += "EASE trained on generated shoppers, tested on real ones: " + transfer.dump() + "\n";
    generated["transfer"] = std::move(transfer);
  }
  result["generated"] = std::move(generated);
  return {};
}

std::string ColdTable(const Json& cold) {
  std::string table;
  for (const auto& [length, answer] : cold.items()) {
    if (!answer.is_object()) continue;
    table += "after " + length + " events, ndcg@20:";
    for (const auto& [name, own] : answer.items()) {
      if (!own.is_object() || !own.contains("ndcg@20")) continue;
      table += " " + name + " " + own["ndcg@20"]["value"].dump().substr(0, 6);
    }
    if (answer.contains("gap_closed")) table += " gap closed " + answer["gap_closed"].dump();
    table += "\n";
  }
  return table;
}

}  // namespace

Status CheckBenchmark(const Dataset& dataset, const BenchmarkOptions& options) {
  for (const TrainOptions& own : ContendersOf(dataset, options.model, options.baselines)) {
    const Status status = CheckTraining(dataset, own);
    if (status.ok()) continue;
    const bool is_baseline = own.model != options.model.model;
    return {status.error().code, (is_baseline ? "--baselines: " : "") + status.error().message};
  }
  if (options.oracle && !StartsCold(dataset, options.model)) {
    return {ErrorCode::kInvalidArgument,
            "--shop judges lists for new shoppers' contexts: it takes --model gan (without --side "
            "item or noise alone), --protocol strong or time, and a log with contexts such as "
            "country or device, or --context-month"};
  }
  return {};
}

Result<Json> RunBenchmark(std::span<const Dataset> folds, const BenchmarkOptions& options,
                          const std::string& folder) {
  std::vector<TrainedContender> contenders;
  for (const TrainOptions& own : ContendersOf(folds.front(), options.model, options.baselines)) {
    VITRINE_ASSIGN_OR_RETURN(TrainedContender trained,
                             TrainContender(folds, own, options.n_seeds, folder));
    contenders.push_back(std::move(trained));
  }

  // From here on the test part is read, and nothing is chosen any more.
  std::vector<ItemFacts> facts;
  for (const Dataset& dataset : folds) facts.push_back(ItemFactsOf(dataset));
  VITRINE_ASSIGN_OR_RETURN(Answers answers, AnswerAll(contenders, folds, facts, options));
  std::string& table = answers.table;

  const TrainedContender& model = contenders.front();
  Json result{{"model", model.name}, {"seed", options.model.seed}};
  for (const Json& run : answers.per_seed) result["seeds"].push_back(run["seed"]);
  result["task"] = kTaskNames[static_cast<size_t>(options.model.task)];
  if (folds.size() > 1) result["folds"] = folds.size();
  result.update(answers.told);
  for (const TrainedContender& contender : contenders) {
    if (&contender == &model) continue;
    Json& baseline = result["baselines"][contender.name];
    baseline["settings"] = contender.first()["settings"];
    baseline["seconds"] = contender.first()["seconds"];
    if (folds.size() > 1) baseline["per_fold"] = PerFold(contender);
  }
  result["settings"] = model.first()["settings"];
  result["validation"] = model.first()["validation"];
  for (size_t i = 0; i < answers.per_seed.size(); ++i) {
    answers.per_seed[i].update(Chosen(model.folds.front()[i]));
  }
  result["per_seed"] = std::move(answers.per_seed);
  if (folds.size() > 1) result["per_fold"] = PerFold(model);
  result["not_measured"] = NotMeasured(folds.front().info().split, facts.front());
  result["resamples"] = options.bootstrap.resamples;
  result["users_per_second"] = answers.users_per_second;
  VITRINE_RETURN_IF_ERROR(AddGenerated(contenders, folds, facts, options, result, table));
  if (options.model.adapt) {
    VITRINE_ASSIGN_OR_RETURN(result["adapt"], JudgeAdaptation(contenders, answers.questions, folds,
                                                              facts, options.bootstrap));
    result["adapt"]["settings"] = model.first()["adapt"];
    table += "adapting on the device: " + result["adapt"].dump() + "\n";
  }
  VITRINE_ASSIGN_OR_RETURN(Json cold, ColdStart(folds, contenders, facts, options));
  if (!cold.is_null()) {
    table += ColdTable(cold);
    result["cold_start"] = std::move(cold);
  }
  result["table"] = std::move(table);
  return result;
}

}  // namespace vitrine
