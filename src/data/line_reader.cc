#include "data/line_reader.h"

#include <simdjson.h>

#include <algorithm>
#include <cstring>

namespace vitrine {
namespace {

constexpr size_t kBlockBytes = size_t{1} << 20;

}  // namespace

Result<LineReader> LineReader::Open(const std::string& path, const std::string& encoding) {
  VITRINE_ASSIGN_OR_RETURN(TextSource source, TextSource::Open(path, encoding));
  LineReader reader(std::move(source));
  reader.buffer_.resize(kBlockBytes + kPadding);
  return reader;
}

Result<bool> LineReader::Next(std::span<char>& line) {
  line_number_ += std::max<uint64_t>(n_lines_, 1);
  n_lines_ = 0;
  begin_ = next_;
  VITRINE_ASSIGN_OR_RETURN(const bool found, FindEnd(begin_));
  if (!found) return false;
  n_lines_ = 1;
  first_next_ = next_ - begin_;
  size_t end = next_;
  if (end > begin_ && buffer_[end - 1] == '\n') --end;
  if (end > begin_ && buffer_[end - 1] == '\r') --end;
  line = std::span(buffer_).subspan(begin_, end - begin_);
  return true;
}

Result<bool> LineReader::Extend(std::span<char>& line) {
  VITRINE_ASSIGN_OR_RETURN(const bool found, FindEnd(next_));
  if (!found) return false;
  ++n_lines_;
  size_t end = next_;
  if (buffer_[end - 1] == '\n') --end;
  if (end > begin_ && buffer_[end - 1] == '\r') --end;
  line = std::span(buffer_).subspan(begin_, end - begin_);
  return true;
}

void LineReader::Retract() {
  next_ = begin_ + first_next_;
  n_lines_ = 1;
}

Result<bool> LineReader::FindEnd(size_t at) {
  size_t scanned = at;
  while (true) {
    const void* newline = std::memchr(buffer_.data() + scanned, '\n', end_ - scanned);
    if (newline != nullptr) {
      next_ = static_cast<size_t>(static_cast<const char*>(newline) - buffer_.data()) + 1;
      return true;
    }
    scanned = end_ - begin_;
    const size_t line = at - begin_;
    VITRINE_ASSIGN_OR_RETURN(const bool more, Fill());
    at = begin_ + line;
    if (!more) {
      if (at == end_) return false;
      next_ = end_;
      return true;
    }
  }
}

Result<bool> LineReader::Fill() {
  if (at_end_) return false;
  std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
  end_ -= begin_;
  next_ -= std::min(next_, begin_);
  checked_ -= std::min(checked_, begin_);
  begin_ = 0;
  if (end_ > kMaxLineBytes) {
    return Error{ErrorCode::kBadFormat,
                 path() + ", line " + std::to_string(line_number_) +
                     ": the line is longer than 16 MiB; is it a text file with one row per line?"};
  }
  if (buffer_.size() - kPadding - end_ < kBlockBytes / 2) buffer_.resize(buffer_.size() * 2);
  const auto room = std::span(buffer_).subspan(end_, buffer_.size() - kPadding - end_);
  VITRINE_ASSIGN_OR_RETURN(const size_t n, source_.Read(room));
  const size_t from = end_;
  end_ += n;
  at_end_ = n == 0;
  VITRINE_RETURN_IF_ERROR(CheckText(from));
  return !at_end_;
}

Status LineReader::CheckText(size_t from) {
  // Up to the last line end: behind it a character may be cut in two.
  size_t whole = end_;
  while (!at_end_ && whole > checked_ && buffer_[whole - 1] != '\n') --whole;
  const bool binary = std::memchr(buffer_.data() + from, '\0', end_ - from) != nullptr;
  if (!binary && simdjson::validate_utf8(buffer_.data() + checked_, whole - checked_)) {
    checked_ = whole;
    return {};
  }
  uint64_t line_number = line_number_ + n_lines_;
  for (size_t begin = next_; begin < end_; ++line_number) {
    const char* newline =
        static_cast<const char*>(std::memchr(buffer_.data() + begin, '\n', end_ - begin));
    const size_t end =
        newline == nullptr ? end_ : static_cast<size_t>(newline - buffer_.data()) + 1;
    const std::span<const char> line = std::span(buffer_).subspan(begin, end - begin);
    if (std::find(line.begin(), line.end(), '\0') != line.end()) break;
    if (!simdjson::validate_utf8(line.data(), line.size())) break;
    begin = end;
  }
  return {ErrorCode::kBadFormat,
          path() + ", line " + std::to_string(line_number) +
              (binary ? ": holds zero bytes; is it a text file? If it is UTF-16, add --encoding "
                        "utf-16"
                      : ": is not UTF-8 text; name its --encoding, such as latin-1 or "
                        "windows-1252")};
}

}  // namespace vitrine
