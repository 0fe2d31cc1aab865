// VITRINE_KEEP_LOOP, before a loop that is to stay one: a page pays for the code of each turn.
#ifndef VITRINE_KERNELS_KEEP_LOOP_H_
#define VITRINE_KERNELS_KEEP_LOOP_H_

#if defined(__clang__)
#define VITRINE_KEEP_LOOP _Pragma("clang loop unroll(disable) vectorize(disable)")
#else
#define VITRINE_KEEP_LOOP
#endif

#endif  // VITRINE_KERNELS_KEEP_LOOP_H_
