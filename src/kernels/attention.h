// Attention of one query over one short path of rows.
#ifndef VITRINE_KERNELS_ATTENTION_H_
#define VITRINE_KERNELS_ATTENTION_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/activations.h"
#include "kernels/table_rows.h"

namespace vitrine {

// Dot-product attention (Vaswani et al., 2017, equation 1):
//   weights[k] = softmax over k of <row path[k] of keys, query>
//   sum[i] += weights[k] * (value i of row path[k] of values), over all k
// `path` is not empty. `query` is scaled already and has keys.stride values, sum.size() is as
// GatherRows wants it, and `weights` has room for the path.
void AttendRows(const TableRows& keys, const TableRows& values, std::span<const uint32_t> path,
                const Activations& query, std::span<float> weights, std::span<float> sum);

}  // namespace vitrine

#endif  // VITRINE_KERNELS_ATTENTION_H_
