// Reads and writes safetensors files natively. See FORMAT.md.
#ifndef VITRINE_FORMAT_SAFETENSORS_H_
#define VITRINE_FORMAT_SAFETENSORS_H_

#include <span>
#include <string>
#include <vector>

#include "core/result.h"
#include "format/tensor_file.h"

namespace vitrine {

// Maps and validates the file at `path`, without reading the payload; CheckHash reads it all.
Result<TensorFile> ReadTensorFile(const std::string& path);

// Parses a header (the JSON between the length and the payload). `name` is for messages.
Result<TableOfContents> ParseHeader(const std::string& name, std::string_view json);

// Collects tensors, then writes them in one step. Bytes are borrowed until Write returns.
class TensorFileWriter {
 public:
  void SetMetadata(std::string key, std::string value) {
    metadata_[std::move(key)] = std::move(value);
  }
  void SetMetadata(std::string key, double value);
  void SetMetadata(std::string key, int64_t value) {
    SetMetadata(std::move(key), std::to_string(value));
  }

  void Add(std::string name, DType dtype, std::vector<uint64_t> shape,
           std::span<const std::byte> bytes);
  template <class T>
  void Add(std::string name, std::vector<uint64_t> shape, std::span<const T> values) {
    Add(std::move(name), DTypeOf<T>(), std::move(shape), std::as_bytes(values));
  }
  template <class T>
  void Add(std::string name, const std::vector<T>& values) {
    Add(std::move(name), {values.size()}, std::span<const T>(values));
  }
  // The whole rows, padding included: shape rows x stride.
  template <class T>
  void Add(std::string name, const BasicMatrixView<const T>& m) {
    Add(std::move(name), {m.rows, m.stride}, std::span<const T>(m.data, m.rows * m.stride));
  }
  void Add(std::string name, const Matrix& m) { Add(std::move(name), m.view()); }
  // Keeps `m` itself.
  void Add(std::string name, Matrix&& m) {
    matrices_.push_back(std::make_unique<Matrix>(std::move(m)));
    Add(std::move(name), std::as_const(*matrices_.back()).view());
  }
  // The tensors of `file` whose names start with `from`, under `to` instead; padding apart.
  void AddAll(const TensorFile& file, std::string_view from, std::string_view to);
  // Keeps `text` itself.
  void AddText(std::string name, std::string text);

  // Writes version, hash, header and payload to `path`, atomically.
  Status Write(const std::string& path) const;
  // The same file in memory, without the hash: for looking at what would be written.
  Result<TensorFile> ToMemory(std::string name) const;

 private:
  struct Entry {
    std::string name;
    DType dtype;
    std::vector<uint64_t> shape;
    std::span<const std::byte> bytes;
  };
  // The table of contents of the file, with padding, and without the hash.
  TableOfContents Contents() const;
  // Calls piece(bytes) for the payload from front to back, padding included.
  template <class Piece>
  Status ForEachPiece(const Piece& piece) const;

  std::map<std::string, std::string, std::less<>> metadata_;
  std::vector<Entry> entries_;
  std::vector<std::unique_ptr<std::string>> texts_;
  std::vector<std::unique_ptr<Matrix>> matrices_;
};

}  // namespace vitrine

#endif  // VITRINE_FORMAT_SAFETENSORS_H_
