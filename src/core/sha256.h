// SHA-256 (FIPS 180-4), fed piece by piece, so that a file can be checked while it streams in.
#ifndef VITRINE_CORE_SHA256_H_
#define VITRINE_CORE_SHA256_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace vitrine {

class Sha256 {
 public:
  void Update(std::span<const std::byte> bytes);
  // The digest as 64 lower-case hexadecimal digits. The object must not be used afterwards.
  std::string Finish();

 private:
  void Block(const std::byte* block);

  std::array<uint32_t, 8> state_ = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                    0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<std::byte, 64> pending_{};
  size_t n_pending_ = 0;
  uint64_t n_bytes_ = 0;
};

}  // namespace vitrine

#endif  // VITRINE_CORE_SHA256_H_
