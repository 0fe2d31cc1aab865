// When measurements tell nothing.
#ifndef VITRINE_CORE_EVIDENCE_H_
#define VITRINE_CORE_EVIDENCE_H_

#include <cstddef>

namespace vitrine {

// Of fewer cases a bootstrap interval says too little to call a difference more than chance.
inline constexpr size_t kTooFewCases = 30;

}  // namespace vitrine

#endif  // VITRINE_CORE_EVIDENCE_H_
