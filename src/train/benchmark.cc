#include "train/benchmark.h"

#include <algorithm>
#include <utility>

#include "train/evaluate.h"
#include "train/generated.h"
#include "train/protocol.h"
#include "train/task_report.h"

namespace vitrine {
namespace {

using Json = nlohmann::ordered_json;

// The runs of one model, a seed each.
struct Contender {
  std::string name;
  std::vector<Json> trained;
  std::vector<std::string> files;
};

Result<Contender> Train(const Dataset& dataset, TrainOptions options, size_t n_seeds,
                        const std::string& folder) {
  Contender contender{.name = options.model};
  const uint64_t first_seed = options.seed;
  for (size_t i = 0; i < (IsStochastic(options) ? n_seeds : 1); ++i) {
    options.seed = first_seed + i;
    const std::string out = folder + "/" + options.model + "-" + std::to_string(options.seed);
    VITRINE_ASSIGN_OR_RETURN(Json trained, TrainModel(dataset, options, out));
    contender.trained.push_back(std::move(trained));
    contender.files.push_back(out + "/model.safetensors");
  }
  return contender;
}

// What the runs of a contender did with each case: every run, and their mean.
struct TestedRuns {
  std::vector<Evaluation> runs;
  Evaluation mean;  // shown: of the first run
  double coverage = 0, gini = 0;
};

Result<TestedRuns> Test(const Contender& contender, const Cases& cases, size_t n_items,
                        const ItemFacts& facts) {
  TestedRuns tested;
  for (const std::string& path : contender.files) {
    VITRINE_ASSIGN_OR_RETURN(const TensorFile file, ReadTensorFile(path));
    VITRINE_ASSIGN_OR_RETURN(const std::unique_ptr<Model> model, LoadModel(file));
    VITRINE_ASSIGN_OR_RETURN(Evaluation run, Evaluate(*model, cases, facts));
    const auto n_runs = static_cast<double>(contender.files.size());
    tested.coverage += CoverageOf(run.shown, n_items) / n_runs;
    tested.gini += GiniOf(run.shown, n_items) / n_runs;
    tested.runs.push_back(std::move(run));
  }
  tested.mean = tested.runs.front();
  const auto n_runs = static_cast<float>(tested.runs.size());
  for (size_t i = 0; i < cases.size(); ++i) {
    for (size_t v = 0; v < kCaseValues; ++v) {
      float sum = 0;
      for (const Evaluation& run : tested.runs) sum += run.values[i][v];
      tested.mean.values[i][v] = sum / n_runs;
    }
  }
  return tested;
}

// What a generator makes up from noise alone, beside real shoppers; null where the model makes up
// none or there are too few real ones.
Result<Json> JudgeGenerated(const Dataset& dataset, const Contender& contender,
                            const ItemFacts& facts) {
  constexpr size_t kBehaviours = 500, kLeastBehaviours = 8;
  if (contender.name != "gan") return Json();
  VITRINE_ASSIGN_OR_RETURN(const TensorFile file, ReadTensorFile(contender.files.front()));
  VITRINE_ASSIGN_OR_RETURN(const std::unique_ptr<Model> model, LoadModel(file));
  const auto& gan = dynamic_cast<const GanModel&>(*model);
  if (!gan.Generates()) return Json();
  const RealBehaviour real = ReadBehaviour(dataset, kBehaviours);
  if (real.behaviours.size() < kLeastBehaviours) return Json();
  const std::vector<Behaviour> generated =
      GenerateBehaviour(gan, real.behaviours.size(), /*seed=*/1);
  Json judged{{"against", real.source}};
  judged.update(CompareBehaviour(real.behaviours, generated, facts).ToJson());
  return judged;
}

}  // namespace

Result<Json> RunBenchmark(const Dataset& dataset, const BenchmarkOptions& options,
                          const std::string& folder) {
  std::vector<Contender> contenders;
  VITRINE_ASSIGN_OR_RETURN(Contender own, Train(dataset, options.model, options.n_seeds, folder));
  contenders.push_back(std::move(own));
  for (const std::string& name : options.baselines) {
    if (name == options.model.model) continue;
    TrainOptions baseline;
    baseline.model = name;
    baseline.task = options.model.task;
    baseline.seed = options.model.seed;
    baseline.validation_fraction = options.model.validation_fraction;
    VITRINE_ASSIGN_OR_RETURN(Contender trained, Train(dataset, baseline, options.n_seeds, folder));
    contenders.push_back(std::move(trained));
  }

  // From here on the test part is read, and nothing is chosen any more.
  const size_t n_items = dataset.info().n_items;
  const Cases cases = TestCases(dataset, options.model.task);
  if (cases.size() == 0) {
    return Error{ErrorCode::kInvalidArgument,
                 dataset.folder() + ": its test part holds no shopper to ask about"};
  }
  const ItemFacts facts = ItemFactsOf(dataset);
  const std::vector<NamedMetric> metrics = MetricsFor(dataset.info().split, facts);
  TaskReport report{.task = options.model.task,
                    .left_out = cases.left_out,
                    .metrics = metrics,
                    .has_baskets = RulesOf(dataset.info().split).has_baskets};
  Evaluation first;
  Json per_seed = Json::array();
  double ranking_seconds = 0;
  for (const Contender& contender : contenders) {
    VITRINE_ASSIGN_OR_RETURN(const TestedRuns tested, Test(contender, cases, n_items, facts));
    if (&contender == &contenders.front()) {
      first = tested.mean;
      for (size_t i = 0; i < tested.runs.size(); ++i) {
        const Evaluation& run = tested.runs[i];
        Json values{{"seed", contender.trained[i]["seed"]}};
        for (const auto& [name, metric] : metrics) {
          values[std::string(name)] = MetricOf(run.values, metric);
        }
        values["settings"] = contender.trained[i]["settings"];
        values["validation"] = contender.trained[i]["validation"];
        values["seconds"] = contender.trained[i]["seconds"];
        per_seed.push_back(std::move(values));
        ranking_seconds += run.seconds;
      }
    }
    AddModelReport(contender.name, cases, n_items, tested.mean, first, options.bootstrap, report);
    report.models.back().all.summary.coverage = tested.coverage;
    report.models.back().all.summary.gini = tested.gini;
  }

  const Json told = ToJson(report);
  const Contender& model = contenders.front();
  Json result{{"model", model.name}, {"seed", options.model.seed}};
  result["seeds"] = Json::array();
  for (const Json& run : model.trained) result["seeds"].push_back(run["seed"]);
  result["task"] = kTaskNames[static_cast<size_t>(report.task)];
  for (const auto& [key, value] : told.items()) result[key] = value;
  for (size_t i = 1; i < contenders.size(); ++i) {
    Json& baseline = result["baselines"][contenders[i].name];
    baseline["settings"] = contenders[i].trained.front()["settings"];
    baseline["seconds"] = contenders[i].trained.front()["seconds"];
  }
  result["settings"] = model.trained.front()["settings"];
  result["validation"] = model.trained.front()["validation"];
  result["per_seed"] = std::move(per_seed);
  result["not_measured"] = NotMeasured(dataset.info().split, facts);
  result["resamples"] = options.bootstrap.resamples;
  result["users_per_second"] =
      static_cast<double>(cases.size() * model.files.size()) / ranking_seconds;
  VITRINE_ASSIGN_OR_RETURN(Json generated, JudgeGenerated(dataset, model, facts));
  std::string table = ToTable(report);
  if (!generated.is_null()) {
    table += "generated behaviour: " + generated.dump() + "\n";
    result["generated"] = std::move(generated);
  }
  result["table"] = std::move(table);
  return result;
}

}  // namespace vitrine
