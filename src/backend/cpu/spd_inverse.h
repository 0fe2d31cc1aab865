// The inverse of a symmetric positive definite matrix, by products alone.
#ifndef VITRINE_BACKEND_CPU_SPD_INVERSE_H_
#define VITRINE_BACKEND_CPU_SPD_INVERSE_H_

#include "core/matrix.h"
#include "core/result.h"

namespace vitrine {

// Replaces the symmetric positive definite `a` (n x n) by its inverse; about 4/3 n^3 operations,
// nearly all of them in Gemm. invalid-argument where a pivot is not positive.
Status InvertSpd(MatrixView a);

}  // namespace vitrine

#endif  // VITRINE_BACKEND_CPU_SPD_INVERSE_H_
