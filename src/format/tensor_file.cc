#include "format/tensor_file.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <tuple>

#include "core/parse_real.h"
#include "core/sort.h"

namespace vitrine {
namespace {

struct DTypeRow {
  std::string_view name;
  size_t size;
};
// In the order of DType.
constexpr std::array<DTypeRow, 11> kDTypes = {{{"U8", 1},
                                               {"I8", 1},
                                               {"U16", 2},
                                               {"I16", 2},
                                               {"F16", 2},
                                               {"U32", 4},
                                               {"I32", 4},
                                               {"F32", 4},
                                               {"U64", 8},
                                               {"I64", 8},
                                               {"F64", 8}}};

std::string Shape(const TensorInfo& info) {
  std::string text;
  for (const uint64_t n : info.shape) text += (text.empty() ? "" : " x ") + std::to_string(n);
  return text.empty() ? "scalar" : text;
}

// The tensors by begin, end and name.
std::vector<const TensorInfo*> InOrder(const TableOfContents& toc) {
  std::vector<const TensorInfo*> tensors;
  for (const TensorInfo& info : toc.tensors) tensors.push_back(&info);
  Sort(tensors, [](const TensorInfo* a, const TensorInfo* b) {
    return std::tie(a->begin, a->end, a->name) < std::tie(b->begin, b->end, b->name);
  });
  return tensors;
}

// Of floats whose exponent has these bits.
template <class Bits>
bool AreFinite(std::span<const std::byte> floats, Bits exponent) {
  for (size_t at = 0; at + sizeof(Bits) <= floats.size(); at += sizeof(Bits)) {
    Bits bits;
    std::memcpy(&bits, &floats[at], sizeof bits);
    if ((bits & exponent) == exponent) return false;
  }
  return true;
}

}  // namespace

size_t DTypeSize(DType dtype) { return kDTypes[static_cast<size_t>(dtype)].size; }
std::string_view DTypeName(DType dtype) { return kDTypes[static_cast<size_t>(dtype)].name; }

Result<DType> ParseDType(std::string_view name) {
  for (size_t i = 0; i < kDTypes.size(); ++i) {
    if (kDTypes[i].name == name) return static_cast<DType>(i);
  }
  return Error{ErrorCode::kUnsupported, "unknown tensor type '" + std::string(name) + "'"};
}

Result<TensorFile> TensorFile::Create(std::string name, TableOfContents toc,
                                      std::span<const std::byte> payload,
                                      std::shared_ptr<const void> owner) {
  TensorFile file;
  file.name_ = std::move(name);
  file.toc_ = std::move(toc);
  file.payload_ = payload;
  file.owner_ = std::move(owner);
  std::vector<TensorInfo> sorted;
  for (const TensorInfo* info : InOrder(file.toc_)) sorted.push_back(*info);
  file.toc_.tensors = std::move(sorted);
  VITRINE_RETURN_IF_ERROR(file.Validate());
  return file;
}

Status TensorFile::Validate() const {
  const auto bad = [this](const std::string& what) {
    return Status(ErrorCode::kBadFormat,
                  name_ + ": " + what + "; the file is damaged or was not written by vitrine");
  };
  VITRINE_ASSIGN_OR_RETURN(const int64_t version, Integer("vitrine.version"));
  if (version < 1) return bad("format version " + std::to_string(version));
  if (version > kFormatVersion) {
    return Status(ErrorCode::kUnsupportedVersion,
                  name_ + ": format version " + std::to_string(version) +
                      " is newer than this build reads (" + std::to_string(kFormatVersion) +
                      "); update vitrine");
  }
  VITRINE_ASSIGN_OR_RETURN(const int64_t required, Integer("vitrine.requires"));
  if ((required & ~int64_t{kKnownFeatures}) != 0) {
    return Status(ErrorCode::kUnsupportedVersion,
                  name_ + ": needs features that this build lacks (bits " +
                      std::to_string(required) + "); update vitrine");
  }
  if (toc_.tensors.size() > kMaxTensors) return bad("more than 4096 tensors");
  if (reinterpret_cast<uintptr_t>(payload_.data()) % kAlignment != 0) {
    return bad("the payload does not start at a multiple of 64 bytes");
  }

  uint64_t expected_begin = 0;
  std::vector<std::string_view> names;
  for (const TensorInfo& info : toc_.tensors) {
    names.push_back(info.name);
    if (info.begin != expected_begin)
      return bad("tensor '" + info.name + "' leaves a gap or overlaps");
    if (info.end < info.begin || info.end > payload_.size()) {
      return bad("tensor '" + info.name + "' ends outside the file; the file may be cut short");
    }
    uint64_t n_bytes = DTypeSize(info.dtype);
    for (const uint64_t n : info.shape) {
      if (__builtin_mul_overflow(n_bytes, n, &n_bytes))
        return bad("tensor '" + info.name + "' is too large");
    }
    if (n_bytes != info.end - info.begin) {
      return bad("tensor '" + info.name + "' (" + Shape(info) + ") does not fill its bytes");
    }
    const auto bytes = Bytes(info);
    if (info.name.starts_with("pad.")) {
      const bool zero =
          std::all_of(bytes.begin(), bytes.end(), [](std::byte b) { return b == std::byte{0}; });
      if (info.dtype != DType::kU8 || n_bytes >= kAlignment || !zero)
        return bad("'" + info.name + "' is no padding");
    } else if (info.begin % kAlignment != 0) {
      return bad("tensor '" + info.name + "' is not aligned to 64 bytes");
    }
    expected_begin = info.end;
  }
  if (expected_begin != payload_.size()) return bad("bytes after the last tensor");
  Sort(names);
  if (std::adjacent_find(names.begin(), names.end()) != names.end()) {
    return bad("two tensors of one name");
  }

  return {};
}

void HashContents(const TableOfContents& toc, Sha256& sha) {
  const auto add = [&sha](std::string_view text) {
    constexpr char kEnd[] = {'\0'};
    sha.Update(std::as_bytes(std::span<const char>(text.data(), text.size())));
    sha.Update(std::as_bytes(std::span<const char>(kEnd)));
  };
  for (const auto& [key, value] : toc.metadata) {
    if (key == "vitrine.sha256") continue;
    add(key);
    add(value);
  }
  for (const TensorInfo* info : InOrder(toc)) {
    add(info->name);
    add(DTypeName(info->dtype));
    for (const uint64_t dim : info->shape) add(std::to_string(dim));
    add(std::to_string(info->begin));
    add(std::to_string(info->end));
  }
}

TensorFile TensorFile::Part(std::string_view prefix) const {
  TensorFile part = *this;
  part.name_ += ", ";
  part.name_ += prefix.substr(0, prefix.size() - 1);
  part.toc_ = {};
  for (const TensorInfo& info : toc_.tensors) {
    const bool is_own = info.name.starts_with(prefix);
    if (!is_own && info.name != "popularity") continue;
    part.toc_.tensors.push_back(info);
    if (is_own) part.toc_.tensors.back().name.erase(0, prefix.size());
  }
  for (const auto& [key, value] : toc_.metadata) {
    if (key.starts_with(prefix)) part.toc_.metadata[key.substr(prefix.size())] = value;
  }
  return part;
}

Status TensorFile::CheckHash() const {
  Sha256 sha;
  HashContents(toc_, sha);
  sha.Update(payload_);
  return CheckHash(sha.Finish());
}

Status TensorFile::CheckHash(std::string_view digest) const {
  VITRINE_ASSIGN_OR_RETURN(const std::string expected, Text("vitrine.sha256"));
  if (digest != expected) {
    return {ErrorCode::kBadFormat,
            name_ +
                ": the content does not match its SHA-256; the file was altered or damaged, "
                "make or download it again"};
  }
  return {};
}

Status TensorFile::CheckNumbers() const {
  for (const TensorInfo& info : toc_.tensors) {
    const std::span<const std::byte> bytes = Bytes(info);
    const bool finite = info.dtype == DType::kF32   ? AreFinite<uint32_t>(bytes, 0x7F800000)
                        : info.dtype == DType::kF16 ? AreFinite<uint16_t>(bytes, 0x7C00)
                                                    : true;
    if (!finite) {
      return {ErrorCode::kBadFormat, name_ + ": '" + info.name +
                                         "' has a value that is no finite number; train or export "
                                         "the model again"};
    }
  }
  return {};
}

const TensorInfo* TensorFile::Find(std::string_view tensor) const {
  for (const TensorInfo& info : toc_.tensors) {
    if (info.name == tensor) return &info;
  }
  return nullptr;
}

Result<const TensorInfo*> TensorFile::Require(std::string_view tensor, DType dtype) const {
  const TensorInfo* info = Find(tensor);
  if (info == nullptr) {
    return Error{ErrorCode::kNotFound, name_ + ": tensor '" + std::string(tensor) + "' is missing"};
  }
  if (info->dtype != dtype) {
    return Error{ErrorCode::kBadFormat, name_ + ": tensor '" + std::string(tensor) + "' is " +
                                            std::string(DTypeName(info->dtype)) + ", not " +
                                            std::string(DTypeName(dtype))};
  }
  return info;
}

Result<const TensorInfo*> TensorFile::RequireMatrix(std::string_view tensor, DType dtype,
                                                    size_t rows, size_t cols) const {
  VITRINE_ASSIGN_OR_RETURN(const TensorInfo* info, Require(tensor, dtype));
  if (info->shape.size() != 2 || info->shape[0] != rows || info->shape[1] < cols) {
    return WrongShape(tensor, std::to_string(rows) + " x " + std::to_string(cols));
  }
  return info;
}

Error TensorFile::WrongShape(std::string_view tensor, std::string_view wanted) const {
  const TensorInfo* info = Find(tensor);
  return {ErrorCode::kBadFormat, name_ + ": tensor '" + std::string(tensor) + "' is " +
                                     Shape(*info) + ", not " + std::string(wanted)};
}

Result<std::string> TensorFile::Text(std::string_view key) const {
  const auto found = toc_.metadata.find(key);
  if (found == toc_.metadata.end()) {
    return Error{ErrorCode::kNotFound,
                 name_ + ": metadata '" + std::string(key) + "' is missing; not a vitrine file?"};
  }
  return found->second;
}

Result<int64_t> TensorFile::Integer(std::string_view key) const {
  VITRINE_ASSIGN_OR_RETURN(const std::string text, Text(key));
  char* end = nullptr;
  errno = 0;
  const long long value = std::strtoll(text.c_str(), &end, 10);
  if (text.empty() || *end != '\0' || errno == ERANGE) {
    return Error{ErrorCode::kBadFormat, name_ + ": metadata '" + std::string(key) +
                                            "' is no whole number: '" + text + "'"};
  }
  return static_cast<int64_t>(value);
}

Result<double> TensorFile::Real(std::string_view key) const {
  VITRINE_ASSIGN_OR_RETURN(const std::string text, Text(key));
  const double value = ParseReal(text);
  if (!std::isfinite(value)) {
    return Error{ErrorCode::kBadFormat, name_ + ": metadata '" + std::string(key) +
                                            "' is no finite number: '" + text + "'"};
  }
  return value;
}

}  // namespace vitrine
