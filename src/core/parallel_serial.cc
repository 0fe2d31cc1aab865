// The loops of parallel.h where there is one thread: in a page.
#include "core/parallel.h"

namespace vitrine {

size_t NumThreads() { return 1; }

void SetNumThreads(size_t) {}

void RunParts(size_t n_parts, const std::function<void(size_t)>& run) {
  for (size_t part = 0; part < n_parts; ++part) run(part);
}

}  // namespace vitrine
