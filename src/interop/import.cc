#include "interop/import.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "data/catalogue.h"
#include "data/dataset.h"
#include "format/files.h"
#include "format/staged_folder.h"
#include "models/model.h"
#include "train/model_writer.h"

namespace vitrine {
namespace {

constexpr const char* kModelFile = "model.safetensors";

// What RecBole calls the row that stands for padding.
constexpr std::string_view kPaddingId = "[PAD]";

Result<std::vector<Product>> ReadIds(const std::string& path) {
  VITRINE_ASSIGN_OR_RETURN(const std::string text, ReadTextFile(path));
  std::vector<Product> products;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    std::string id = text.substr(begin, end - begin);
    begin = end + 1;
    if (id.ends_with('\r')) id.pop_back();
    if (id.empty()) {
      return Error{ErrorCode::kBadFormat, path + ": line " + std::to_string(products.size() + 1) +
                                              " is empty; write a product id on each line"};
    }
    products.push_back({.id = std::move(id)});
  }
  if (!products.empty() && products.front().id == kPaddingId) products.erase(products.begin());
  if (products.empty()) {
    return Error{ErrorCode::kBadFormat, path + ": is empty; write a product id on each line"};
  }
  return products;
}

// The products of the model, and which of the weights' products each is.
struct Items {
  Catalogue catalogue;
  std::vector<uint32_t> places;
  size_t n_named = 0;
};

Result<Items> FindItems(const std::string& path, const Dataset* dataset) {
  Items items;
  if (path.empty()) {
    items.places.resize(dataset->info().n_items);
    std::iota(items.places.begin(), items.places.end(), 0u);
    items.n_named = items.places.size();
    return items;
  }
  VITRINE_ASSIGN_OR_RETURN(std::vector<Product> named, ReadIds(path));
  items.n_named = named.size();
  auto catalogue = Catalogue::Create(std::move(named));
  if (!catalogue.ok()) {
    return Error{catalogue.error().code, path + ": " + catalogue.error().message};
  }
  items.catalogue = std::move(*catalogue);
  const Catalogue& ours = dataset != nullptr ? dataset->catalogue() : items.catalogue;
  for (size_t i = 0; i < ours.size(); ++i) {
    items.places.push_back(items.catalogue.Find(ours[i].id));
    if (items.places.back() != StringIds::kNone) continue;
    return Error{ErrorCode::kInvalidArgument,
                 path + ": lacks '" + ours[i].id + "', a product of " + dataset->folder() +
                     "; train on all of its products, or import without --data"};
  }
  return items;
}

Result<std::vector<std::pair<std::string, std::string>>> ParseMap(
    const std::vector<std::string>& map) {
  std::vector<std::pair<std::string, std::string>> renamings;
  for (const std::string& pair : map) {
    const size_t at = pair.find('=');
    if (at == 0 || at == std::string::npos) {
      return Error{ErrorCode::kInvalidArgument,
                   "--map '" + pair + "' is not THEIRS=OURS, such as dense_1=q_layers.1"};
    }
    renamings.emplace_back(Dotted(pair.substr(0, at)), pair.substr(at + 1));
  }
  return renamings;
}

// What the model did not ask for must be known to be needless.
Status CheckUnused(const std::string& path, const ImportKind& kind,
                   const std::vector<std::string>& unused) {
  for (const std::string& name : unused) {
    if (std::ranges::any_of(kind.passed_over, [&](std::string_view part) {
          return name.find(part) != std::string::npos;
        })) {
      continue;
    }
    return {ErrorCode::kInvalidArgument,
            path + ": tensor '" + name + "' has no place in a " + std::string(kind.name) +
                "; say what it is with --map, or leave it out with --ignore " + name};
  }
  return {};
}

}  // namespace

Result<nlohmann::ordered_json> ImportModel(const ImportOptions& options, const std::string& out) {
  VITRINE_ASSIGN_OR_RETURN(StagedFolder folder,
                           StagedFolder::Create(out, options.replace, kModelFile));
  const ImportKind& kind = *std::ranges::find(ImportKinds(), options.model, &ImportKind::name);
  VITRINE_ASSIGN_OR_RETURN(const WeightFile weights, WeightFile::Open(options.from));
  std::optional<Dataset> dataset;
  if (!options.data.empty()) {
    VITRINE_ASSIGN_OR_RETURN(dataset, Dataset::Open(options.data));
  }
  VITRINE_ASSIGN_OR_RETURN(const Items items,
                           FindItems(options.items, dataset ? &*dataset : nullptr));

  ReadingRules rules{
      .layout = kind.layout, .ignore = options.ignore, .transposed = options.transposed};
  VITRINE_ASSIGN_OR_RETURN(rules.map, ParseMap(options.map));
  WeightReader reader(weights, rules);
  VITRINE_RETURN_IF_ERROR(reader.status());
  VITRINE_ASSIGN_OR_RETURN(const AddModel add_model, kind.read({.places = items.places,
                                                                .n_named = items.n_named,
                                                                .heads = options.heads,
                                                                .padding = options.padding},
                                                               reader));
  const std::vector<std::string> unused = reader.Unused();
  VITRINE_RETURN_IF_ERROR(CheckUnused(options.from, kind, unused));

  const std::string model(kind.model);
  const ModelFrame frame = dataset ? ModelFrame(model, {.dataset = &*dataset}, options.task)
                                   : ModelFrame(model, items.catalogue, options.task);
  TensorFileWriter writer;
  frame.AddTo(writer);
  add_model(writer);
  const std::string path = folder.path() + "/" + kModelFile;
  VITRINE_RETURN_IF_ERROR(writer.Write(path));
  // What was written is read back before anybody relies on it.
  VITRINE_ASSIGN_OR_RETURN(const TensorFile written, ReadTensorFile(path));
  VITRINE_RETURN_IF_ERROR(LoadModel(written));
  VITRINE_RETURN_IF_ERROR(folder.Commit());

  nlohmann::ordered_json result = {{"file", out + "/" + kModelFile},
                                   {"model", kind.model},
                                   {"items", reader.n_items()},
                                   {"padding_rows", reader.n_padding_rows()},
                                   {"left_out", unused}};
  for (const auto& [key, value] : written.metadata()) {
    if (key.starts_with(model + ".")) result["settings"][key.substr(model.size() + 1)] = value;
  }
  return result;
}

}  // namespace vitrine
