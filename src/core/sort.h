// Sorting of plain values for code that a page downloads: one copy of it serves all types, where
// std::sort is a kilobyte for each.
#ifndef VITRINE_CORE_SORT_H_
#define VITRINE_CORE_SORT_H_

#include <cstdlib>
#include <functional>
#include <type_traits>
#include <vector>

namespace vitrine {

// `Less` has no state; which of equal values comes first is not said.
template <class T, class Less = std::less<T>>
void Sort(std::vector<T>& values, Less = {}) {
  static_assert(std::is_trivially_copyable_v<T> && std::is_empty_v<Less>);
  // Most have a few dozen values, and are nearly sorted already: then nothing is faster.
  constexpr size_t kFew = 64;
  if (values.size() <= kFew) {
    for (size_t i = 1; i < values.size(); ++i) {
      const T value = values[i];
      size_t at = i;
      for (; at > 0 && Less()(value, values[at - 1]); --at) values[at] = values[at - 1];
      values[at] = value;
    }
    return;
  }
  std::qsort(values.data(), values.size(), sizeof(T), [](const void* a, const void* b) {
    const T& left = *static_cast<const T*>(a);
    const T& right = *static_cast<const T*>(b);
    return static_cast<int>(Less()(right, left)) - static_cast<int>(Less()(left, right));
  });
}

}  // namespace vitrine

#endif  // VITRINE_CORE_SORT_H_
