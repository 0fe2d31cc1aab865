// Memory aligned to a cache line, whose allocation can fail without ending the process.
#ifndef VITRINE_CORE_ALIGNED_BUFFER_H_
#define VITRINE_CORE_ALIGNED_BUFFER_H_

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "core/result.h"

namespace vitrine {

inline constexpr size_t kAlignment = 64;  // bytes; one cache line, a multiple of every vector

constexpr size_t RoundUp(size_t value, size_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

// Owns `size` bytes, uninitialised, aligned to kAlignment.
class AlignedBuffer {
 public:
  AlignedBuffer() = default;

  static Result<AlignedBuffer> Create(size_t size) {
    AlignedBuffer buffer;
    const size_t rounded = RoundUp(size, kAlignment);
    if (rounded < size) return OutOfMemory(size);
    if (size == 0) return Result<AlignedBuffer>(std::move(buffer));
    buffer.data_.reset(static_cast<std::byte*>(std::aligned_alloc(kAlignment, rounded)));
    if (buffer.data_ == nullptr) return OutOfMemory(size);
    buffer.size_ = size;
    return Result<AlignedBuffer>(std::move(buffer));
  }

  std::byte* data() { return data_.get(); }
  const std::byte* data() const { return data_.get(); }
  size_t size() const { return size_; }
  std::span<const std::byte> bytes() const { return {data_.get(), size_}; }

 private:
  struct Free {
    void operator()(std::byte* p) const { std::free(p); }
  };
  static Error OutOfMemory(size_t size) {
    return {ErrorCode::kOutOfMemory, "out of memory: " + std::to_string(size) +
                                         " bytes could not be allocated; use a smaller model or "
                                         "close other programs"};
  }

  std::unique_ptr<std::byte[], Free> data_;
  size_t size_ = 0;
};

}  // namespace vitrine

#endif  // VITRINE_CORE_ALIGNED_BUFFER_H_
