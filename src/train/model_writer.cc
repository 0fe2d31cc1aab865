#include "train/model_writer.h"

#include <nlohmann/json.hpp>

#include "data/feature_fit.h"

namespace vitrine {

void AddProfile(const ProfileOptions& options, TensorFileWriter& writer) {
  std::string weights;
  for (const float weight : options.type_weight) {
    if (!weights.empty()) weights += ' ';
    weights += nlohmann::json(weight).dump();
  }
  writer.SetMetadata("profile.binary", int64_t{options.binary});
  writer.SetMetadata("profile.half_life_days", static_cast<double>(options.half_life_days));
  writer.SetMetadata("profile.type_weight", weights);
  if (options.last > 0) writer.SetMetadata("profile.last", static_cast<int64_t>(options.last));
}

void AddDenseTable(const Matrix& weights, TensorFileWriter& writer) {
  writer.Add("linear.table", weights);
  writer.SetMetadata("vitrine.tables", "linear.table");
}

void AddSparseTable(const Csr& weights, TensorFileWriter& writer) {
  writer.Add("linear.table.offsets", weights.offsets);
  writer.Add("linear.table.items", weights.indices);
  writer.Add("linear.table.values", weights.values);
  writer.SetMetadata("vitrine.tables", "linear.table");
}

ModelFrame::ModelFrame(std::string model, const TrainingPart& part, Task task)
    : model_(std::move(model)),
      catalogue_(&part.dataset->catalogue()),
      data_hash_(part.dataset->info().hash),
      features_(part.dataset->features()),
      task_(task),
      popularity_(Popularity(part)) {}

ModelFrame::ModelFrame(std::string model, const Catalogue& catalogue, Task task)
    : model_(std::move(model)), catalogue_(&catalogue), task_(task), popularity_(catalogue.size()) {
  features_.item_repeat_days.resize(catalogue.size());
}

void ModelFrame::AddCore(TensorFileWriter& writer) const {
  writer.SetMetadata("vitrine.model", model_);
  writer.SetMetadata("vitrine.items", static_cast<int64_t>(popularity_.size()));
  writer.Add("popularity", popularity_);
}

void ModelFrame::AddTo(TensorFileWriter& writer) const {
  AddCore(writer);
  writer.SetMetadata("data.hash", data_hash_);
  writer.SetMetadata("train.task", std::string(kTaskNames[static_cast<size_t>(task_)]));
  // Who foresees the next basket lists what is bought again; who discovers does not.
  writer.SetMetadata("serve.repeats", int64_t{task_ == Task::kNextBasket});
  AddFeatures(features_, writer);
  writer.AddText("catalogue", catalogue_->ToJson());
}

}  // namespace vitrine
