// A text file as a stream of UTF-8, whatever it was written in.
#ifndef VITRINE_DATA_TEXT_SOURCE_H_
#define VITRINE_DATA_TEXT_SOURCE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/result.h"

namespace vitrine {

// Reads block by block instead of mapping, so that the text never counts towards peak memory.
class TextSource {
 public:
  // `encoding`: "utf-8", "latin-1", "windows-1252", "utf-16" or any name that iconv knows. A byte
  // order mark wins over it. UTF-8 is passed through unchecked: LineReader knows line numbers.
  static Result<TextSource> Open(const std::string& path, const std::string& encoding);

  // Fills the front of `out`, at least 16 bytes, and gives the number of bytes; 0 at the end.
  Result<size_t> Read(std::span<char> out);

  const std::string& path() const { return path_; }
  const std::string& encoding() const { return encoding_; }
  bool is_utf8() const { return converter_ == nullptr; }
  uint64_t bytes_read() const { return bytes_read_; }  // of the file, not of the UTF-8

 private:
  struct CloseFile {
    void operator()(std::FILE* file) const;
  };
  struct CloseConverter {
    void operator()(void* converter) const;
  };

  TextSource() = default;
  // Reads raw bytes behind those pending.
  Status Fill();
  // UTF-16 by its mark, and past the mark of UTF-8.
  void DetectMark();
  Status OpenConverter();
  Result<size_t> Convert(std::span<char> out);

  std::string path_;
  std::string encoding_;
  std::unique_ptr<std::FILE, CloseFile> file_;
  std::unique_ptr<void, CloseConverter> converter_;  // iconv_t; none for UTF-8
  std::vector<char> raw_;                            // bytes [begin_, end_) are pending
  size_t begin_ = 0;
  size_t end_ = 0;
  bool at_end_ = false;
  uint64_t bytes_read_ = 0;
};

}  // namespace vitrine

#endif  // VITRINE_DATA_TEXT_SOURCE_H_
