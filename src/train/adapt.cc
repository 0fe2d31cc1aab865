#include "train/adapt.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "core/csr.h"
#include "core/parallel.h"
#include "evaluate/bootstrap.h"
#include "evaluate/evaluate.h"
#include "evaluate/protocol.h"
#include "format/safetensors.h"
#include "train/neighbour_table.h"

namespace vitrine {
namespace {

using Json = nlohmann::ordered_json;

constexpr float kPurchaseWeights[] = {1, 2};
constexpr size_t kReplayed = 500;  // validation cases that choose the sharpness

// 0.1 rather than the float nearest to it.
double AsWritten(float value) { return std::round(double{value} * 1e6) / 1e6; }

void AddAdapter(const Csr& table, const AdaptSettings& settings, TensorFileWriter& writer) {
  writer.Add("adapt.table.offsets", table.offsets);
  writer.Add("adapt.table.items", table.indices);
  writer.Add("adapt.table.values", table.values);
  writer.SetMetadata("adapt.gain", AsWritten(settings.gain));
  writer.SetMetadata("adapt.decay", AsWritten(settings.decay));
  writer.SetMetadata("adapt.sharpness", AsWritten(settings.sharpness));
  writer.SetMetadata("adapt.purchase_weight", AsWritten(settings.purchase_weight));
}

// As the device ranks: adapted anew at every history.
class AdaptedModel : public Model {
 public:
  AdaptedModel(std::unique_ptr<Model> model, std::unique_ptr<Adapter> adapter, bool masked)
      : model_(std::move(model)), adapter_(std::move(adapter)), masked_(masked) {}

  std::string_view name() const override { return model_->name(); }
  size_t n_items() const override { return model_->n_items(); }
  void Score(const History& history, std::span<float> scores) const override {
    AdaptRun run(*adapter_, *model_, history.events, masked_);
    while (run.Step()) {
    }
    model_->Score(history, scores);
    for (const auto& [item, value] : adapter_->Biases(run.Finish())) scores[item] += value;
  }

