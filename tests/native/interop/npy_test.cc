#include "interop/npy.h"

#include <gtest/gtest.h>

namespace vitrine {
namespace {

// As numpy.save writes it: version, header, elements.
std::string Npy(const std::string& header, const std::string& elements, char version = 1) {
  std::string file("\x93NUMPY", 6);
  file += {version, '\x00', static_cast<char>(header.size()), '\x00'};
  if (version > 1) file.append(2, '\x00');
  return file + header + elements;
}

Result<NpyArray> Parse(const std::string& file) {
  return ParseNpy("x.npy", std::as_bytes(std::span(file)));
}

TEST(Npy, HeadersOfEveryVersionAreRead) {
  for (const char version : {'\x01', '\x02', '\x03'}) {
    const std::string file = Npy("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }\n",
                                 std::string(24, 'x'), version);
    const auto array = Parse(file);
    ASSERT_TRUE(array.ok()) << array.error().message;
    EXPECT_EQ(array->type, "<f4");
    EXPECT_TRUE(array->fortran_order);
    EXPECT_EQ(array->shape, (std::vector<uint64_t>{2, 3}));
    EXPECT_EQ(array->bytes.size(), 24u);
  }
}

TEST(Npy, ShapesOfVectorsAndScalarsAreRead) {
  const auto shape_of = [](const std::string& shape) {
    const std::string file =
        Npy("{'descr': '<f8', 'fortran_order': False, 'shape': " + shape + ", }\n", "");
    return Parse(file)->shape;
  };
  EXPECT_EQ(shape_of("(7,)"), std::vector<uint64_t>{7});
  EXPECT_TRUE(shape_of("()").empty());
}

TEST(Npy, AStructuredTypeIsNamedSo) {
  const std::string file =
      Npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }\n", "1234");
  EXPECT_EQ(Parse(file)->type, "structured");
}

TEST(Npy, DamagedHeadersAreRefused) {
  const std::string good =
      Npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }\n", "1234");
  for (const size_t n : {0, 5, 6, 11, 12, 40}) {
    EXPECT_FALSE(Parse(good.substr(0, n)).ok()) << n << " bytes";
  }
  EXPECT_FALSE(Parse(Npy("{'descr': '<f4', 'shape': (1,), }\n", "1234")).ok());
  EXPECT_FALSE(Parse(Npy("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }\n", "")).ok());
  EXPECT_FALSE(Parse(Npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1", "")).ok());
}

TEST(Npy, WhatIsWrittenIsReadAndStartsOnACacheLine) {
  for (const size_t rows : {1, 12345678}) {
    const std::string header = NpyHeader(rows, 33);
    EXPECT_EQ(header.size() % 64, 0u);
    const auto array = Parse(header);
    ASSERT_TRUE(array.ok()) << array.error().message;
    EXPECT_EQ(array->shape, (std::vector<uint64_t>{rows, 33}));
    EXPECT_EQ(array->type, "<f4");
    EXPECT_FALSE(array->fortran_order);
  }
}

}  // namespace
}  // namespace vitrine
