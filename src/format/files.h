// Files on disk, natively: mapped for reading, replaced in one step when written.
#ifndef VITRINE_FORMAT_FILES_H_
#define VITRINE_FORMAT_FILES_H_

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "core/result.h"
#include "format/temporary.h"

namespace vitrine {

// A file mapped read-only; shared, so that views into it can keep it alive.
class MappedFile {
 public:
  static Result<std::shared_ptr<const MappedFile>> Open(const std::string& path);
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile();
  std::span<const std::byte> bytes() const { return {data_, size_}; }

 private:
  MappedFile() = default;
  const std::byte* data_ = nullptr;
  size_t size_ = 0;
};

// Writes beside `path` and takes its place on Commit. Without Commit nothing is left behind.
class AtomicFile {
 public:
  static Result<AtomicFile> Create(const std::string& path);
  AtomicFile(AtomicFile&& other) noexcept;
  AtomicFile& operator=(AtomicFile&&) = delete;
  ~AtomicFile();

  Status Write(std::span<const std::byte> bytes);
  Status Write(std::string_view text) { return Write(std::as_bytes(std::span(text))); }
  // Flushes to the disk and renames. The file must not be used afterwards.
  Status Commit();

 private:
  AtomicFile(std::string path, Temporary temporary, int fd)
      : path_(std::move(path)), temporary_(std::move(temporary)), fd_(fd) {}
  std::string path_;
  Temporary temporary_;
  int fd_ = -1;
};

Result<std::string> ReadTextFile(const std::string& path);
Status WriteTextFile(const std::string& path, std::string_view text);
// Creates a folder and its parents; fine if it is there.
Status CreateFolder(const std::string& path);

}  // namespace vitrine

#endif  // VITRINE_FORMAT_FILES_H_
