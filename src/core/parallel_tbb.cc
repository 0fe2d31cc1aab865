// The loops of parallel.h on oneTBB, whose idle threads sleep rather than spin.
#include <tbb/global_control.h>
#include <tbb/info.h>
#include <tbb/parallel_for.h>

#include <memory>

#include "core/parallel.h"

namespace vitrine {
namespace {

size_t n_threads = 0;  // 0: as many as there are cores

}  // namespace

size_t NumThreads() {
  return n_threads > 0 ? n_threads : static_cast<size_t>(tbb::info::default_concurrency());
}

void SetNumThreads(size_t n) {
  static std::unique_ptr<tbb::global_control> limit;
  n_threads = n;
  limit = std::make_unique<tbb::global_control>(tbb::global_control::max_allowed_parallelism,
                                                std::max<size_t>(n, 1));
}

void RunParts(size_t n_parts, const std::function<void(size_t)>& run) {
  if (n_parts <= 1 || NumThreads() == 1) {
    for (size_t part = 0; part < n_parts; ++part) run(part);
    return;
  }
  tbb::parallel_for(size_t{0}, n_parts, run, tbb::simple_partitioner());
}

}  // namespace vitrine
