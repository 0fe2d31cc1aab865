#include "data/text_source.h"

#include <fcntl.h>
#include <iconv.h>
#include <sys/stat.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string_view>
#include <utility>

namespace vitrine {
namespace {

constexpr size_t kRawBytes = size_t{256} << 10;

Error IoError(const std::string& path, const char* doing) {
  const int reason = errno;
  return {reason == ENOENT ? ErrorCode::kNotFound : ErrorCode::kIo,
          path + ": cannot " + doing + ": " + std::strerror(reason) +
              (reason == ENOENT ? "; check the path" : "; check its permissions and the disk")};
}

// iconv's name for ours.
std::string IconvName(const std::string& encoding) {
  std::string name;
  for (const char c : encoding) name += static_cast<char>(std::tolower(static_cast<uint8_t>(c)));
  if (name == "latin-1" || name == "latin1") return "iso-8859-1";
  if (name == "windows-1252") return "cp1252";
  if (name == "utf8") return "utf-8";
  return name;
}

// How files of packers begin, and what unpacks them.
struct Packer {
  std::string_view magic, name, unpacker;
};
constexpr Packer kPackers[] = {
    {"\x1f\x8b", "gzip", "gunzip -k"},
    {"\xfd\x37zXZ", "xz", "xz -dk"},
    {"\x28\xb5\x2f\xfd", "zstd", "zstd -dk"},
    {"BZh91AY&SY", "bzip2", "bunzip2 -k"},
    {"PK\x03\x04", "zip", "unzip; if it is a spreadsheet, save it as CSV"},
};

Status CheckUnpacked(const std::string& path, std::string_view front) {
  for (const Packer& packer : kPackers) {
    if (!front.starts_with(packer.magic)) continue;
    return {ErrorCode::kBadFormat, path + ": is packed by " + std::string(packer.name) +
                                       "; unpack it first (" + std::string(packer.unpacker) + ")"};
  }
  return {};
}

}  // namespace

void TextSource::CloseFile::operator()(std::FILE* file) const { std::fclose(file); }
void TextSource::CloseConverter::operator()(void* converter) const { ::iconv_close(converter); }

Result<TextSource> TextSource::Open(const std::string& path, const std::string& encoding) {
  TextSource source;
  source.path_ = path;
  source.encoding_ = IconvName(encoding);
  source.file_.reset(std::fopen(path.c_str(), "rbe"));
  if (source.file_ == nullptr) return IoError(path, "open");
  struct stat info {};
  if (::fstat(::fileno(source.file_.get()), &info) != 0) return IoError(path, "read");
  if (!S_ISREG(info.st_mode)) {
    return Error{ErrorCode::kInvalidArgument, path + ": is not a regular file; name a file"};
  }
  std::setvbuf(source.file_.get(), nullptr, _IONBF, 0);
  source.raw_.resize(kRawBytes);
  VITRINE_RETURN_IF_ERROR(source.Fill());
  VITRINE_RETURN_IF_ERROR(CheckUnpacked(path, {source.raw_.data(), source.end_}));
  source.DetectMark();
  if (source.encoding_ != "utf-8") VITRINE_RETURN_IF_ERROR(source.OpenConverter());
  return source;
}

Status TextSource::Fill() {
  std::move(raw_.begin() + static_cast<ptrdiff_t>(begin_),
            raw_.begin() + static_cast<ptrdiff_t>(end_), raw_.begin());
  end_ -= begin_;
  begin_ = 0;
  const size_t n = std::fread(raw_.data() + end_, 1, raw_.size() - end_, file_.get());
  if (n == 0 && std::ferror(file_.get()) != 0) return IoError(path_, "read");
  at_end_ = n == 0;
  end_ += n;
  bytes_read_ += n;
  return {};
}

void TextSource::DetectMark() {
  const std::string_view head(raw_.data(), end_);
  if (head.starts_with("\xEF\xBB\xBF")) {
    encoding_ = "utf-8";
    begin_ = 3;
  } else if (head.starts_with("\xFF\xFE") || head.starts_with("\xFE\xFF")) {
    encoding_ = head.starts_with("\xFF\xFE") ? "utf-16le" : "utf-16be";
    begin_ = 2;
  }
}

Status TextSource::OpenConverter() {
  const iconv_t converter = ::iconv_open("utf-8", encoding_.c_str());
  // NOLINTNEXTLINE(performance-no-int-to-ptr): POSIX's own mark of failure
  if (converter == reinterpret_cast<iconv_t>(-1)) {
    return {ErrorCode::kInvalidArgument,
            "unknown encoding '" + encoding_ +
                "'; use utf-8, latin-1, windows-1252, utf-16 or another name that iconv -l lists"};
  }
  converter_.reset(converter);
  return {};
}

Result<size_t> TextSource::Read(std::span<char> out) {
  if (converter_ != nullptr) return Convert(out);
  if (begin_ == end_) {
    // The large reads go straight to their place.
    const size_t n = std::fread(out.data(), 1, out.size(), file_.get());
    if (n == 0 && std::ferror(file_.get()) != 0) return IoError(path_, "read");
    bytes_read_ += n;
    return n;
  }
  const size_t n = std::min(out.size(), end_ - begin_);
  std::memcpy(out.data(), raw_.data() + begin_, n);
  begin_ += n;
  return n;
}

Result<size_t> TextSource::Convert(std::span<char> out) {
  char* to = out.data();
  size_t to_left = out.size();
  while (true) {
    char* from = raw_.data() + begin_;
    size_t from_left = end_ - begin_;
    const size_t converted = ::iconv(converter_.get(), &from, &from_left, &to, &to_left);
    const int reason = converted == static_cast<size_t>(-1) ? errno : 0;
    begin_ = end_ - from_left;
    if (to != out.data()) return static_cast<size_t>(to - out.data());
    if (reason == EILSEQ || (reason == EINVAL && at_end_)) {
      return Error{ErrorCode::kBadFormat,
                   path_ + ": byte " + std::to_string(bytes_read_ - from_left + 1) + " is no " +
                       encoding_ + " text; name another --encoding"};
    }
    if (at_end_) return size_t{0};
    VITRINE_RETURN_IF_ERROR(Fill());
  }
}

}  // namespace vitrine
