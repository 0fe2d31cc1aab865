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
  VITRINE_ASSIGN_OR_RETURN(const auto levels, file.Values<float>(name + ".levels"));
  own.reserve(n);
  for (const uint8_t code : codes) {
    if (code >= levels.size()) {
      return Error{ErrorCode::kBadFormat, file.name() + ": '" + name +
                                              "' names values that '.levels' lacks; export the "
                                              "model again"};
    }
    own.push_back(levels[code]);
  }
  return std::span<const float>(own);
}

}  // namespace vitrine
