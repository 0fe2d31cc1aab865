#include "cli/target_size.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <memory>

#include "core/parse_real.h"
#include "evaluate/evaluate.h"
#include "evaluate/protocol.h"
#include "format/quantize.h"
#include "format/safetensors.h"
#include "models/model.h"
#include "models/sample_queries.h"

namespace vitrine {
namespace {

// The cases and the model's own answers to them.
Result<Cases> CasesOf(const TensorFile& file, const Dataset& dataset) {
  VITRINE_ASSIGN_OR_RETURN(const std::string task_name, file.Text("train.task"));
  const Task task = task_name == kTaskNames[0] ? Task::kNextBasket : Task::kDiscovery;
  Cases cases = TestCases(dataset, task, {});
  if (cases.size() > 0) return cases;
  VITRINE_ASSIGN_OR_RETURN(TrainingPlan plan, PlanTraining(dataset, {.task = task}));
  return std::move(plan.validation);
}

Result<Evaluation> Ask(const TensorFile& file, const Cases& cases) {
  VITRINE_ASSIGN_OR_RETURN(const std::unique_ptr<Model> model, LoadModel(file));
  return Evaluate(*model, cases, {.n_items = model->n_items()});
}

// Mean over the cases.
double Overlap(const Evaluation& a, const Evaluation& b, size_t n_cases) {
  double shared = 0, listed = 0;
  std::vector<uint32_t> x, y, both;
  const auto sorted = [&](const Evaluation& evaluation, size_t i, std::vector<uint32_t>& items) {
    const size_t n_shown = evaluation.shown.size() / n_cases;
    const auto first = evaluation.shown.begin() + static_cast<ptrdiff_t>(i * n_shown);
    items.assign(first, first + static_cast<ptrdiff_t>(n_shown));
    std::erase(items, kNothingShown);
    std::ranges::sort(items);
  };
  for (size_t i = 0; i < n_cases; ++i) {
    sorted(a, i, x);
    sorted(b, i, y);
    both.clear();
    std::ranges::set_intersection(x, y, std::back_inserter(both));
    shared += static_cast<double>(both.size());
    listed += static_cast<double>(x.size());
  }
  return listed > 0 ? shared / listed : 1;
}

}  // namespace

Result<uint64_t> ParseSize(const std::string& text) {
  constexpr std::pair<const char*, double> kUnits[] = {{"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}};
  std::string number = text;
  double unit = 1;
  for (const auto& [name, bytes] : kUnits) {
    if (!number.ends_with(name)) continue;
    number.resize(number.size() - 2);
    unit = bytes;
    break;
  }
  while (number.ends_with(' ')) number.pop_back();
  const double size = ParseReal(number) * unit;
  if (std::isfinite(size) && size >= 1 && size < 1e18) return static_cast<uint64_t>(size);
  return Error{ErrorCode::kInvalidArgument,
               "--target-size '" + text + "' is no size; write it as 2MB, 500KB or in bytes"};
}

Status CheckPrecision(const TensorFile& file, const Precision& precision) {
  // Of fewer the codebook would be most of the file, and too little known of each of its entries.
  constexpr int64_t kLeastCoded = 10000;
  if (!precision.coded) return {};
  VITRINE_ASSIGN_OR_RETURN(const int64_t n_items, file.Integer("vitrine.items"));
  VITRINE_ASSIGN_OR_RETURN(const std::string kind, file.Text("vitrine.model"));
  const bool has_vectors = kind == "vae" || kind == "gan" || kind == "sequence";
  if (has_vectors && n_items >= kLeastCoded) return {};
  return {ErrorCode::kInvalidArgument,
          file.name() + ": pq is for a vae, a gan or a sequence model of " +
              std::to_string(kLeastCoded) + " products or more; this is a " + kind + " of " +
              std::to_string(n_items) + ", choose int8 or int4"};
}

Status WriteIn(const TensorFile& file, const Precision& precision, const std::string& path) {
  if (!precision.coded && precision.dtype != DType::kU8)
    return WriteAs(file, precision.dtype, path);
  VITRINE_ASSIGN_OR_RETURN(const std::unique_ptr<Model> model, LoadModel(file));
  VITRINE_ASSIGN_OR_RETURN(const auto popularity,
                           file.Vector<float>("popularity", model->n_items()));
  const auto* factors = dynamic_cast<const FactorModel*>(model.get());
  const Matrix queries = factors == nullptr ? Matrix() : SampleQueries(*factors, popularity);
  return precision.coded ? WriteCoded(file, queries, path)
                         : WriteAs(file, precision.dtype, path, queries);
}

Result<std::vector<FormQuality>> MeasureForms(const TensorFile& file, const Dataset& dataset,
                                              const std::string& scratch) {
  VITRINE_ASSIGN_OR_RETURN(const Cases cases, CasesOf(file, dataset));
  VITRINE_ASSIGN_OR_RETURN(const Evaluation own, Ask(file, cases));
  const Metric metric = RulesOf(dataset.info().split).select.metric;
  const double best = MetricOf(own.values, metric);
  std::vector<FormQuality> forms;
  for (const Precision& precision : kPrecisions) {
    if (!CheckPrecision(file, precision).ok()) continue;
    VITRINE_RETURN_IF_ERROR(WriteIn(file, precision, scratch));
    VITRINE_ASSIGN_OR_RETURN(const TensorFile written, ReadTensorFile(scratch));
    VITRINE_ASSIGN_OR_RETURN(const Evaluation evaluation, Ask(written, cases));
    const double value = MetricOf(evaluation.values, metric);
    forms.push_back({.precision = precision,
                     .bytes = std::filesystem::file_size(scratch),
                     .overlap = Overlap(own, evaluation, cases.size()),
                     .value = value,
                     .loss = best > 0 ? 1 - value / best : 0});
  }
  return forms;
}

Result<FormQuality> ChooseForm(const std::vector<FormQuality>& forms, uint64_t most_bytes) {
  const auto fits = [&](const FormQuality& form) { return form.bytes <= most_bytes; };
  std::vector<FormQuality> fitting;
  std::ranges::copy_if(forms, std::back_inserter(fitting), fits);
  if (fitting.empty()) {
    const auto& least = *std::ranges::min_element(forms, {}, &FormQuality::bytes);
    return Error{ErrorCode::kInvalidArgument,
                 "--target-size: the smallest form, " + std::string(least.precision.name) +
                     ", has " + std::to_string(least.bytes) +
                     " bytes; train a narrower model (--variant compact --hidden 64), or allow "
                     "more"};
  }
  // Forms that list the same products are equal, if they lose a thousandth more at most: what a few
  // shoppers' lists gain or lose is mostly chance.
  const double most = std::ranges::max(fitting, {}, &FormQuality::overlap).overlap;
  std::erase_if(fitting, [&](const FormQuality& form) { return form.overlap < most - 0.02; });
  const auto lost = [](const FormQuality& form) { return std::max(form.loss, 0.0); };
  const double least = lost(std::ranges::min(fitting, {}, lost));
  std::erase_if(fitting, [&](const FormQuality& form) { return lost(form) > least + 1e-3; });
  return std::ranges::min(fitting, {}, &FormQuality::bytes);
}

}  // namespace vitrine
