#include "train/train_blend.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "evaluate/evaluate.h"
#include "evaluate/protocol.h"
#include "format/safetensors.h"
#include "train/blend.h"
#include "train/calibrate.h"
#include "train/judge.h"

namespace vitrine {
namespace {

using Json = nlohmann::ordered_json;

// The files of one kind of all parts, and the models in them.
struct Parts {
  std::vector<TensorFile> files;
  std::vector<std::unique_ptr<Model>> models;

  Status Add(const std::string& path) {
    VITRINE_ASSIGN_OR_RETURN(TensorFile file, ReadTensorFile(path));
    files.push_back(std::move(file));
    return {};
  }
  Status Load() {
    for (const TensorFile& file : files) {
      VITRINE_ASSIGN_OR_RETURN(models.emplace_back(), LoadModel(file));
    }
    return {};
  }
  std::vector<const Model*> Views() const {
    std::vector<const Model*> views;
    for (const auto& model : models) views.push_back(model.get());
    return views;
  }
};

// Fills `fits`, by which parts are weighed, and `finals`, which are served; gives their settings.
Result<Json> TrainParts(const Dataset& dataset, const TrainOptions& options, const std::string& out,
                        Parts& fits, Parts& finals) {
  Json settings = Json::array();
  for (size_t i = 0; i < options.parts.size(); ++i) {
    const std::string& name = options.parts[i];
    const auto n_before =
        std::count(options.parts.begin(), options.parts.begin() + static_cast<ptrdiff_t>(i), name);
    TrainOptions part = options;
    part.model = name;
    part.twin = static_cast<size_t>(n_before);
    part.keep_fit = true;
    part.adapt = false;
    const std::string folder =
        out + "/" + name + (n_before > 0 ? "-" + std::to_string(n_before + 1) : "");
    VITRINE_ASSIGN_OR_RETURN(const Json trained, TrainModel(dataset, part, folder));
    settings.push_back({{"model", name},
                        {"settings", trained["settings"]},
                        {"validation", trained["validation"]}});
    VITRINE_RETURN_IF_ERROR(fits.Add(folder + "/fit.safetensors"));
    VITRINE_RETURN_IF_ERROR(finals.Add(folder + "/model.safetensors"));
  }
  return settings;
}

// Adds the parts that have a weight; what fails is in `status`.
AddModel AddBlend(const std::vector<TensorFile>& files, const std::vector<float>& weights,
                  Status& status) {
  return [&](TensorFileWriter& writer) {
    AddProfile(ProfileOptions{}, writer);
    std::string tables;
    size_t n_parts = 0;
    for (size_t i = 0; i < files.size(); ++i) {
      if (weights[i] == 0) continue;  // the page need not score what adds nothing
      const Status added = AddPart(files[i], n_parts, weights[i], writer);
      if (!added.ok()) status = added;
      tables += (tables.empty() ? "" : " ") + PartTables(files[i], n_parts);
      ++n_parts;
    }
    writer.SetMetadata("blend.parts", static_cast<int64_t>(n_parts));
    if (!tables.empty()) writer.SetMetadata("vitrine.tables", tables);
  };
}

}  // namespace

Result<Json> TrainBlend(const Dataset& dataset, const TrainingPlan& plan,
                        const TrainOptions& options, const std::string& out) {
  Parts fits, finals;
  VITRINE_ASSIGN_OR_RETURN(Json parts, TrainParts(dataset, options, out, fits, finals));
  VITRINE_RETURN_IF_ERROR(fits.Load());
  const NamedMetric metric = RulesOf(dataset.info().split).select;
  VITRINE_ASSIGN_OR_RETURN(const BlendWeights chosen,
                           ChooseWeights(fits.Views(), plan.validation, metric.metric));
  for (size_t i = 0; i < parts.size(); ++i) parts[i]["weight"] = chosen.weights[i];
  const Json settings{{"parts", std::move(parts)}};

  const Judge judge(plan, options);
  const auto blended = Blended(fits.Views(), chosen.weights);
  std::vector<Listed> lists;
  VITRINE_RETURN_IF_ERROR(
      Evaluate(*blended, plan.validation, {.n_items = blended->n_items()}, kTileCases, &lists));
  const FittedCalibration fitted = judge.Calibrate(*blended, lists);
  fits.models.clear();
  VITRINE_RETURN_IF_ERROR(finals.Load());
  const Calibration calibration = judge.ForRefit(fitted, *Blended(finals.Views(), chosen.weights));

  Status status;
  VITRINE_RETURN_IF_ERROR(WriteModel(options, plan.all,
                                     AddBlend(finals.files, chosen.weights, status), settings,
                                     calibration, out + "/model.safetensors"));
  if (options.keep_fit) {
    VITRINE_RETURN_IF_ERROR(WriteModel(options, plan.fit,
                                       AddBlend(fits.files, chosen.weights, status), settings,
                                       fitted.calibration, out + "/fit.safetensors"));
  }
  VITRINE_RETURN_IF_ERROR(status);
  return Json{{"settings", settings},
              {"validation", {{metric.name, chosen.value}, {"cases", plan.validation.size()}}},
              {"calibration", ToJson(calibration)}};
}

}  // namespace vitrine
