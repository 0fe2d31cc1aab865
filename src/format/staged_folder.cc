#include "format/staged_folder.h"

#include <filesystem>

namespace vitrine {
namespace {

namespace fs = std::filesystem;

Error FolderError(const std::string& target, std::string_view doing, const std::error_code& error) {
  return {ErrorCode::kIo, target + ": cannot " + std::string(doing) + ": " + error.message() +
                              "; name a folder that can be written with --out"};
}

}  // namespace

Result<StagedFolder> StagedFolder::Create(const std::string& target, bool replace,
                                          std::string_view marker) {
  if (target.empty()) return Error{ErrorCode::kInvalidArgument, "--out is empty; name a folder"};
  fs::path place = fs::absolute(target).lexically_normal();
  if (!place.has_filename()) place = place.parent_path();
  std::error_code error;
  if (fs::is_symlink(place, error)) place = fs::weakly_canonical(place, error);
  if (fs::exists(place, error)) {
    if (!fs::is_directory(place, error)) {
      return Error{ErrorCode::kInvalidArgument,
                   target + ": is not a folder; name another with --out"};
    }
    const bool holds_something = !fs::is_empty(place, error);
    if (error) return FolderError(target, "read the folder", error);
    if (holds_something && !fs::exists(place / marker, error)) {
      return Error{ErrorCode::kInvalidArgument, target + ": holds other files and no " +
                                                    std::string(marker) +
                                                    "; name a new folder with --out"};
    }
    if (holds_something && !replace) {
      return Error{
          ErrorCode::kInvalidArgument,
          target + ": is already there; add --force to replace it, or name another with --out"};
    }
  }
  fs::create_directories(place.parent_path(), error);
  if (error) return FolderError(target, "create the folder", error);
  Temporary staged;
  error = staged.MakeFolder(place.string());
  if (error) return FolderError(target, "create the folder", error);
  return StagedFolder(place.string(), std::move(staged));
}

Status StagedFolder::Commit() {
  const std::error_code error = staged_.Place(target_);
  if (error) return FolderError(target_, "put it in place", error);
  return {};
}

}  // namespace vitrine
