#include "interop/tensor_names.h"

#include <algorithm>
#include <utility>

namespace vitrine {
namespace {

// Takes the first part off `name`.
std::string_view NextPart(std::string_view& name) {
  const size_t dot = std::min(name.find('.'), name.size());
  const std::string_view part = name.substr(0, dot);
  name.remove_prefix(std::min(dot + 1, name.size()));
  return part;
}

bool IsNumber(std::string_view part) {
  return !part.empty() && part.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

std::optional<std::string> Rename(std::string_view name, const Renaming& renaming) {
  std::string_view number, from = renaming.from;
  while (!from.empty()) {
    const std::string_view wanted = NextPart(from), part = NextPart(name);
    if (wanted == "#" && IsNumber(part)) {
      number = part;
    } else if (wanted != part) {
      return {};
    }
  }
  std::string renamed(renaming.to);
  if (const size_t at = renamed.find('#'); at != std::string::npos) renamed.replace(at, 1, number);
  if (!renamed.empty() && !name.empty()) renamed += '.';
  return renamed.append(name);
}

std::string Dotted(std::string_view name) {
  if (name.ends_with(":0")) name.remove_suffix(2);
  std::string dotted(name);
  std::ranges::replace(dotted, '/', '.');
  return dotted;
}

std::string CommonFront(std::span<const std::string> names) {
  if (names.empty()) return {};
  std::string front = names.front();
  do {
    // Whole parts, and not all of the name.
    const size_t dot = front.empty() ? std::string::npos : front.rfind('.', front.size() - 2);
    front.resize(dot == std::string::npos ? 0 : dot + 1);
  } while (!std::ranges::all_of(names, [&](const auto& name) { return name.starts_with(front); }));
  return front;
}

bool NameAsPyTorch(std::string& name) {
  constexpr std::pair<std::string_view, std::string_view> kWords[] = {
      {"kernel", "weight"}, {"embeddings", "weight"}, {"gamma", "weight"}, {"beta", "bias"}};
  const size_t dot = name.rfind('.');
  const size_t last = dot == std::string::npos ? 0 : dot + 1;
  for (const auto& [keras, pytorch] : kWords) {
    if (name.substr(last) != keras) continue;
    name.replace(last, keras.size(), pytorch);
    return keras == "kernel";
  }
  return false;
}

}  // namespace vitrine
