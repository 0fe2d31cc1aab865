// The laws of core/: known answers of SHA-256 and Philox, padding, transposition, and partitions.
#include <gtest/gtest.h>

#include <cstring>
#include <string>

#include "core/csr.h"
#include "core/matrix.h"
#include "core/parallel.h"
#include "core/rng.h"
#include "core/sha256.h"
#include "core/string_ids.h"

namespace vitrine {
namespace {

std::string HashInPieces(const std::string& text, size_t piece) {
  Sha256 sha;
  for (size_t at = 0; at < text.size(); at += piece) {
    sha.Update(std::as_bytes(std::span(text).subspan(at, std::min(piece, text.size() - at))));
  }
  return sha.Finish();
}

// FIPS 180-4 examples.
TEST(Sha256, GivesTheStandardsKnownAnswers) {
  EXPECT_EQ(HashInPieces("", 1),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(HashInPieces("abc", 3),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(HashInPieces("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 7),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(HashInPieces(std::string(1000000, 'a'), 1000),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, DoesNotDependOnHowTheBytesArrive) {
  for (size_t n = 50; n < 140; ++n) {
    const std::string text(n, 'x');
    for (const size_t piece : {1, 13, 64, 65})
      EXPECT_EQ(HashInPieces(text, piece), HashInPieces(text, n));
  }
}

// Known answers published with Random123 (kat_vectors, philox4x32 10).
TEST(Philox, GivesThePublishedKnownAnswers) {
  EXPECT_EQ(Philox({0, 0, 0, 0}, 0, 0),
            (std::array<uint32_t, 4>{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(Philox({~0u, ~0u, ~0u, ~0u}, ~0u, ~0u),
            (std::array<uint32_t, 4>{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(Philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, 0xa4093822, 0x299f31d0),
            (std::array<uint32_t, 4>{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Rng, DrawsHaveTheRightMoments) {
  Rng rng(7, 3);
  double sum = 0, square = 0, uniform = 0;
  constexpr int kDraws = 200000;
  for (int i = 0; i < kDraws; ++i) {
    const double x = rng.Normal();
    sum += x;
    square += x * x;
    uniform += rng.Uniform();
  }
  EXPECT_NEAR(sum / kDraws, 0, 0.01);
  EXPECT_NEAR(square / kDraws, 1, 0.02);
  EXPECT_NEAR(uniform / kDraws, 0.5, 0.005);
}

TEST(Matrix, RowsStartOnCacheLinesAndPaddingIsZero) {
  Matrix m(3, 5);
  EXPECT_EQ(m.stride() % kRowMultiple, 0u);
  for (size_t r = 0; r < 3; ++r) {
    EXPECT_EQ(reinterpret_cast<uintptr_t>(m.Row(r)) % kAlignment, 0u);
    for (size_t c = 0; c < m.stride(); ++c) EXPECT_EQ(m.Row(r)[c], 0.0f);
  }
}

TEST(Csr, TransposeTwiceIsTheSame) {
  Csr a{.cols = 4};
  a.indices = {1, 3};
  a.values = {1, 2};
  a.EndRow();
  a.EndRow();
  a.indices.insert(a.indices.end(), {0, 1, 2});
  a.values.insert(a.values.end(), {3, 4, 5});
  a.EndRow();
  const Csr back = Transpose(Transpose(a));
  EXPECT_EQ(back.offsets, a.offsets);
  EXPECT_EQ(back.indices, a.indices);
  EXPECT_EQ(back.values, a.values);
}

TEST(ParallelFor, CoversEveryIndexOnce) {
  for (const size_t n : {0, 1, 7, 64, 1000}) {
    std::vector<int> seen(n);
    ParallelFor(n, 16, [&](size_t first, size_t last, size_t) {
      for (size_t i = first; i < last; ++i) ++seen[i];
    });
    ParallelForDynamic(n, 16, [&](size_t first, size_t last) {
      for (size_t i = first; i < last; ++i) ++seen[i];
    });
    EXPECT_EQ(seen, std::vector<int>(n, 2));
  }
}

TEST(StringIds, NumbersNamesByFirstAppearanceAndSurvivesAMove) {
  StringIds ids;
  EXPECT_EQ(ids.Add("b"), 0u);
  EXPECT_EQ(ids.Add("a"), 1u);
  EXPECT_EQ(ids.Add("b"), 0u);
  const StringIds moved = std::move(ids);
  EXPECT_EQ(moved.Find("a"), 1u);
  EXPECT_EQ(moved.Find("c"), StringIds::kNone);
}

}  // namespace
}  // namespace vitrine
