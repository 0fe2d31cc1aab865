#include "generate/folder.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "format/files.h"

namespace vitrine::generate {
namespace {

namespace fs = std::filesystem;

// A new folder beside `target`.
Result<std::string> MakeSibling(const std::string& target) {
  std::string sibling = target + ".XXXXXX";
  if (::mkdtemp(sibling.data()) == nullptr) {
    return Error{ErrorCode::kIo, target + ": cannot create the folder: " + std::strerror(errno) +
                                     "; choose a folder that you may write to"};
  }
  // mkdtemp gives 0700; the result should be an ordinary folder.
  const mode_t mask = ::umask(0);
  ::umask(mask);
  ::chmod(sibling.c_str(), 0777 & ~mask);
  return sibling;
}

}  // namespace

Result<StagedFolder> StagedFolder::Create(const std::string& target, bool replace,
                                          std::string_view marker) {
  if (target.empty()) return Error{ErrorCode::kInvalidArgument, "--out is empty; name a folder"};
  fs::path place = fs::absolute(target).lexically_normal();
  if (!place.has_filename()) place = place.parent_path();
  std::error_code error;
  if (fs::exists(place, error)) {
    if (!fs::is_directory(place, error)) {
      return Error{ErrorCode::kInvalidArgument, target + ": is not a folder; name another --out"};
    }
    const bool holds_something = !fs::is_empty(place, error);
    if (error) {
      return Error{ErrorCode::kIo, target + ": cannot read the folder: " + error.message() +
                                       "; choose a folder that you may write to"};
    }
    if (holds_something && !replace) {
      return Error{ErrorCode::kInvalidArgument,
                   target + ": is already there; name another --out, or add --force to replace it"};
    }
    if (holds_something && !fs::exists(place / marker, error)) {
      return Error{ErrorCode::kInvalidArgument,
                   target + ": holds no " + std::string(marker) +
                       ", so it is not ours to replace; name another --out"};
    }
  }
  VITRINE_RETURN_IF_ERROR(CreateFolder(place.parent_path().string()));
  VITRINE_ASSIGN_OR_RETURN(std::string staged, MakeSibling(place.string()));
  return StagedFolder(place.string(), std::move(staged));
}

StagedFolder::~StagedFolder() {
  if (staged_.empty()) return;
  std::error_code ignored;
  fs::remove_all(staged_, ignored);
}

Status StagedFolder::Commit() {
  const auto fail = [this](const std::string& reason) {
    return Status(ErrorCode::kIo, target_ + ": cannot take its place: " + reason +
                                      "; choose a folder that you may write to");
  };
  std::error_code error;
  std::string old;
  if (fs::exists(target_, error) && !fs::is_empty(target_, error)) {
    VITRINE_ASSIGN_OR_RETURN(old, MakeSibling(target_));
    fs::rename(target_, old, error);
    if (error) {
      std::error_code ignored;
      fs::remove(old, ignored);
      return fail(error.message());
    }
  }
  fs::rename(staged_, target_, error);
  if (error) {
    std::error_code ignored;
    if (!old.empty()) fs::rename(old, target_, ignored);
    return fail(error.message());
  }
  staged_.clear();
  if (!old.empty()) fs::remove_all(old, error);
  return {};
}

}  // namespace vitrine::generate
