// NumPy's archive of arrays: a zip file of .npy files.
#ifndef VITRINE_INTEROP_NPZ_H_
#define VITRINE_INTEROP_NPZ_H_

#include <cstddef>
#include <string>
#include <vector>

#include "core/result.h"

namespace vitrine {

struct NpzMember {
  std::string name;  // without ".npy"
  std::vector<std::byte> file;
};

// Unpacks all arrays of the archive.
Result<std::vector<NpzMember>> ReadNpz(const std::string& path);

}  // namespace vitrine

#endif  // VITRINE_INTEROP_NPZ_H_
