// The file format: what is written is read back, and every rule of FORMAT.md has its attack.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>

#include "core/rng.h"
#include "format/files.h"
#include "format/quantize.h"
#include "format/safetensors.h"

namespace vitrine {
namespace {

class FormatTest : public testing::Test {
 protected:
  FormatTest() : folder_(testing::TempDir() + "/vitrine_format_" + std::to_string(::getpid())) {
    std::filesystem::create_directories(folder_);
  }
  ~FormatTest() override { std::filesystem::remove_all(folder_); }
  std::string Path(const char* name) const { return folder_ + "/" + name; }

  // A small valid file: an odd-sized vector, a matrix, a text.
  std::string WriteSample() const {
    Matrix matrix(3, 5);
    for (size_t i = 0; i < 15; ++i) matrix(i / 5, i % 5) = static_cast<float>(i) - 7;
    TensorFileWriter writer;
    writer.SetMetadata("answer", int64_t{42});
    writer.SetMetadata("third", 1.0 / 3);
    writer.SetMetadata("vitrine.tables", "matrix");
    const std::vector<float> vector = {1, 2, 3};
    writer.Add("vector", vector);
    writer.Add("matrix", matrix);
    writer.AddText("text", "na\xC3\xAFve");
    const Status status = writer.Write(Path("sample.safetensors"));
    EXPECT_TRUE(status.ok()) << status.error().message;
    return Path("sample.safetensors");
  }

  // The sample with its header edited by `edit`, and written again with the same payload.
  std::string Attack(const std::function<void(nlohmann::json&)>& edit) const {
    const std::string bytes = *ReadTextFile(WriteSample());
    uint64_t size = 0;
    std::memcpy(&size, bytes.data(), 8);
    auto header = nlohmann::json::parse(bytes.substr(8, size));
    edit(header);
    std::string json = header.dump();
    json.resize(RoundUp(8 + json.size(), 64) - 8, ' ');
    return WriteParts(json, bytes.substr(8 + size));
  }
  std::string WriteParts(const std::string& json, const std::string& payload) const {
    const uint64_t size = json.size();
    std::string bytes(8, '\0');
    std::memcpy(bytes.data(), &size, 8);
    EXPECT_TRUE(WriteTextFile(Path("attack.safetensors"), bytes + json + payload).ok());
    return Path("attack.safetensors");
  }
  static void ExpectRefused(const std::string& path, ErrorCode code, const std::string& says) {
    const auto file = ReadTensorFile(path);
    ASSERT_FALSE(file.ok()) << says;
    EXPECT_EQ(file.error().code, code) << file.error().message;
    EXPECT_NE(file.error().message.find(says), std::string::npos) << file.error().message;
    EXPECT_NE(file.error().message.find(path), std::string::npos) << file.error().message;
  }

