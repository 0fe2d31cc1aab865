// Finds and opens the model file that a flag names.
#ifndef VITRINE_CLI_MODEL_PATH_H_
#define VITRINE_CLI_MODEL_PATH_H_

#include <filesystem>
#include <string>

#include "data/catalogue.h"
#include "format/safetensors.h"

namespace vitrine {

// A folder from `vitrine train` stands for the model.safetensors in it.
inline std::string ModelPath(const std::string& path) {
  return std::filesystem::is_directory(path) ? path + "/model.safetensors" : path;
}

// Opens the model file that `path` names, its hash and its numbers checked.
inline Result<TensorFile> OpenModel(const std::string& path) {
  VITRINE_ASSIGN_OR_RETURN(TensorFile file, ReadTensorFile(ModelPath(path)));
  VITRINE_RETURN_IF_ERROR(file.CheckHash());
  VITRINE_RETURN_IF_ERROR(file.CheckNumbers());
  return file;
}

// The catalogue inside a model file.
inline Result<Catalogue> ReadCatalogue(const TensorFile& file) {
  VITRINE_ASSIGN_OR_RETURN(const auto json, file.Values<uint8_t>("catalogue"));
  return Catalogue::FromJson(file.name(),
                             {reinterpret_cast<const char*>(json.data()), json.size()});
}

}  // namespace vitrine

#endif  // VITRINE_CLI_MODEL_PATH_H_
