// One parallel loop for the whole core: OpenMP natively, a plain loop in WebAssembly.
#ifndef VITRINE_CORE_PARALLEL_H_
#define VITRINE_CORE_PARALLEL_H_

#include <algorithm>
#include <cstddef>

#if defined(_OPENMP)
#include <omp.h>
#endif

namespace vitrine {

// Threads that ParallelFor uses. Set by the command's --threads through omp_set_num_threads.
inline size_t NumThreads() {
#if defined(_OPENMP)
  return static_cast<size_t>(omp_get_max_threads());
#else
  return 1;
#endif
}

inline void SetNumThreads([[maybe_unused]] size_t n) {
#if defined(_OPENMP)
  omp_set_num_threads(static_cast<int>(n));
#endif
}

// Calls body(first, last, thread) for a fixed partition of [0, n) into at most NumThreads()
// contiguous ranges, each a multiple of `grain` but the last. The partition depends only on
// (n, grain, threads), so results repeat run after run.
template <class Body>
void ParallelFor(size_t n, size_t grain, const Body& body) {
  const size_t n_grains = (n + grain - 1) / grain;
  const size_t n_parts = std::min(NumThreads(), n_grains);
  if (n_parts <= 1) {
    if (n > 0) body(size_t{0}, n, size_t{0});
    return;
  }
#if defined(_OPENMP)
#pragma omp parallel for schedule(static, 1) num_threads(static_cast <int>(n_parts))
#endif
  for (size_t part = 0; part < n_parts; ++part) {
    const size_t first = n_grains * part / n_parts * grain;
    const size_t last = std::min(n, n_grains * (part + 1) / n_parts * grain);
    body(first, last, part);
  }
}

// ParallelFor over more, smaller ranges handed out as threads come free; for work whose cost per
// index differs. body(first, last) must write only to places named by its own indices.
template <class Body>
void ParallelForDynamic(size_t n, size_t grain, const Body& body) {
  const size_t n_parts = (n + grain - 1) / grain;
#if defined(_OPENMP)
#pragma omp parallel for schedule(dynamic, 1)
#endif
  for (size_t part = 0; part < n_parts; ++part) {
    body(part * grain, std::min(n, (part + 1) * grain));
  }
}

}  // namespace vitrine

#endif  // VITRINE_CORE_PARALLEL_H_