  std::string folder_;
};

TEST_F(FormatTest, WhatIsWrittenIsReadBack) {
  const auto file = ReadTensorFile(WriteSample());
  ASSERT_TRUE(file.ok()) << file.error().message;
  EXPECT_TRUE(file->CheckHash().ok());
  EXPECT_EQ(*file->Integer("answer"), 42);
  EXPECT_EQ(*file->Real("third"), 1.0 / 3);
  const auto vector = file->Vector<float>("vector", 3);
  ASSERT_TRUE(vector.ok());
  EXPECT_EQ((*vector)[2], 3.0f);
  const auto matrix = file->MatrixOf<float>("matrix", 3, 5);
  ASSERT_TRUE(matrix.ok());
  EXPECT_EQ((*matrix)(2, 4), 7.0f);
  const auto text = file->Values<uint8_t>("text");
  EXPECT_EQ(std::string(text->begin(), text->end()), "na\xC3\xAFve");
}

TEST_F(FormatTest, TheFileInMemoryEqualsTheFileOnDisk) {
  TensorFileWriter writer;
  const std::vector<float> values = {1, 2, 3};
  writer.Add("a", values);
  writer.AddText("b", "text");
  ASSERT_TRUE(writer.Write(Path("disk")).ok());
  const auto disk = ReadTensorFile(Path("disk"));
  const auto memory = writer.ToMemory("memory");
  ASSERT_TRUE(disk.ok() && memory.ok());
  EXPECT_TRUE(std::equal(disk->payload().begin(), disk->payload().end(), memory->payload().begin(),
                         memory->payload().end()));
}

TEST_F(FormatTest, AskingForWhatIsNotThereNamesIt) {
  const auto file = ReadTensorFile(WriteSample());
  EXPECT_EQ(file->Values<float>("nothing").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(file->Values<int8_t>("vector").error().code, ErrorCode::kBadFormat);
  EXPECT_EQ(file->Vector<float>("vector", 4).error().code, ErrorCode::kBadFormat);
  EXPECT_EQ(file->MatrixOf<float>("matrix", 4, 5).error().code, ErrorCode::kBadFormat);
  EXPECT_EQ(file->Integer("third").error().code, ErrorCode::kBadFormat);
}

TEST_F(FormatTest, AnAlteredByteFailsTheHash) {
  std::string bytes = *ReadTextFile(WriteSample());
  bytes[bytes.size() - 100] ^= 1;
  ASSERT_TRUE(WriteTextFile(Path("altered"), bytes).ok());
  const auto file = ReadTensorFile(Path("altered"));
  ASSERT_TRUE(!file.ok() || !file->CheckHash().ok());
}

TEST_F(FormatTest, EveryTruncationIsRefused) {
  const std::string bytes = *ReadTextFile(WriteSample());
  for (size_t size = 0; size < bytes.size(); size += 7) {
    ASSERT_TRUE(WriteTextFile(Path("cut"), bytes.substr(0, size)).ok());
    EXPECT_FALSE(ReadTensorFile(Path("cut")).ok()) << size;
  }
}

TEST_F(FormatTest, EveryRuleHasItsAttack) {
  using J = nlohmann::json;
  const auto bad = ErrorCode::kBadFormat;
  ExpectRefused(Attack([](J& h) { h["__metadata__"]["vitrine.version"] = "2"; }),
                ErrorCode::kUnsupportedVersion, "newer");
  ExpectRefused(Attack([](J& h) { h["__metadata__"]["vitrine.requires"] = "1"; }),
                ErrorCode::kUnsupportedVersion, "features");
  ExpectRefused(Attack([](J& h) { h["__metadata__"].erase("vitrine.version"); }),
                ErrorCode::kNotFound, "vitrine.version");
  ExpectRefused(Attack([](J& h) { h["__metadata__"]["vitrine.version"] = 1; }), bad, "not text");
  ExpectRefused(Attack([](J& h) { h["vector"]["dtype"] = "F12"; }), ErrorCode::kUnsupported, "F12");
  ExpectRefused(Attack([](J& h) { h["vector"]["shape"] = {4}; }), bad, "does not fill");
  ExpectRefused(Attack([](J& h) { h["vector"]["shape"] = {-3}; }), bad, "not described");
  ExpectRefused(Attack([](J& h) {
                  h["vector"]["shape"] = {uint64_t{1} << 62, 4};
                }),
                bad, "too large");
  ExpectRefused(Attack([](J& h) { h["vector"].erase("shape"); }), bad, "not described");
  ExpectRefused(Attack([](J& h) { h["vector"]["extra"] = 1; }), bad, "not described");
  ExpectRefused(Attack([](J& h) {
                  h["matrix"]["data_offsets"] = {0, 192};
                }),
                bad, "gap or overlaps");
  ExpectRefused(Attack([](J& h) { h["matrix"]["data_offsets"][1] = uint64_t{1} << 40; }), bad,
                "outside");
  ExpectRefused(Attack([](J& h) { h["vector"]["data_offsets"] = {12, 0}; }), bad, "");
  ExpectRefused(Attack([](J& h) { h.erase("text"); }), bad, "");
  // Two halves of the vector: the second one starts unaligned.
  ExpectRefused(Attack([](J& h) {
                  h["vector"]["shape"] = {1};
                  h["vector"]["data_offsets"] = {0, 4};
                  h["half"] = {{"dtype", "F32"}, {"shape", {2}}, {"data_offsets", {4, 12}}};
                }),
                bad, "not aligned");
  // Content passed off as padding.
  ExpectRefused(Attack([](J& h) {
                  h["pad.9"] = {{"dtype", "U8"}, {"shape", {12}}, {"data_offsets", {0, 12}}};
                  h.erase("vector");
                }),
                bad, "no padding");
  ExpectRefused(WriteParts("not json at all", ""), bad, "not JSON");
  ExpectRefused(WriteParts("[1, 2]", ""), bad, "not JSON");
  ExpectRefused(WriteParts(R"({"__metadata__":{"vitrine.version":"1","vitrine.version":"1"}})", ""),
                bad, "twice");
  ExpectRefused(WriteParts(std::string(17 << 20, ' '), ""), bad, "length is impossible");
}

TEST_F(FormatTest, DeepJsonDoesNotExhaustTheStack) {
  ExpectRefused(
      WriteParts("{\"a\":" + std::string(1 << 20, '[') + std::string(1 << 20, ']') + "}", ""),
      ErrorCode::kBadFormat, "");
}

TEST_F(FormatTest, Int8TablesErrByHalfAStepAndKeepTheRest) {
  const auto file = ReadTensorFile(WriteSample());
  ASSERT_TRUE(WriteAs(*file, DType::kI8, Path("int8")).ok());
  const auto int8 = ReadTensorFile(Path("int8"));
  ASSERT_TRUE(int8.ok() && int8->CheckHash().ok());
  const auto q = int8->MatrixOf<int8_t>("matrix", 3, 5);
  const auto scale = int8->Vector<float>("matrix.scale", 3);
  const auto original = file->MatrixOf<float>("matrix", 3, 5);
  ASSERT_TRUE(q.ok() && scale.ok() && original.ok());
  for (size_t r = 0; r < 3; ++r) {
    for (size_t c = 0; c < 5; ++c) {
      EXPECT_NEAR((*scale)[r] * (*q)(r, c), (*original)(r, c), (*scale)[r] * 0.5001f);
    }
    for (size_t c = 5; c < q->stride; ++c) EXPECT_EQ(q->Row(r)[c], 0);
  }
  EXPECT_TRUE(int8->Vector<float>("vector", 3).ok());
  const auto again = WriteAs(*int8, DType::kI8, Path("twice"));
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().code, ErrorCode::kInvalidArgument);
}

TEST_F(FormatTest, HalfFloatTablesKeepElevenBits) {
  const auto file = ReadTensorFile(WriteSample());
  ASSERT_TRUE(WriteAs(*file, DType::kF16, Path("f16")).ok());
  const auto half = ReadTensorFile(Path("f16"));
  ASSERT_TRUE(half.ok() && half->CheckHash().ok());
  const auto info = half->RequireMatrix("matrix", DType::kF16, 3, 5);
  const auto original = file->MatrixOf<float>("matrix", 3, 5);
  ASSERT_TRUE(info.ok() && original.ok());
  EXPECT_EQ((*info)->shape[1], 32u);
  const auto* values = reinterpret_cast<const Eigen::half*>(half->Bytes(**info).data());
  for (size_t r = 0; r < 3; ++r) {
    for (size_t c = 0; c < 32; ++c) {
      const float expected = c < 5 ? (*original)(r, c) : 0.0f;
      EXPECT_NEAR(static_cast<float>(values[r * 32 + c]), expected, std::abs(expected) / 2048);
    }
  }
  EXPECT_FALSE(half->Has("matrix.scale"));
}

TEST_F(FormatTest, Int4TablesArePairsAtTheScaleOfTheLeastError) {
  constexpr size_t kDim = 600;
  Matrix rows(3, kDim);
  Rng rng(1, 1);
  for (size_t c = 0; c < kDim; ++c) {
    rows(0, c) = static_cast<float>(static_cast<int>(c % 15) - 7);  // exact
    rows(1, c) = rng.Normal();
  }
  TensorFileWriter writer;
  writer.SetMetadata("vitrine.tables", "matrix");
  writer.Add("matrix", rows);
  ASSERT_TRUE(writer.Write(Path("f32")).ok());
  ASSERT_TRUE(WriteAs(*ReadTensorFile(Path("f32")), DType::kU8, Path("int4")).ok());
  const auto int4 = ReadTensorFile(Path("int4"));
  ASSERT_TRUE(int4.ok() && int4->CheckHash().ok());
  const auto pairs = int4->MatrixOf<uint8_t>("matrix", 3, kDim / 2);
  const auto scale = int4->Vector<float>("matrix.scale", 3);
  ASSERT_TRUE(pairs.ok() && scale.ok());
  ASSERT_EQ(pairs->stride, 304u);
  const auto value = [&](size_t r, size_t c) {
    const int pair = pairs->Row(r)[c / 32 * 16 + c % 16];
    return (*scale)[r] * static_cast<float>((c % 32 < 16 ? pair & 15 : pair >> 4) - 8);
  };
  const auto row = rows.view().RowSpan(1);
  const float step =
      std::abs(*std::ranges::max_element(row, {}, [](float x) { return std::abs(x); })) / 7;
  double error = 0, error_of_the_largest = 0;
  for (size_t c = 0; c < 608; ++c) {
    EXPECT_FLOAT_EQ(value(0, c), c < kDim ? rows(0, c) : 0.0f);
    EXPECT_EQ(value(2, c), 0.0f);
    if (c >= kDim) continue;
    error += std::pow(value(1, c) - row[c], 2);
    error_of_the_largest += std::pow(step * std::round(row[c] / step) - row[c], 2);
  }
  EXPECT_LT(error, 0.8 * error_of_the_largest);
  EXPECT_EQ((*scale)[2], 0.0f);
}

TEST_F(FormatTest, WeightsOfLargeLayersGoWithTheTables) {
  Matrix large(128, 128), small(32, 64);
  large(3, 5) = 2;
  TensorFileWriter writer;
  writer.Add("layer0.weight", large);
  writer.Add("layer1.weight", small);
  ASSERT_TRUE(writer.Write(Path("f32")).ok());
  const auto file = ReadTensorFile(Path("f32"));
  for (const auto& [dtype, expected] :
       {std::pair(DType::kI8, DType::kI8), std::pair(DType::kU8, DType::kI8),
        std::pair(DType::kF16, DType::kF16), std::pair(DType::kF32, DType::kF32)}) {
    ASSERT_TRUE(WriteAs(*file, dtype, Path("made")).ok());
    const auto made = ReadTensorFile(Path("made"));
    EXPECT_EQ(made->Find("layer0.weight")->dtype, expected);
    EXPECT_EQ(made->Has("layer0.weight.scale"), expected == DType::kI8);
    EXPECT_EQ(made->Find("layer1.weight")->dtype, DType::kF32);
    if (expected != DType::kI8) continue;
    EXPECT_EQ(made->MatrixOf<int8_t>("layer0.weight", 128, 128)->Row(3)[5], 127);
    EXPECT_FLOAT_EQ((*made->Vector<float>("layer0.weight.scale", 128))[3], 2.0f / 127);
  }
}

TEST_F(FormatTest, ADiskThatFillsUpLeavesNothingBehind) {
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  rlimit small = before;
  small.rlim_cur = 1000;
  ::setrlimit(RLIMIT_FSIZE, &small);
  TensorFileWriter writer;
  const std::vector<float> values(10000);
  writer.Add("values", values);
  const Status status = writer.Write(Path("full"));
  ::setrlimit(RLIMIT_FSIZE, &before);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::kIo);
  EXPECT_TRUE(std::filesystem::is_empty(folder_));
}

TEST_F(FormatTest, ReplacingAFileKeepsTheOldOneUntilTheNewIsWhole) {
  ASSERT_TRUE(WriteTextFile(Path("file"), "old").ok());
  {
    auto file = AtomicFile::Create(Path("file"));
    ASSERT_TRUE(file.ok());
    ASSERT_TRUE(file->Write(std::string_view("new")).ok());
    EXPECT_EQ(*ReadTextFile(Path("file")), "old");
  }
  EXPECT_EQ(*ReadTextFile(Path("file")), "old");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 1);
}

TEST_F(FormatTest, ALinkKeepsPointingAndADeviceIsNotReplaced) {
  ASSERT_TRUE(WriteTextFile(Path("file"), "old").ok());
  std::filesystem::create_symlink(Path("file"), Path("link"));
  ASSERT_TRUE(WriteTextFile(Path("link"), "new").ok());
  EXPECT_TRUE(std::filesystem::is_symlink(Path("link")));
  EXPECT_EQ(*ReadTextFile(Path("file")), "new");
  ASSERT_EQ(::mkfifo(Path("pipe").c_str(), 0600), 0);
  EXPECT_EQ(WriteTextFile(Path("pipe"), "new").error().code, ErrorCode::kInvalidArgument);
  EXPECT_TRUE(std::filesystem::is_fifo(Path("pipe")));
}

TEST_F(FormatTest, AMissingFileAndAFolderAreNamed) {
  EXPECT_EQ(ReadTensorFile(Path("missing")).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(ReadTensorFile(folder_).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(AtomicFile::Create(Path("no/such/folder")).error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace vitrine
