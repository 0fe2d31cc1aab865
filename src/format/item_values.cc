#include "format/item_values.h"

namespace vitrine {

bool IsCoded(const TensorFile& file, const std::string& name) {
  const TensorInfo* info = file.Find(name);
  return info != nullptr && info->dtype == DType::kU8;
}

Result<std::span<const float>> ItemValues(const TensorFile& file, const std::string& name, size_t n,
                                          std::vector<float>& own) {
  if (!IsCoded(file, name)) return file.Vector<float>(name, n);
  VITRINE_ASSIGN_OR_RETURN(const auto codes, file.Vector<uint8_t>(name, n));
  VITRINE_ASSIGN_OR_RETURN(const auto levels, file.Vector<float>(name + ".levels", kLevels));
  own.resize(n);
  for (size_t i = 0; i < n; ++i) own[i] = levels[codes[i]];
  return std::span<const float>(own);
}

}  // namespace vitrine