 private:
  std::unique_ptr<Model> model_;
  std::unique_ptr<Adapter> adapter_;
  bool masked_;
};

// What each case says of each of `adapters` at each of `gains`: gain by gain within adapter by
// adapter. Every case is scored by the model once.
std::vector<std::vector<CaseValues>> AskWithGains(const Model& model,
                                                  std::span<const Adapter> adapters,
                                                  std::span<const float> gains,
                                                  const Cases& cases) {
  const ItemFacts facts{.n_items = model.n_items()};
  std::vector<std::vector<CaseValues>> values(adapters.size() * gains.size());
  for (auto& column : values) column.resize(cases.size());
  ParallelForDynamic(cases.size(), 4, [&](size_t first, size_t last) {
    std::vector<float> scores(model.n_items()), biased;
    std::vector<uint32_t> list;
    for (size_t i = first; i < last; ++i) {
      model.Score(cases.HistoryOf(i), scores);
      for (size_t a = 0; a < adapters.size(); ++a) {
        Adaptation adaptation = adapters[a].Of(cases.HistoryOf(i).events);
        adaptation.gain = 1;
        const std::vector<ItemBias> biases = adapters[a].Biases(adaptation);
        for (size_t g = 0; g < gains.size(); ++g) {
          biased = scores;
          for (const auto& [item, value] : biases) biased[item] += gains[g] * value;
          values[a * gains.size() + g][i] = RankCase(cases, i, biased, facts, list);
        }
      }
    }
  });
  return values;
}

// Whether `more` is ahead of `less` by more than chance among the shoppers: of resamples of them,
// fewer than one in forty say otherwise.
bool IsSurelyAhead(std::span<const CaseValues> more, std::span<const CaseValues> less,
                   const Cases& cases, Metric metric) {
  std::map<uint32_t, float> ahead;  // by shopper
  for (size_t i = 0; i < cases.size(); ++i) {
    ahead[cases.shopper[i]] +=
        MetricOf(more.subspan(i, 1), metric) - MetricOf(less.subspan(i, 1), metric);
  }
  std::vector<float> sums;
  for (const auto& [shopper, sum] : ahead) sums.push_back(sum);
  return PercentileInterval(ResampleSums(sums, 1, {})).low > 0;
}

Result<double> Measure(const Model& model, const Cases& cases, Metric metric) {
  VITRINE_ASSIGN_OR_RETURN(const Evaluation evaluation,
                           Evaluate(model, cases, {.n_items = model.n_items()}));
  return MetricOf(evaluation.values, metric);
}

// At which sharpness the shoppers' own pasts are likeliest; 0 where there are none to learn from.
float ChooseSharpness(const Model& model, const SparseTable& table, AdaptSettings settings,
                      std::span<const float> sharpnesses, const Cases& cases, bool masked) {
  const size_t stride = std::max<size_t>(1, cases.size() / kReplayed);
  float best = 0;
  double best_value = -std::numeric_limits<double>::infinity();
  for (const float sharpness : sharpnesses) {
    if (sharpness == 0) continue;
    settings.sharpness = sharpness;
    const Adapter adapter(table, settings, model.n_items());
    std::vector<double> sums(cases.size() / stride + 1);
    std::vector<size_t> steps(sums.size());
    ParallelForDynamic(sums.size(), 1, [&](size_t first, size_t) {
      if (first * stride >= cases.size()) return;
      AdaptRun run(adapter, model, cases.HistoryOf(first * stride).events, masked);
      while (run.Step()) {
      }
      sums[first] = run.LogLikelihood(settings.gain);
      steps[first] = run.n_steps();
    });
    double sum = 0;
    size_t n_steps = 0;
    for (size_t i = 0; i < sums.size(); ++i) {
      sum += sums[i];
      n_steps += steps[i];
    }
    if (n_steps > 0 && sum > best_value) {
      best = sharpness;
      best_value = sum;
    }
  }
  return best;
}

// `file` with the adapter, under metadata that `export` knows its table by.
void AddWithAdapter(const TensorFile& file, const Csr& table, const AdaptSettings& settings,
                    TensorFileWriter& writer) {
  for (const auto& [key, value] : file.metadata()) writer.SetMetadata(key, value);
  writer.AddAll(file, "", "");
  AddAdapter(table, settings, writer);
  // First: the last one is the table that makes the scores.
  const auto tables = file.metadata().find("vitrine.tables");
  writer.SetMetadata("vitrine.tables", tables == file.metadata().end()
                                           ? "adapt.table"
                                           : "adapt.table " + tables->second);
}

}  // namespace

Result<std::unique_ptr<Model>> LoadAdapted(const TensorFile& file) {
  VITRINE_ASSIGN_OR_RETURN(std::unique_ptr<Model> model, LoadModel(file));
  if (!file.Has("adapt.table.offsets")) return model;
  VITRINE_ASSIGN_OR_RETURN(auto adapter, Adapter::Read(file, model->n_items()));
  VITRINE_ASSIGN_OR_RETURN(const int64_t repeats, file.Integer("serve.repeats"));
  return std::unique_ptr<Model>(
      std::make_unique<AdaptedModel>(std::move(model), std::move(adapter), repeats == 0));
}

Result<Json> AddAdaptation(const TrainingPlan& plan, const TrainingPart& final_part,
                           const AdaptGrid& grid, const std::string& fit_path,
                           const std::string& path) {
  VITRINE_ASSIGN_OR_RETURN(const TensorFile fit, ReadTensorFile(fit_path));
  VITRINE_ASSIGN_OR_RETURN(const std::unique_ptr<Model> model, LoadModel(fit));
  const NamedMetric select = RulesOf(plan.fit.dataset->info().split).select;
  VITRINE_ASSIGN_OR_RETURN(const Evaluation alone,
                           Evaluate(*model, plan.validation, {.n_items = model->n_items()}));
  const double without = MetricOf(alone.values, select.metric);

  AdaptSettings chosen{.gain = 1, .decay = 1, .sharpness = 0, .purchase_weight = 1};
  chosen.rating_mean = plan.fit.dataset->features().rating_mean;
  const Csr counted = NeighbourTable(plan.fit);
  TensorFileWriter counting;
  AddAdapter(counted, chosen, counting);
  VITRINE_ASSIGN_OR_RETURN(const TensorFile counted_file, counting.ToMemory("the neighbours"));
  VITRINE_ASSIGN_OR_RETURN(const SparseTable table,
                           SparseTable::Read(counted_file, "adapt.table", model->n_items()));
  std::vector<Adapter> adapters;
  for (const float decay : grid.decays) {
    for (const float purchase_weight : kPurchaseWeights) {
      AdaptSettings settings = chosen;
      settings.decay = decay;
      settings.purchase_weight = purchase_weight;
      adapters.emplace_back(table, settings, model->n_items());
    }
  }
  const auto values = AskWithGains(*model, adapters, grid.gains, plan.validation);
  std::vector<double> measured;
  for (const auto& column : values) measured.push_back(MetricOf(column, select.metric));
  const auto best = static_cast<size_t>(std::ranges::max_element(measured) - measured.begin());
  Json result{{"gain", 0}};
  // The best of so many is ahead by chance alone, now and then. A gain that is given is taken.
  if (grid.gains.size() > 1 &&
      !IsSurelyAhead(values[best], alone.values, plan.validation, select.metric)) {
    result["validation"] = {{select.name, without}, {"without", without}};
    return result;
  }
  chosen = adapters[best / grid.gains.size()].settings();
  chosen.gain = grid.gains[best % grid.gains.size()];
  double value = measured[best];

  // Whether a shopper's own gain does better than the same for all.
  const bool masked = plan.validation.task == Task::kDiscovery;
  AdaptSettings own = chosen;
  own.sharpness = ChooseSharpness(*model, table, chosen, grid.sharpnesses, plan.validation, masked);
  if (own.sharpness > 0) {
    VITRINE_ASSIGN_OR_RETURN(auto again, LoadModel(fit));
    const AdaptedModel adapted(std::move(again),
                               std::make_unique<Adapter>(table, own, model->n_items()), masked);
    VITRINE_ASSIGN_OR_RETURN(const double climbed,
                             Measure(adapted, plan.validation, select.metric));
    if (climbed >= value || std::ranges::count(grid.sharpnesses, 0.0f) == 0) {
      chosen = own;
      value = climbed;
    }
  }
  result = {{"gain", AsWritten(chosen.gain)},
            {"decay", AsWritten(chosen.decay)},
            {"purchase_weight", AsWritten(chosen.purchase_weight)},
            {"sharpness", AsWritten(chosen.sharpness)},
            {"validation", {{select.name, value}, {"without", without}}}};

  VITRINE_ASSIGN_OR_RETURN(const TensorFile file, ReadTensorFile(path));
  const Csr last = NeighbourTable(final_part);
  TensorFileWriter writer;
  AddWithAdapter(file, last, chosen, writer);
  VITRINE_RETURN_IF_ERROR(writer.Write(path));
  return result;
}

}  // namespace vitrine
