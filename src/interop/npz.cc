#include "interop/npz.h"

#include <zip.h>

#include <memory>

namespace vitrine {
namespace {

// No deflate stream says more in a byte.
constexpr uint64_t kMostInflated = 1032;

struct Close {
  void operator()(zip_t* archive) const { zip_discard(archive); }
  void operator()(zip_file_t* member) const { zip_fclose(member); }
};

Error Bad(const std::string& path, const std::string& what) {
  return {ErrorCode::kBadFormat,
          path + ": " + what + "; the file may be cut short, write it again with numpy.savez"};
}

}  // namespace

Result<std::vector<NpzMember>> ReadNpz(const std::string& path) {
  int code = 0;
  const std::unique_ptr<zip_t, Close> archive(zip_open(path.c_str(), ZIP_RDONLY, &code));
  if (archive == nullptr) {
    zip_error_t error;
    zip_error_init_with_code(&error, code);
    const std::string why = zip_error_strerror(&error);
    zip_error_fini(&error);
    return Bad(path, "is no archive that can be read (" + why + ")");
  }
  std::vector<NpzMember> members;
  const zip_int64_t n_members = zip_get_num_entries(archive.get(), 0);
  for (zip_int64_t i = 0; i < n_members; ++i) {
    zip_stat_t about;
    if (zip_stat_index(archive.get(), static_cast<zip_uint64_t>(i), 0, &about) != 0) {
      return Bad(path, "has a damaged directory");
    }
    std::string name = about.name;
    if (!name.ends_with(".npy")) continue;
    name.resize(name.size() - 4);
    if (about.size / kMostInflated > about.comp_size) return Bad(path, "'" + name + "' is damaged");
    NpzMember& member = members.emplace_back(NpzMember{name, std::vector<std::byte>(about.size)});
    const std::unique_ptr<zip_file_t, Close> opened(
        zip_fopen_index(archive.get(), static_cast<zip_uint64_t>(i), 0));
    // The last read checks the member's checksum.
    const zip_int64_t n_read =
        opened ? zip_fread(opened.get(), member.file.data(), member.file.size()) : -1;
    std::byte beyond;
    if (n_read != static_cast<zip_int64_t>(about.size) ||
        zip_fread(opened.get(), &beyond, 1) != 0) {
      return Bad(path, "'" + name + "' is damaged");
    }
  }
  return members;
}

}  // namespace vitrine
