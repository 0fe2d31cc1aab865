// NumPy's file of one array: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
#ifndef VITRINE_INTEROP_NPY_H_
#define VITRINE_INTEROP_NPY_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace vitrine {

struct NpyArray {
  std::string type;            // of its elements, as NumPy describes them: "<f4"
  bool fortran_order = false;  // columns one after the other, not rows
  std::vector<uint64_t> shape;
  std::span<const std::byte> bytes;  // of the elements
};

// Whether a file starts as an array does.
bool IsNpy(std::span<const std::byte> file);

// Reads the header and leaves the elements where they are. `name` is for messages.
Result<NpyArray> ParseNpy(const std::string& name, std::span<const std::byte> file);

// What stands before the elements of a rows x cols array of F32, row by row.
std::string NpyHeader(size_t rows, size_t cols);

}  // namespace vitrine

#endif  // VITRINE_INTEROP_NPY_H_
