// One parallel loop for the whole core: oneTBB's threads natively, a plain loop in WebAssembly.
#ifndef VITRINE_CORE_PARALLEL_H_
#define VITRINE_CORE_PARALLEL_H_

#include <algorithm>
#include <cstddef>
#include <functional>

namespace vitrine {

// Threads that the loops below use: every core, until set.
size_t NumThreads();
void SetNumThreads(size_t n);

// Calls run(part) once for each part below n_parts, on as many threads; returns when all are done.
void RunParts(size_t n_parts, const std::function<void(size_t)>& run);

// Calls body(first, last, part) for a fixed partition of [0, n) into at most NumThreads()
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
  RunParts(n_parts, [&](size_t part) {
    const size_t first = n_grains * part / n_parts * grain;
    const size_t last = std::min(n, n_grains * (part + 1) / n_parts * grain);
    body(first, last, part);
  });
}

// ParallelFor over ranges of `grain`, handed out as threads come free; for work whose cost per
// index differs. body(first, last) must write only to places named by its own indices.
template <class Body>
void ParallelForDynamic(size_t n, size_t grain, const Body& body) {
  const size_t n_parts = (n + grain - 1) / grain;
  RunParts(n_parts, [&](size_t part) { body(part * grain, std::min(n, (part + 1) * grain)); });
}

}  // namespace vitrine

#endif  // VITRINE_CORE_PARALLEL_H_
