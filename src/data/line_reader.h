// A text file line by line, in a buffer that its readers may write into.
#ifndef VITRINE_DATA_LINE_READER_H_
#define VITRINE_DATA_LINE_READER_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/result.h"
#include "data/text_source.h"

namespace vitrine {

class LineReader {
 public:
  static constexpr size_t kMaxLineBytes = size_t{16} << 20;
  static constexpr size_t kPadding = 64;  // readable bytes after every line, as simdjson wants

  static Result<LineReader> Open(const std::string& path, const std::string& encoding);

  // The next line, valid UTF-8, without its end (LF or CR LF); false after the last. Valid until
  // the next call.
  Result<bool> Next(std::span<char>& line);
  // The line again, and the one after it, with the line end between: a quoted field may go on.
  // False, and nothing changed, where there is none.
  Result<bool> Extend(std::span<char>& line);
  // Takes back every Extend since Next.
  void Retract();

  // Of the last line's beginning; from 1.
  uint64_t line_number() const { return line_number_; }
  const std::string& path() const { return source_.path(); }
  const TextSource& source() const { return source_; }

 private:
  explicit LineReader(TextSource source) : source_(std::move(source)) {}
  // Moves [begin_, end_) to the front and reads behind it, checking what is new. False at the end.
  Result<bool> Fill();
  // Finds the line that starts at `at`: sets next_. False where the text ends before it.
  Result<bool> FindEnd(size_t at);
  Status CheckText(size_t from);

  TextSource source_;
  std::vector<char> buffer_;
  size_t begin_ = 0;       // of the last line
  size_t next_ = 0;        // of the line after it
  size_t end_ = 0;         // of the bytes read
  size_t checked_ = 0;     // bytes before it are valid
  size_t first_next_ = 0;  // next_ as Next left it
  uint64_t line_number_ = 0;
  uint64_t n_lines_ = 0;  // in the last line, after Extend
  bool at_end_ = false;
};

}  // namespace vitrine

#endif  // VITRINE_DATA_LINE_READER_H_
