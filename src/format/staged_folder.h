// A folder that appears whole or not at all: filled beside its place, then renamed into it.
#ifndef VITRINE_FORMAT_STAGED_FOLDER_H_
#define VITRINE_FORMAT_STAGED_FOLDER_H_

#include <string>
#include <string_view>
#include <utility>

#include "core/result.h"
#include "format/temporary.h"

namespace vitrine {

class StagedFolder {
 public:
  // Refuses a `target` that holds anything, unless `replace` is set and the target holds `marker`,
  // the file that tells a folder of ours from everything else.
  static Result<StagedFolder> Create(const std::string& target, bool replace,
                                     std::string_view marker);

  // Where to write. Removed with this object, unless Commit has succeeded.
  const std::string& path() const { return staged_.path(); }
  // Puts it in place. Once only, and last.
  Status Commit();

 private:
  StagedFolder(std::string target, Temporary staged)
      : target_(std::move(target)), staged_(std::move(staged)) {}
  std::string target_;
  Temporary staged_;
};

}  // namespace vitrine

#endif  // VITRINE_FORMAT_STAGED_FOLDER_H_
