// VITRINE_CHECK: a broken invariant of ours. Input from outside never reaches one.
#ifndef VITRINE_CORE_CHECK_H_
#define VITRINE_CORE_CHECK_H_

#include <cstdio>
#include <cstdlib>

#define VITRINE_CHECK(condition)                                                          \
  do {                                                                                    \
    if (!(condition)) {                                                                   \
      std::fprintf(stderr, "vitrine: internal error: %s (%s:%d)\n", #condition, __FILE__, \
                   __LINE__);                                                             \
      std::abort();                                                                       \
    }                                                                                     \
  } while (false)

#endif  // VITRINE_CORE_CHECK_H_
