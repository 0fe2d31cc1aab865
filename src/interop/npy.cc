#include "interop/npy.h"

#include <charconv>
#include <cstring>
#include <optional>

#include "core/aligned_buffer.h"

namespace vitrine {
namespace {

constexpr std::string_view kMagic("\x93NUMPY", 6);
constexpr size_t kNpyAlignment = 64;  // of the elements in the file

// The text behind "'key': " in the header, a Python dictionary.
std::optional<std::string_view> ValueOf(std::string_view header, std::string_view key) {
  const size_t at = header.find("'" + std::string(key) + "':");
  if (at == std::string_view::npos) return {};
  header.remove_prefix(at + key.size() + 3);
  header.remove_prefix(std::min(header.find_first_not_of(' '), header.size()));
  return header;
}

// "(3, 4)", "(3,)" or "()".
std::optional<std::vector<uint64_t>> ParseShape(std::string_view text) {
  const size_t end = text.find(')');
  if (!text.starts_with('(') || end == std::string_view::npos) return {};
  text = text.substr(1, end - 1);
  std::vector<uint64_t> shape;
  while (!text.empty()) {
    uint64_t n = 0;
    const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), n);
    if (error != std::errc()) return {};
    shape.push_back(n);
    text.remove_prefix(static_cast<size_t>(rest - text.data()));
    text.remove_prefix(std::min(text.find_first_not_of(", "), text.size()));
  }
  return shape;
}

}  // namespace

bool IsNpy(std::span<const std::byte> file) {
  return file.size() >= kMagic.size() &&
         std::memcmp(file.data(), kMagic.data(), kMagic.size()) == 0;
}

Result<NpyArray> ParseNpy(const std::string& name, std::span<const std::byte> file) {
  const auto bad = [&](const std::string& what) {
    return Error{ErrorCode::kBadFormat,
                 name + ": " + what + "; write it again with numpy.save or numpy.savez"};
  };
  // Magic, two bytes of version, the header's length in 2 bytes (version 1) or 4.
  if (!IsNpy(file) || file.size() < 12) return bad("is no NumPy array");
  const int version = std::to_integer<int>(file[6]);
  const size_t length_size = version == 1 ? 2 : 4;
  const size_t begin = 8 + length_size;
  uint32_t length = 0;
  std::memcpy(&length, file.data() + 8, length_size);
  if (version > 3 || length > file.size() - begin) return bad("its header is damaged");
  const std::string_view header(reinterpret_cast<const char*>(file.data()) + begin, length);

  NpyArray array{.bytes = file.subspan(begin + length)};
  const auto type = ValueOf(header, "descr");
  const auto fortran_order = ValueOf(header, "fortran_order");
  const auto shape = ValueOf(header, "shape");
  if (!type || !fortran_order || !shape) return bad("its header is damaged");
  const auto sizes = ParseShape(*shape);
  if (!sizes) return bad("its header tells no shape");
  array.shape = *sizes;
  array.fortran_order = fortran_order->starts_with("True");
  // A structured type is a list and no text.
  array.type = type->starts_with('\'') ? type->substr(1, type->find('\'', 1) - 1) : "structured";
  return array;
}

std::string NpyHeader(size_t rows, size_t cols) {
  std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (" +
                       std::to_string(rows) + ", " + std::to_string(cols) + "), }";
  const size_t before = kMagic.size() + 4;
  const size_t padded = RoundUp(before + header.size() + 1, kNpyAlignment);
  header.resize(padded - before - 1, ' ');
  header += '\n';
  std::string text(kMagic);
  text += {'\x01', '\x00', static_cast<char>(header.size() & 0xff),
           static_cast<char>(header.size() >> 8)};
  return text + header;
}

}  // namespace vitrine
