// The names that tensors go by in other programs, and how one becomes another.
#ifndef VITRINE_INTEROP_TENSOR_NAMES_H_
#define VITRINE_INTEROP_TENSOR_NAMES_H_

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace vitrine {

// Whole parts of a name, between dots, from the front; a part "#" stands for any number, the same
// in both.
struct Renaming {
  std::string_view from, to;
};

// `name` with its front renamed; nothing where it does not start with `from`. An empty `to` drops
// the front.
std::optional<std::string> Rename(std::string_view name, const Renaming& renaming);

// Dots for slashes, without TensorFlow's ":0": "dense/kernel:0" is "dense.kernel".
std::string Dotted(std::string_view name);

// The parts that all of the names begin with, dots included; each name keeps a part of its own.
std::string CommonFront(std::span<const std::string> names);

// Replaces Keras's word for what a tensor is by PyTorch's: "dense.kernel" becomes "dense.weight".
// True where it was a kernel, which Keras stores in x out.
bool NameAsPyTorch(std::string& name);

}  // namespace vitrine

#endif  // VITRINE_INTEROP_TENSOR_NAMES_H_
