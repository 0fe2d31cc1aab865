#include "format/safetensors.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstring>
#include <nlohmann/json.hpp>

#include "core/sha256.h"
#include "format/files.h"

namespace vitrine {
namespace {

static_assert(std::endian::native == std::endian::little, "files are little-endian and mapped");

constexpr std::array<std::byte, kAlignment> kZeros{};

Error Bad(const std::string& name, const std::string& what) {
  return {ErrorCode::kBadFormat, name + ": " + what + "; is it a safetensors file, and complete?"};
}

std::string ShortestReal(double value) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  return std::string(text, end);
}

}  // namespace

Result<TableOfContents> ParseHeader(const std::string& name, std::string_view json) {
  // nlohmann keeps the last of two equal keys; here two tensors of one name are an error.
  bool repeated = false;
  std::vector<std::vector<std::string>> keys;
  const auto watch = [&](int, nlohmann::json::parse_event_t event, nlohmann::json& parsed) {
    using Parse = nlohmann::json::parse_event_t;
    if (event == Parse::object_start) keys.emplace_back();
    if (event == Parse::object_end) keys.pop_back();
    if (event == Parse::key) {
      const auto key = parsed.get<std::string>();
      for (const auto& seen : keys.back()) repeated |= seen == key;
      if (keys.back().size() <= kMaxTensors) keys.back().push_back(key);
    }
    return true;
  };
  const nlohmann::json header = nlohmann::json::parse(json, watch, /*allow_exceptions=*/false);
  if (header.is_discarded() || !header.is_object()) return Bad(name, "the header is not JSON");
  if (repeated) return Bad(name, "the header names something twice");

  TableOfContents toc;
  for (const auto& [key, value] : header.items()) {
    if (key == "__metadata__") {
      if (!value.is_object()) return Bad(name, "the metadata is not an object");
      for (const auto& [k, v] : value.items()) {
        if (!v.is_string()) return Bad(name, "metadata '" + k + "' is not text");
        toc.metadata[k] = v.get<std::string>();
      }
      continue;
    }
    TensorInfo info{.name = key};
    const auto whole = [](const nlohmann::json& n) { return n.is_number_unsigned(); };
    if (!value.is_object() || value.size() != 3 || !value.contains("dtype") ||
        !value["dtype"].is_string() || !value.contains("shape") || !value["shape"].is_array() ||
        !value.contains("data_offsets") || !value["data_offsets"].is_array() ||
        value["data_offsets"].size() != 2 || value["shape"].size() > 8 ||
        !std::all_of(value["shape"].begin(), value["shape"].end(), whole) ||
        !std::all_of(value["data_offsets"].begin(), value["data_offsets"].end(), whole)) {
      return Bad(name, "tensor '" + key + "' is not described by dtype, shape and data_offsets");
    }
    const auto dtype = ParseDType(value["dtype"].get<std::string>());
    if (!dtype.ok()) {
      return Error{dtype.error().code, name + ": tensor '" + key + "': " + dtype.error().message};
    }
    info.dtype = *dtype;
    info.shape = value["shape"].get<std::vector<uint64_t>>();
    info.begin = value["data_offsets"][0].get<uint64_t>();
    info.end = value["data_offsets"][1].get<uint64_t>();
    toc.tensors.push_back(std::move(info));
  }
  return toc;
}

Result<TensorFile> ReadTensorFile(const std::string& path) {
  VITRINE_ASSIGN_OR_RETURN(std::shared_ptr<const MappedFile> file, MappedFile::Open(path));
  const auto bytes = file->bytes();
  if (bytes.size() < 8) return Bad(path, "shorter than 8 bytes");
  uint64_t header_size = 0;
  std::memcpy(&header_size, bytes.data(), 8);
  if (header_size > kMaxHeaderBytes || header_size > bytes.size() - 8) {
    return Bad(path, "the header's length is impossible");
  }
  const std::string_view json(reinterpret_cast<const char*>(bytes.data()) + 8, header_size);
  VITRINE_ASSIGN_OR_RETURN(TableOfContents toc, ParseHeader(path, json));
  return TensorFile::Create(path, std::move(toc), bytes.subspan(8 + header_size), std::move(file));
}

void TensorFileWriter::SetMetadata(std::string key, double value) {
  SetMetadata(std::move(key), ShortestReal(value));
}

