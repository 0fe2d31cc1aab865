// A folder that appears whole or not at all: filled beside its place, then renamed into it.
#ifndef VITRINE_GENERATE_FOLDER_H_
#define VITRINE_GENERATE_FOLDER_H_

#include <string>
#include <string_view>
#include <utility>

#include "core/result.h"

namespace vitrine::generate {

class StagedFolder {
 public:
  // Refuses a `target` that holds anything, unless `replace` is set and the target holds `marker`,
  // the file that tells a folder of ours from everything else.
  static Result<StagedFolder> Create(const std::string& target, bool replace,
                                     std::string_view marker);
  StagedFolder(StagedFolder&& other) noexcept
      : target_(std::move(other.target_)), staged_(std::exchange(other.staged_, {})) {}
  StagedFolder& operator=(StagedFolder&&) = delete;
  // Without Commit, removes what was written.
  ~StagedFolder();

  // Where to write.
  const std::string& path() const { return staged_; }
  Status Commit();

 private:
  StagedFolder(std::string target, std::string staged)
      : target_(std::move(target)), staged_(std::move(staged)) {}
  std::string target_;
  std::string staged_;
};

}  // namespace vitrine::generate

#endif  // VITRINE_GENERATE_FOLDER_H_
