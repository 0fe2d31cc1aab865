// Weights that another program wrote, as they lie in its file: safetensors, NPZ or NPY.
#ifndef VITRINE_INTEROP_WEIGHT_FILE_H_
#define VITRINE_INTEROP_WEIGHT_FILE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/result.h"

namespace vitrine {

struct ForeignTensor {
  std::string name;  // as the file has it
  std::string type;  // of its elements, as the file spells it: "F32", "<f4"
  std::vector<uint64_t> shape;
  bool fortran_order = false;
  std::span<const std::byte> bytes;  // of no alignment
};

// "400 x 600", "600", "scalar".
std::string ShapeText(std::span<const uint64_t> shape);

class WeightFile {
 public:
  // Tells the format by the first bytes. Looks at no tensor's values.
  static Result<WeightFile> Open(const std::string& path);

  const std::string& path() const { return path_; }
  std::span<const ForeignTensor> tensors() const { return tensors_; }

 private:
  Status ReadSafetensors(std::span<const std::byte> file);
  // Adds the array `file` under `name`.
  Status AddArray(const std::string& name, std::span<const std::byte> file);

  std::string path_;
  std::vector<ForeignTensor> tensors_;
  std::vector<std::shared_ptr<const void>> owners_;  // of the bytes
};

}  // namespace vitrine

#endif  // VITRINE_INTEROP_WEIGHT_FILE_H_
