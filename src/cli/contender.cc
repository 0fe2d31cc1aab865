#include "cli/contender.h"

#include <algorithm>
#include <utility>

#include "cli/model_path.h"
#include "train/closed_form.h"
#include "train/model_writer.h"

namespace vitrine {

Status CheckItems(const TensorFile& file, const Catalogue& catalogue) {
  VITRINE_ASSIGN_OR_RETURN(const Catalogue own, ReadCatalogue(file));
  if (own.size() != catalogue.size()) {
    return {ErrorCode::kBadFormat, file.name() + ": its catalogue has " +
                                       std::to_string(own.size()) + " products, its model " +
                                       std::to_string(catalogue.size()) + "; train it again"};
  }
  for (size_t i = 0; i < own.size(); ++i) {
    if (own[i].id == catalogue[i].id) continue;
    return {ErrorCode::kInvalidArgument,
            file.name() + ": product " + std::to_string(i) + " is '" + own[i].id + "', but '" +
                catalogue[i].id +
                "' in the data set; evaluate on data prepared with the same products"};
  }
  return {};
}

namespace {

using Json = nlohmann::ordered_json;

Status CheckData(const TensorFile& file, const Model& model, const Dataset& dataset,
                 bool any_data) {
  if (!any_data) {
    VITRINE_ASSIGN_OR_RETURN(const std::string hash, file.Text("data.hash"));
    if (hash != dataset.info().hash) {
      return {ErrorCode::kInvalidArgument,
              file.name() + ": was trained on another data set (" + hash.substr(0, 12) + ") than " +
                  dataset.folder() + " (" + dataset.info().hash.substr(0, 12) +
                  "); train it on this one, or pass --any-data if it has the same products"};
    }
  }
  if (model.n_items() != dataset.info().n_items) {
    return {ErrorCode::kInvalidArgument,
            file.name() + ": ranks " + std::to_string(model.n_items()) +
                " products, but the data set has " + std::to_string(dataset.info().n_items) +
                "; evaluate on data prepared with the same products"};
  }
  return any_data ? CheckItems(file, dataset.catalogue()) : Status();
}

// Metadata as `vitrine train` leaves it; null in a file from elsewhere.
Json MetadataJson(const TensorFile& file, const char* key) {
  const auto text = file.Text(key);
  if (!text.ok()) return nullptr;
  Json value = Json::parse(*text, nullptr, /*allow_exceptions=*/false);
  return value.is_discarded() ? Json(*text) : value;
}

}  // namespace

std::string PrecisionOf(const TensorFile& file) {
  const auto names = file.Text("vitrine.tables");
  const std::string name = names.ok() ? names->substr(0, names->find(' ')) : "";
  if (file.Has(name + ".codes")) return "pq";
  const TensorInfo* table = file.Find(file.Has(name) ? name : name + ".values");
  switch (table == nullptr ? DType::kF32 : table->dtype) {
    case DType::kI8:
      return "int8";
    case DType::kU8:
      return "int4";
    case DType::kF16:
      return "f16";
    default:
      return "f32";
  }
}

Result<Contender> LoadContender(const std::string& path, const Dataset& dataset, bool any_data) {
  VITRINE_ASSIGN_OR_RETURN(TensorFile opened, OpenModel(path));
  Contender contender{.file = std::make_unique<const TensorFile>(std::move(opened))};
  VITRINE_ASSIGN_OR_RETURN(contender.model, LoadModel(*contender.file));
  VITRINE_RETURN_IF_ERROR(CheckData(*contender.file, *contender.model, dataset, any_data));
  contender.label = contender.model->name();
  contender.settings = MetadataJson(*contender.file, "train.settings");
  return contender;
}

Result<std::vector<Contender>> FitBestSellers(const Dataset& dataset) {
  const std::string name = "popularity";
  const TrainingPart part{.dataset = &dataset};
  const ModelFrame frame(name, part, Task::kDiscovery);
  std::vector<Contender> fitted;
  for (const auto& [settings, fit] :
       ClosedFormCandidates(name, Task::kDiscovery, dataset.info().n_items, {})) {
    VITRINE_ASSIGN_OR_RETURN(const AddModel add, fit(part));
    TensorFileWriter writer;
    frame.AddCore(writer);
    add(writer);
    VITRINE_ASSIGN_OR_RETURN(TensorFile file, writer.ToMemory(name));
    Contender contender{name, settings, std::make_unique<const TensorFile>(std::move(file)), {}};
    VITRINE_ASSIGN_OR_RETURN(contender.model, LoadModel(*contender.file));
    fitted.push_back(std::move(contender));
  }
  return fitted;
}

Json ToJson(const Contender& contender) {
  return {{"label", contender.label},
          {"model", contender.model->name()},
          {"file", contender.file->name()},
          {"bytes", contender.file->payload().size()},
          {"precision", PrecisionOf(*contender.file)},
          {"sha256", MetadataJson(*contender.file, "vitrine.sha256")},
          {"task", MetadataJson(*contender.file, "train.task")},
          {"seed", MetadataJson(*contender.file, "train.seed")},
          {"settings", contender.settings}};
}

}  // namespace vitrine
