// What is being written and has no place yet: removed when it is given up, by a signal as well.
#ifndef VITRINE_FORMAT_TEMPORARY_H_
#define VITRINE_FORMAT_TEMPORARY_H_

#include <string>
#include <system_error>
#include <utility>

namespace vitrine {

// A file or a folder beside the place that it is meant for.
class Temporary {
 public:
  Temporary() = default;
  Temporary(Temporary&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  Temporary& operator=(Temporary&&) = delete;
  ~Temporary();

  // Makes it, with the permissions of an ordinary folder or file. Once only.
  std::error_code MakeFolder(const std::string& target);
  // `fd` is open for writing, and the caller's to close.
  std::error_code MakeFile(const std::string& target, int& fd);
  const std::string& path() const { return path_; }
  // Takes the place of `target`, or changes nothing. A folder that stood there is moved aside, then
  // removed.
  std::error_code Place(const std::string& target);

 private:
  std::string path_;  // empty: nothing to remove
};

// From here on an interrupt, a hang-up or a request to terminate first removes what is temporary,
// then ends the process. To be called before the first thread is started.
void RemoveTemporariesOnSignal();

}  // namespace vitrine

#endif  // VITRINE_FORMAT_TEMPORARY_H_