void TensorFileWriter::Add(std::string name, DType dtype, std::vector<uint64_t> shape,
                           std::span<const std::byte> bytes) {
  uint64_t n = DTypeSize(dtype);
  for (const uint64_t dim : shape) n *= dim;
  VITRINE_CHECK(n == bytes.size());
  entries_.push_back({std::move(name), dtype, std::move(shape), bytes});
}

void TensorFileWriter::AddAll(const TensorFile& file, std::string_view from, std::string_view to) {
  for (const TensorInfo& info : file.tensors()) {
    if (info.name.starts_with("pad.") || !info.name.starts_with(from)) continue;
    Add(std::string(to) + info.name.substr(from.size()), info.dtype, info.shape, file.Bytes(info));
  }
}

void TensorFileWriter::AddText(std::string name, std::string text) {
  texts_.push_back(std::make_unique<std::string>(std::move(text)));
  Add(std::move(name), DType::kU8, {texts_.back()->size()},
      std::as_bytes(std::span(*texts_.back())));
}

TableOfContents TensorFileWriter::Contents() const {
  TableOfContents toc{.metadata = metadata_};
  toc.metadata["vitrine.version"] = std::to_string(kFormatVersion);
  toc.metadata["vitrine.requires"] = "0";
  uint64_t offset = 0;
  for (const Entry& entry : entries_) {
    const uint64_t end = offset + entry.bytes.size();
    toc.tensors.push_back({entry.name, entry.dtype, entry.shape, offset, end});
    offset = RoundUp(end, kAlignment);
    if (offset > end) {
      toc.tensors.push_back(
          {"pad." + std::to_string(toc.tensors.size()), DType::kU8, {offset - end}, end, offset});
    }
  }
  return toc;
}

template <class Piece>
Status TensorFileWriter::ForEachPiece(const Piece& piece) const {
  for (const Entry& entry : entries_) {
    VITRINE_RETURN_IF_ERROR(piece(entry.bytes));
    const size_t n = entry.bytes.size();
    VITRINE_RETURN_IF_ERROR(piece(std::span(kZeros).first(RoundUp(n, kAlignment) - n)));
  }
  return {};
}

Status TensorFileWriter::Write(const std::string& path) const {
  TableOfContents toc = Contents();
  Sha256 sha;
  HashContents(toc, sha);
  VITRINE_RETURN_IF_ERROR(ForEachPiece([&](std::span<const std::byte> bytes) {
    sha.Update(bytes);
    return Status();
  }));
  toc.metadata["vitrine.sha256"] = sha.Finish();

  nlohmann::ordered_json header;
  header["__metadata__"] = toc.metadata;
  for (const TensorInfo& info : toc.tensors) {
    header[info.name] = {{"dtype", DTypeName(info.dtype)},
                         {"shape", info.shape},
                         {"data_offsets", {info.begin, info.end}}};
  }
  std::string json = header.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  json.resize(RoundUp(8 + json.size(), kAlignment) - 8, ' ');
  const uint64_t header_size = json.size();
  if (header_size > kMaxHeaderBytes) {
    return {ErrorCode::kInvalidArgument, path + ": too much metadata for one file"};
  }
  VITRINE_ASSIGN_OR_RETURN(AtomicFile file, AtomicFile::Create(path));
  VITRINE_RETURN_IF_ERROR(file.Write(std::as_bytes(std::span(&header_size, 1))));
  VITRINE_RETURN_IF_ERROR(file.Write(json));
  VITRINE_RETURN_IF_ERROR(
      ForEachPiece([&](std::span<const std::byte> bytes) { return file.Write(bytes); }));
  return file.Commit();
}

Result<TensorFile> TensorFileWriter::ToMemory(std::string name) const {
  TableOfContents toc = Contents();
  const size_t size = toc.tensors.empty() ? 0 : toc.tensors.back().end;
  VITRINE_ASSIGN_OR_RETURN(AlignedBuffer buffer, AlignedBuffer::Create(size));
  const auto owner = std::make_shared<AlignedBuffer>(std::move(buffer));
  std::byte* at = owner->data();
  VITRINE_RETURN_IF_ERROR(ForEachPiece([&](std::span<const std::byte> bytes) {
    at = std::copy(bytes.begin(), bytes.end(), at);
    return Status();
  }));
  return TensorFile::Create(std::move(name), std::move(toc), owner->bytes(), owner);
}

}  // namespace vitrine
