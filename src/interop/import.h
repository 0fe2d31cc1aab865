// `vitrine import` as a library call: weights trained elsewhere become a model file of ours.
#ifndef VITRINE_INTEROP_IMPORT_H_
#define VITRINE_INTEROP_IMPORT_H_

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/result.h"
#include "evaluate/cases.h"
#include "interop/import_models.h"

namespace vitrine {

struct ImportOptions {
  std::string from;   // safetensors, NPZ or NPY
  std::string model;  // a name of ImportKinds()
  std::string items;  // file of product ids, one a line, in the order of the weights
  std::string data;   // data set folder; its products in its order, where `items` is empty
  std::vector<std::string> map;     // "THEIRS=OURS"
  std::vector<std::string> ignore;  // how names of tensors to leave out begin
  bool transposed = false;
  size_t heads = 0;
  std::optional<Padding> padding;
  Task task = Task::kDiscovery;  // whether products of the history may be listed
  bool replace = false;          // a model that stands there
};

// Writes the folder `out`, a model.safetensors in it, in one step. Returns what it holds: model,
// products, tensors that were left out, metadata of the model.
Result<nlohmann::ordered_json> ImportModel(const ImportOptions& options, const std::string& out);

}  // namespace vitrine

#endif  // VITRINE_INTEROP_IMPORT_H_
