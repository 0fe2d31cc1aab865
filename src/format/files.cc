#include "format/files.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

namespace vitrine {
namespace {

Error IoError(const std::string& path, const char* doing, int reason = errno) {
  const char* remedy = reason == ENOENT   ? "check the path"
                       : reason == EACCES ? "check its permissions"
                       : reason == ENOSPC || reason == EDQUOT || reason == EFBIG
                           ? "free some disk space and run again"
                           : "check the path and the disk";
  return {reason == ENOENT ? ErrorCode::kNotFound : ErrorCode::kIo,
          path + ": cannot " + doing + ": " + std::strerror(reason) + "; " + remedy};
}

}  // namespace

Result<std::shared_ptr<const MappedFile>> MappedFile::Open(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return IoError(path, "open");
  struct stat info {};
  if (::fstat(fd, &info) != 0) {
    const Error error = IoError(path, "read");
    ::close(fd);
    return error;
  }
  if (!S_ISREG(info.st_mode)) {
    ::close(fd);
    return Error{ErrorCode::kInvalidArgument, path + ": is not a regular file; name a file"};
  }
  std::shared_ptr<MappedFile> file(new MappedFile);
  file->size_ = static_cast<size_t>(info.st_size);
  if (file->size_ > 0) {
    void* data = ::mmap(nullptr, file->size_, PROT_READ, MAP_PRIVATE, fd, 0);
    if (data == MAP_FAILED) {
      const Error error = IoError(path, "map");
      ::close(fd);
      return error;
    }
    file->data_ = static_cast<const std::byte*>(data);
  }
  ::close(fd);
  return std::shared_ptr<const MappedFile>(std::move(file));
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(const_cast<std::byte*>(data_), size_);
}

Result<AtomicFile> AtomicFile::Create(const std::string& path) {
  // A link keeps pointing to what is replaced; a device is nothing to replace.
  std::error_code error;
  const std::string target = std::filesystem::is_symlink(path, error)
                                 ? std::filesystem::weakly_canonical(path, error).string()
                                 : path;
  const auto status = std::filesystem::status(target, error);
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
    return Error{ErrorCode::kInvalidArgument, path + ": is not an ordinary file; name another"};
  }
  Temporary temporary;
  int fd = -1;
  error = temporary.MakeFile(target, fd);
  if (error) return IoError(path, "create", error.value());
  return AtomicFile(target, std::move(temporary), fd);
}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : path_(std::move(other.path_)),
      temporary_(std::move(other.temporary_)),
      fd_(std::exchange(other.fd_, -1)) {}

AtomicFile::~AtomicFile() {
  if (fd_ >= 0) ::close(fd_);
}

Status AtomicFile::Write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd_, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return IoError(path_, "write");
    bytes = bytes.subspan(static_cast<size_t>(n));
  }
  return {};
}

Status AtomicFile::Commit() {
  if (::fsync(fd_) != 0) return IoError(path_, "write");
  const std::error_code error = temporary_.Place(path_);
  if (error) return IoError(path_, "replace", error.value());
  return {};
}

Result<std::string> ReadTextFile(const std::string& path) {
  VITRINE_ASSIGN_OR_RETURN(const auto file, MappedFile::Open(path));
  const auto bytes = file->bytes();
  return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

Status WriteTextFile(const std::string& path, std::string_view text) {
  VITRINE_ASSIGN_OR_RETURN(AtomicFile file, AtomicFile::Create(path));
  VITRINE_RETURN_IF_ERROR(file.Write(text));
  return file.Commit();
}

Status CreateFolder(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) {
    return {ErrorCode::kIo, path + ": cannot create the folder: " + error.message()};
  }
  return {};
}

}  // namespace vitrine
