#include "kernels/attention.h"

#include "kernels/gather.h"
#include "kernels/gemv.h"
#include "kernels/vector_ops.h"

namespace vitrine {

void AttendRows(const TableRows& keys, const TableRows& values, std::span<const uint32_t> path,
                const Activations& query, std::span<float> weights, std::span<float> sum) {
  GemvRows(keys, {0, path.size(), path.data()}, query, weights.data());
  SoftmaxInPlace(weights.data(), path.size(), 1);
  GatherRows(values, path, weights, 0, sum);
}

}  // namespace vitrine
