// A validated safetensors file in memory: named tensors over one block of bytes, and text metadata.
// FORMAT.md has the rules. Nothing here parses JSON: the header's table of contents arrives parsed.
#ifndef VITRINE_FORMAT_TENSOR_FILE_H_
#define VITRINE_FORMAT_TENSOR_FILE_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/aligned_buffer.h"
#include "core/matrix.h"
#include "core/result.h"
#include "core/sha256.h"

namespace vitrine {

enum class DType : uint8_t { kU8, kI8, kU16, kI16, kF16, kU32, kI32, kF32, kU64, kI64, kF64 };

size_t DTypeSize(DType dtype);            // bytes per element
std::string_view DTypeName(DType dtype);  // as safetensors spells it: "F32"
Result<DType> ParseDType(std::string_view name);

template <class T>
constexpr DType DTypeOf();
template <>
constexpr DType DTypeOf<uint8_t>() {
  return DType::kU8;
}
template <>
constexpr DType DTypeOf<int8_t>() {
  return DType::kI8;
}
template <>
constexpr DType DTypeOf<uint16_t>() {
  return DType::kU16;
}
template <>
constexpr DType DTypeOf<uint32_t>() {
  return DType::kU32;
}
template <>
constexpr DType DTypeOf<int32_t>() {
  return DType::kI32;
}
template <>
constexpr DType DTypeOf<float>() {
  return DType::kF32;
}
template <>
constexpr DType DTypeOf<uint64_t>() {
  return DType::kU64;
}
template <>
constexpr DType DTypeOf<int64_t>() {
  return DType::kI64;
}

inline constexpr uint32_t kFormatVersion = 1;  // metadata "vitrine.version"
inline constexpr uint32_t kKnownFeatures =
    0;  // metadata "vitrine.requires": bits a reader must know
inline constexpr size_t kMaxHeaderBytes = 16 << 20;
inline constexpr size_t kMaxTensors = 4096;

struct TensorInfo {
  std::string name;
  DType dtype = DType::kU8;
  std::vector<uint64_t> shape;
  uint64_t begin = 0;  // bytes into the payload
  uint64_t end = 0;
};

// The header, parsed but not yet believed.
struct TableOfContents {
  std::vector<TensorInfo> tensors;
  std::map<std::string, std::string, std::less<>> metadata;
};

// Feeds `sha` with all that `toc` says, by rule 6 of FORMAT.md; the payload comes after it.
void HashContents(const TableOfContents& toc, Sha256& sha);

class TensorFile {
 public:
  // Checks `toc` against the payload by every rule of FORMAT.md but the hash, and keeps both.
  // `owner` keeps the payload's memory alive. `name` is for error messages.
  static Result<TensorFile> Create(std::string name, TableOfContents toc,
                                   std::span<const std::byte> payload,
                                   std::shared_ptr<const void> owner);

  // Compares the header and the payload with metadata "vitrine.sha256".
  Status CheckHash() const;
  // The same, where `digest` was taken of them while they came in.
  Status CheckHash(std::string_view digest) const;
  // bad-format where a tensor of floats has one that is not finite: it would go through every list
  // unseen.
  Status CheckNumbers() const;

  const std::string& name() const { return name_; }
  const std::vector<TensorInfo>& tensors() const { return toc_.tensors; }
  const std::map<std::string, std::string, std::less<>>& metadata() const { return toc_.metadata; }
  std::span<const std::byte> payload() const { return payload_; }

  // What stands under `prefix`, as a file of its own, with the "popularity" of this one. It shares
  // this one's memory and is not checked again.
  TensorFile Part(std::string_view prefix) const;

  bool Has(std::string_view tensor) const { return Find(tensor) != nullptr; }
  // nullptr where there is none.
  const TensorInfo* Find(std::string_view tensor) const;
  std::span<const std::byte> Bytes(const TensorInfo& info) const {
    return payload_.subspan(info.begin, info.end - info.begin);
  }

  // The values of a tensor of element type T; not-found or bad-format otherwise. The memory is the
  // file's own and aligned to 64 bytes.
  template <class T>
  Result<std::span<const T>> Values(std::string_view tensor) const {
    VITRINE_ASSIGN_OR_RETURN(const TensorInfo* info, Require(tensor, DTypeOf<T>()));
    const auto bytes = Bytes(*info);
    return std::span<const T>(reinterpret_cast<const T*>(bytes.data()), bytes.size() / sizeof(T));
  }
  // Values, of exactly `n` elements.
  template <class T>
  Result<std::span<const T>> Vector(std::string_view tensor, size_t n) const {
    VITRINE_ASSIGN_OR_RETURN(const std::span<const T> values, Values<T>(tensor));
    if (values.size() != n) return WrongShape(tensor, std::to_string(n));
    return values;
  }
  // A rank-2 tensor of type `dtype` with `rows` rows, each holding at least `cols` elements.
  Result<const TensorInfo*> RequireMatrix(std::string_view tensor, DType dtype, size_t rows,
                                          size_t cols) const;
  // The same, as a view of elements of type T.
  template <class T>
  Result<BasicMatrixView<const T>> MatrixOf(std::string_view tensor, size_t rows,
                                            size_t cols) const {
    VITRINE_ASSIGN_OR_RETURN(const TensorInfo* info,
                             RequireMatrix(tensor, DTypeOf<T>(), rows, cols));
    return BasicMatrixView<const T>{reinterpret_cast<const T*>(Bytes(*info).data()), rows, cols,
                                    static_cast<size_t>(info->shape[1])};
  }

  // Metadata by key: not-found where absent, bad-format where it is no such number.
  Result<std::string> Text(std::string_view key) const;
  Result<int64_t> Integer(std::string_view key) const;
  Result<double> Real(std::string_view key) const;

 private:
  TensorFile() = default;
  Result<const TensorInfo*> Require(std::string_view tensor, DType dtype) const;
  Error WrongShape(std::string_view tensor, std::string_view wanted) const;
  Status Validate() const;

  std::string name_;
  TableOfContents toc_;
  std::span<const std::byte> payload_;
  std::shared_ptr<const void> owner_;
};

}  // namespace vitrine

#endif  // VITRINE_FORMAT_TENSOR_FILE_H_
