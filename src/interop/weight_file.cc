#include "interop/weight_file.h"

#include <cstring>
#include <string_view>
#include <utility>

#include "format/files.h"
#include "format/safetensors.h"
#include "interop/npy.h"
#include "interop/npz.h"

namespace vitrine {
namespace {

bool StartsWith(std::span<const std::byte> file, std::string_view text) {
  return file.size() >= text.size() && std::memcmp(file.data(), text.data(), text.size()) == 0;
}

// Bytes of an element by its type's name; 0 for what no weights are made of.
size_t ElementSize(std::string_view type) {
  if (type == "F16" || type == "<f2") return 2;
  if (type == "F32" || type == "<f4") return 4;
  if (type == "F64" || type == "<f8") return 8;
  return 0;
}

// Whether `n_bytes` are what the shape needs; not checked where the element's size is not known.
bool FillsItsBytes(const ForeignTensor& tensor) {
  uint64_t n_bytes = ElementSize(tensor.type);
  if (n_bytes == 0) return true;
  for (const uint64_t n : tensor.shape) {
    if (__builtin_mul_overflow(n_bytes, n, &n_bytes)) return false;
  }
  return n_bytes == tensor.bytes.size();
}

}  // namespace

std::string ShapeText(std::span<const uint64_t> shape) {
  std::string text;
  for (const uint64_t n : shape) text += (text.empty() ? "" : " x ") + std::to_string(n);
  return text.empty() ? "scalar" : text;
}

Result<WeightFile> WeightFile::Open(const std::string& path) {
  WeightFile weights;
  weights.path_ = path;
  VITRINE_ASSIGN_OR_RETURN(std::shared_ptr<const MappedFile> mapped, MappedFile::Open(path));
  const auto file = mapped->bytes();
  weights.owners_.push_back(std::move(mapped));
  if (StartsWith(file, "PK\x03\x04") || StartsWith(file, "PK\x05\x06")) {
    VITRINE_ASSIGN_OR_RETURN(std::vector<NpzMember> members, ReadNpz(path));
    const auto kept = std::make_shared<const std::vector<NpzMember>>(std::move(members));
    weights.owners_.push_back(kept);
    if (kept->empty()) {
      return Error{ErrorCode::kBadFormat,
                   path +
                       ": holds no NumPy array; a PyTorch checkpoint is written for import by "
                       "safetensors.torch.save_file(model.state_dict(), ...)"};
    }
    for (const NpzMember& member : *kept) {
      VITRINE_RETURN_IF_ERROR(weights.AddArray(member.name, member.file));
    }
  } else if (IsNpy(file)) {
    VITRINE_RETURN_IF_ERROR(weights.AddArray("array", file));
  } else {
    VITRINE_RETURN_IF_ERROR(weights.ReadSafetensors(file));
  }
  return weights;
}

Status WeightFile::AddArray(const std::string& name, std::span<const std::byte> file) {
  VITRINE_ASSIGN_OR_RETURN(NpyArray array, ParseNpy(path_ + ", '" + name + "'", file));
  ForeignTensor tensor{.name = name,
                       .type = std::move(array.type),
                       .shape = std::move(array.shape),
                       .fortran_order = array.fortran_order,
                       .bytes = array.bytes};
  if (!FillsItsBytes(tensor)) {
    return {ErrorCode::kBadFormat,
            path_ + ": array '" + name + "' (" + ShapeText(tensor.shape) +
                ") does not fill its bytes; the file may be cut short, write it again"};
  }
  tensors_.push_back(std::move(tensor));
  return {};
}

// Files from elsewhere keep none of our further rules: any alignment, any metadata.
Status WeightFile::ReadSafetensors(std::span<const std::byte> file) {
  const auto bad = [this](const std::string& what) {
    return Status(ErrorCode::kBadFormat,
                  path_ + ": " + what +
                      "; weights are read from .safetensors, .npz and .npy files, is it one and "
                      "complete?");
  };
  if (file.size() < 8) return bad("shorter than 8 bytes");
  uint64_t header_size = 0;
  std::memcpy(&header_size, file.data(), 8);
  if (header_size > kMaxHeaderBytes || header_size > file.size() - 8) {
    return bad("starts like none of the formats");
  }
  const std::string_view json(reinterpret_cast<const char*>(file.data()) + 8, header_size);
  const auto contents = ParseHeader(path_, json);
  if (!contents.ok()) {
    const Error& error = contents.error();
    if (error.code != ErrorCode::kUnsupported) return error;
    return {error.code, error.message + "; save weights as float32, float64 or float16"};
  }
  const auto payload = file.subspan(8 + header_size);
  for (const TensorInfo& info : contents->tensors) {
    if (info.begin > info.end || info.end > payload.size()) {
      return bad("tensor '" + info.name + "' ends outside the file");
    }
    ForeignTensor tensor{.name = info.name,
                         .type = std::string(DTypeName(info.dtype)),
                         .shape = info.shape,
                         .bytes = payload.subspan(info.begin, info.end - info.begin)};
    if (!FillsItsBytes(tensor)) {
      return bad("tensor '" + info.name + "' (" + ShapeText(info.shape) +
                 ") does not fill its bytes");
    }
    tensors_.push_back(std::move(tensor));
  }
  return {};
}

}  // namespace vitrine
