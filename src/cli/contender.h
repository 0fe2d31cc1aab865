// The models that `evaluate` and `compare` ask, from their files or fitted on the spot.
#ifndef VITRINE_CLI_CONTENDER_H_
#define VITRINE_CLI_CONTENDER_H_

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/result.h"
#include "data/dataset.h"
#include "format/tensor_file.h"
#include "models/model.h"

namespace vitrine {

struct Contender {
  std::string label;
  nlohmann::ordered_json settings;  // null where the file does not say
  std::unique_ptr<const TensorFile> file;
  std::unique_ptr<const Model> model;
};

// invalid-argument unless the ids of the model's catalogue are the data set's, in the same order.
Status CheckItems(const TensorFile& file, const Catalogue& catalogue);

// How a model file keeps its item tables: "f32", "f16", "int8", "int4" or "pq".
std::string PrecisionOf(const TensorFile& file);

// Opens the model that `path` names. invalid-argument where it does not fit the data set.
Result<Contender> LoadContender(const std::string& path, const Dataset& dataset, bool any_data);

// What a shop can do without a model: best-sellers of all time and of the last days, fitted on all
// of the training part, each labelled "popularity".
Result<std::vector<Contender>> FitBestSellers(const Dataset& dataset);

// {"label", "model", "file", "bytes", "precision", "sha256", "task", "seed", "settings"}
nlohmann::ordered_json ToJson(const Contender& contender);

}  // namespace vitrine

#endif  // VITRINE_CLI_CONTENDER_H_
