#include "train/transfer.h"

#include <algorithm>
#include <limits>
#include <memory>

#include "evaluate/evaluate.h"
#include "evaluate/generated.h"
#include "evaluate/protocol.h"
#include "evaluate/task_report.h"
#include "evaluate/training_part.h"
#include "models/gan.h"
#include "train/item_item.h"
#include "train/model_writer.h"
#include "train/progress.h"

namespace vitrine {
namespace {

using Json = nlohmann::ordered_json;

constexpr Task kTask = Task::kDiscovery;
constexpr float kLambdas[] = {25, 100, 400, 1600, 6400};
constexpr float kFirstLambda = 1600;
constexpr size_t kEnough = 10000;    // generated shoppers, where the real are fewer
constexpr size_t kMostDense = 6000;  // products; more are fitted sparsely, real and generated alike
constexpr size_t kNeighbours = 200;

Csr MatrixOf(std::span<const Behaviour> behaviours, size_t n_items) {
  Csr matrix{.cols = n_items};
  for (const Behaviour& behaviour : behaviours) {
    matrix.indices.insert(matrix.indices.end(), behaviour.begin(), behaviour.end());
    matrix.values.resize(matrix.indices.size(), 1.0f);
    matrix.EndRow();
  }
  return matrix;
}

// NDCG@20 of each case, by EASE fitted to `shoppers`.
Result<std::vector<float>> FitAndAsk(const Csr& shoppers, float lambda, const ModelFrame& frame,
                                     const Cases& cases, const ItemFacts& facts) {
  TensorFileWriter writer;
  frame.AddCore(writer);
  AddProfile({}, writer);
  Matrix dense;
  Csr sparse;
  if (facts.n_items <= kMostDense) {
    VITRINE_ASSIGN_OR_RETURN(dense, DenseEase(shoppers, lambda));
    AddDenseTable(dense, writer);
  } else {
    VITRINE_ASSIGN_OR_RETURN(sparse, SparseEase(shoppers, lambda, kNeighbours, MemoryBytes() / 2));
    AddSparseTable(sparse, writer);
  }
  VITRINE_ASSIGN_OR_RETURN(const TensorFile file, writer.ToMemory("the model in training"));
  VITRINE_ASSIGN_OR_RETURN(const std::unique_ptr<Model> model, LoadModel(file));
  VITRINE_ASSIGN_OR_RETURN(const Evaluation evaluation, Evaluate(*model, cases, facts));
  std::vector<float> values;
  for (const CaseValues& value : evaluation.values) values.push_back(value[kNdcg20]);
  return values;
}

// The ridge that does best on validation, fitted to `shoppers`.
Result<float> ChooseLambda(const Csr& shoppers, const ModelFrame& frame, const Cases& validation) {
  float best = kLambdas[0];
  double best_value = -1;
  for (const float lambda : kLambdas) {
    VITRINE_ASSIGN_OR_RETURN(const auto values, FitAndAsk(shoppers, lambda, frame, validation,
                                                          {.n_items = shoppers.cols}));
    if (MeanOf(values) <= best_value) continue;
    best = lambda;
    best_value = MeanOf(values);
  }
  return best;
}

struct Side {
  std::vector<float> values;  // of the cases of all folds
  Json settings = Json::array();

  Json ToJson(const BootstrapOptions& bootstrap) const {
    return {{"ndcg@20", vitrine::ToJson(EstimateMean(values, bootstrap))}, {"settings", settings}};
  }
};

// One fold: EASE is chosen on its validation and asked about its test part.
class Fold {
 public:
  static Result<Fold> Open(const Dataset& dataset, const ItemFacts& facts) {
    VITRINE_ASSIGN_OR_RETURN(TrainingPlan plan, PlanTraining(dataset, PlanOptions{.task = kTask}));
    return Fold(dataset, facts, std::move(plan));
  }

  // Returns how many real shoppers there are.
  Result<size_t> AskReal(Side& side) const {
    const Csr shoppers = TrainingMatrix(plan_.all, {});
    VITRINE_ASSIGN_OR_RETURN(const float lambda,
                             ChooseLambda(TrainingMatrix(plan_.fit, {}), frame_, plan_.validation));
    VITRINE_RETURN_IF_ERROR(Ask(shoppers, lambda, side));
    side.settings.push_back({{"lambda", lambda}});
    return shoppers.rows();
  }

