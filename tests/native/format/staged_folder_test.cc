// A staged folder appears whole or not at all, and never takes the place of what isn't ours.
#include "format/staged_folder.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace vitrine {
namespace {

namespace fs = std::filesystem;

class StagedFolderTest : public testing::Test {
 protected:
  void SetUp() override {
    root_ = fs::path(testing::TempDir()) / ("staged-" + std::to_string(::getpid()));
    fs::remove_all(root_);
    fs::create_directories(root_);
    target_ = (root_ / "shop").string();
  }
  void TearDown() override { fs::remove_all(root_); }
  static void Put(const fs::path& path, const std::string& text) { std::ofstream(path) << text; }
  static std::string Get(const fs::path& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  size_t Entries() const {
    return static_cast<size_t>(std::distance(fs::directory_iterator(root_), {}));
  }

  fs::path root_;
  std::string target_;
};

TEST_F(StagedFolderTest, IsThereAfterCommitAlone) {
  {
    auto folder = StagedFolder::Create(target_, false, "shop.json");
    ASSERT_TRUE(folder.ok());
    Put(folder->path() + "/shop.json", "{}");
    EXPECT_FALSE(fs::exists(target_));
    ASSERT_TRUE(folder->Commit().ok());
  }
  EXPECT_EQ(Get(target_ + "/shop.json"), "{}");
  EXPECT_EQ(Entries(), 1u);
}

TEST_F(StagedFolderTest, LeavesNothingWithoutCommit) {
  {
    auto folder = StagedFolder::Create(target_, false, "shop.json");
    ASSERT_TRUE(folder.ok());
    fs::create_directory(folder->path() + "/deep");
    Put(folder->path() + "/deep/file", "x");
  }
  EXPECT_EQ(Entries(), 0u);
}

TEST_F(StagedFolderTest, TakesAnEmptyFolderAndATrailingSlash) {
  fs::create_directory(target_);
  auto folder = StagedFolder::Create(target_ + "/", false, "shop.json");
  ASSERT_TRUE(folder.ok());
  Put(folder->path() + "/shop.json", "{}");
  ASSERT_TRUE(folder->Commit().ok());
  EXPECT_EQ(Get(target_ + "/shop.json"), "{}");
}

TEST_F(StagedFolderTest, RefusesAFolderThatHoldsSomething) {
  fs::create_directory(target_);
  Put(target_ + "/shop.json", "old");
  const auto folder = StagedFolder::Create(target_, false, "shop.json");
  ASSERT_FALSE(folder.ok());
  EXPECT_EQ(folder.error().code, ErrorCode::kInvalidArgument);
  EXPECT_NE(folder.error().message.find("--force"), std::string::npos);
  EXPECT_EQ(Get(target_ + "/shop.json"), "old");
}

TEST_F(StagedFolderTest, ReplacesAFolderOfOursWhenForced) {
  fs::create_directory(target_);
  Put(target_ + "/shop.json", "old");
  Put(target_ + "/stray", "old");
  auto folder = StagedFolder::Create(target_, true, "shop.json");
  ASSERT_TRUE(folder.ok());
  Put(folder->path() + "/shop.json", "new");
  EXPECT_EQ(Get(target_ + "/shop.json"), "old");
  ASSERT_TRUE(folder->Commit().ok());
  EXPECT_EQ(Get(target_ + "/shop.json"), "new");
  EXPECT_FALSE(fs::exists(target_ + "/stray"));
  EXPECT_EQ(Entries(), 1u);
}

TEST_F(StagedFolderTest, NeverReplacesWhatIsNotOurs) {
  fs::create_directory(target_);
  Put(target_ + "/thesis.tex", "years of work");
  const auto folder = StagedFolder::Create(target_, true, "shop.json");
  ASSERT_FALSE(folder.ok());
  EXPECT_EQ(folder.error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(Get(target_ + "/thesis.tex"), "years of work");
}

TEST_F(StagedFolderTest, RefusesAFileAndAPlaceThatCannotBeWritten) {
  Put(target_, "a file");
  EXPECT_FALSE(StagedFolder::Create(target_, true, "shop.json").ok());
  EXPECT_FALSE(StagedFolder::Create("", true, "shop.json").ok());
  const auto nowhere = StagedFolder::Create("/proc/no/such/shop", false, "shop.json");
  ASSERT_FALSE(nowhere.ok());
  EXPECT_EQ(nowhere.error().code, ErrorCode::kIo);
  EXPECT_EQ(nowhere.error().message.find('\n'), std::string::npos);
}

}  // namespace
}  // namespace vitrine