  // `n` shoppers that `gan` makes up: first how sharply, at one ridge, then the ridge.
  Status AskGenerated(const GanModel& gan, size_t n, Side& side) const {
    const auto sizes = TrainingSizes(dataset_, std::numeric_limits<size_t>::max());
    const auto make_up = [&](double sharpness) {
      return MatrixOf(GenerateBehaviour(gan, n, /*seed=*/2, sizes, sharpness), facts_.n_items);
    };
    double best = 1, best_value = -1;
    for (const double sharpness : kSharpnesses) {
      if (gan.GeneratesSizes()) break;  // nothing is drawn by odds
      VITRINE_ASSIGN_OR_RETURN(const auto values,
                               FitAndAsk(make_up(sharpness), kFirstLambda, frame_, plan_.validation,
                                         {.n_items = facts_.n_items}));
      if (MeanOf(values) <= best_value) continue;
      best_value = MeanOf(values);
      best = sharpness;
    }
    const Csr made_up = make_up(best);
    VITRINE_ASSIGN_OR_RETURN(const float lambda, ChooseLambda(made_up, frame_, plan_.validation));
    side.settings.push_back({{"lambda", lambda}, {"sharpness", best}});
    return Ask(made_up, lambda, side);
  }

 private:
  Fold(const Dataset& dataset, const ItemFacts& facts, TrainingPlan plan)
      : dataset_(dataset),
        facts_(facts),
        plan_(std::move(plan)),
        frame_("linear", plan_.all, kTask),
        test_(TestCases(dataset, kTask)) {}

  Status Ask(const Csr& shoppers, float lambda, Side& side) const {
    VITRINE_ASSIGN_OR_RETURN(const auto own, FitAndAsk(shoppers, lambda, frame_, test_, facts_));
    side.values.insert(side.values.end(), own.begin(), own.end());
    return {};
  }

  const Dataset& dataset_;
  const ItemFacts& facts_;
  TrainingPlan plan_;
  ModelFrame frame_;
  Cases test_;
};

}  // namespace

Result<Json> JudgeTransfer(std::span<const Dataset> folds, std::span<const std::string> files,
                           std::span<const ItemFacts> facts, const BootstrapOptions& bootstrap) {
  Side real, generated;
  size_t n_real = 0, n_generated = 0;
  for (size_t fold = 0; fold < folds.size(); ++fold) {
    const Dataset& dataset = folds[fold];
    VITRINE_ASSIGN_OR_RETURN(const TensorFile file, ReadTensorFile(files[fold]));
    VITRINE_ASSIGN_OR_RETURN(const std::unique_ptr<Model> model, LoadModel(file));
    const auto* gan = dynamic_cast<const GanModel*>(model.get());
    if (gan == nullptr || !gan->Generates()) return Json();
    VITRINE_ASSIGN_OR_RETURN(const Fold asked, Fold::Open(dataset, facts[fold]));
    VITRINE_ASSIGN_OR_RETURN(const size_t n, asked.AskReal(real));
    const size_t n_made_up = std::max(n, std::min(kGeneratedPerReal * n, kEnough));
    VITRINE_RETURN_IF_ERROR(asked.AskGenerated(*gan, n_made_up, generated));
    n_real += n;
    n_generated += n_made_up;
  }
  if (real.values.empty()) return Json();
  Json result{{"shoppers_real", n_real},
              {"shoppers_generated", n_generated},
              {"cases", real.values.size()},
              {"real", real.ToJson(bootstrap)},
              {"generated", generated.ToJson(bootstrap)}};
  // The interval of the difference, over the mean of the real.
  const Estimate diff = EstimateDifference(generated.values, real.values, bootstrap);
  const double base = MeanOf(real.values);
  if (base > 0) {
    result["relative"] = 1 + diff.value / base;
    result["relative_low"] = 1 + diff.interval.low / base;
    result["relative_high"] = 1 + diff.interval.high / base;
  }
  return result;
}

}  // namespace vitrine
