// The shop on disk is the shop in memory, byte for byte the same for any number of threads.
#include "generate/write_shop.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "core/parallel.h"
#include "core/sha256.h"
#include "format/files.h"
#include "format/safetensors.h"
#include "format/staged_folder.h"
#include "generate/simulate.h"

namespace vitrine::generate {
namespace {

namespace fs = std::filesystem;

ShopOptions Small(uint64_t seed) {
  return {.products = 150, .shoppers = 300, .days = 120, .seed = seed};
}

// A written shop that is removed again.
class Written {
 public:
  explicit Written(const ShopOptions& options)
      : path_(fs::path(testing::TempDir()) /
              ("shop-" + std::to_string(::getpid()) + "-" + std::to_string(number_++))) {
    fs::create_directories(path_);
    auto shop = MakeShop(options);
    EXPECT_TRUE(shop.ok());
    auto counts = WriteShop(*shop, path_.string(), {});
    EXPECT_TRUE(counts.ok());
    counts_ = *counts;
  }
  ~Written() { fs::remove_all(path_); }
  Written(const Written&) = delete;
  Written& operator=(const Written&) = delete;

  std::string Path(const std::string& name) const { return (path_ / name).string(); }
  std::string Text(const std::string& name) const {
    const auto text = ReadTextFile(Path(name));
    EXPECT_TRUE(text.ok()) << name;
    return text.ok() ? *text : "";
  }
  const ShopCounts& counts() const { return counts_; }
  // Of every file, by its name.
  std::map<std::string, std::string> Hashes() const {
    std::map<std::string, std::string> hashes;
    for (const auto& entry : fs::recursive_directory_iterator(path_)) {
      if (!entry.is_regular_file()) continue;
      const std::string name = fs::relative(entry.path(), path_).string();
      const std::string text = Text(name);
      Sha256 sha;
      sha.Update(std::as_bytes(std::span(text)));
      hashes[name] = sha.Finish();
    }
    return hashes;
  }

 private:
  static inline int number_ = 0;
  fs::path path_;
  ShopCounts counts_;
};

using Table = std::vector<std::map<std::string, std::string>>;

// RFC 4180, rows of equal length.
Table ParseCsv(const std::string& text) {
  std::vector<std::vector<std::string>> rows(1);
  std::string field;
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c != '"') {
        field += c;
      } else if (i + 1 < text.size() && text[i + 1] == '"') {
        field += text[++i];
      } else {
        quoted = false;
      }
    } else if (c == '"') {
      quoted = true;
    } else if (c == ',' || c == '\n') {
      rows.back().push_back(std::move(field));
      field.clear();
      if (c == '\n') rows.emplace_back();
    } else {
      field += c;
    }
  }
  EXPECT_TRUE(rows.back().empty()) << "no newline at the end";
  rows.pop_back();
  Table table;
  for (size_t r = 1; r < rows.size(); ++r) {
    EXPECT_EQ(rows[r].size(), rows[0].size()) << "row " << r;
    for (size_t c = 0; c < rows[0].size(); ++c) {
      if (c == 0) table.emplace_back();
      table.back()[rows[0][c]] = rows[r][c];
    }
  }
  return table;
}

class Threads {
 public:
  explicit Threads(size_t n) : before_(NumThreads()) { SetNumThreads(n); }
  ~Threads() { SetNumThreads(before_); }

 private:
  size_t before_;
};

TEST(WriteShop, TheSameSeedGivesTheSameBytesForAnyNumberOfThreads) {
  std::map<std::string, std::string> one, many;
  {
    const Threads threads(1);
    one = Written(Small(4)).Hashes();
  }
  {
    const Threads threads(3);
    many = Written(Small(4)).Hashes();
  }
  EXPECT_GT(one.size(), 50u);
  EXPECT_EQ(one, many);
}

TEST(WriteShop, AnotherSeedGivesAnotherShop) {
  const auto a = Written(Small(4)).Hashes();
  const auto b = Written(Small(5)).Hashes();
  for (const char* name : {"products.csv", "events.csv", "impressions.csv", "campaigns.csv",
                           "truth/items.safetensors", "truth/shoppers.safetensors"}) {
    EXPECT_NE(a.at(name), b.at(name)) << name;
  }
}

TEST(WriteShop, EveryEventNamesAProductAndEveryProductAPicture) {
  const Written written(Small(6));
  std::set<std::string> ids, titles;
  for (const auto& row : ParseCsv(written.Text("products.csv"))) {
    EXPECT_TRUE(ids.insert(row.at("id")).second);
    EXPECT_TRUE(titles.insert(row.at("title")).second);
    EXPECT_GT(std::stod(row.at("price")), 0);
    EXPECT_GE(std::stoi(row.at("stock")), 0);
    EXPECT_TRUE(fs::is_regular_file(written.Path(row.at("image")))) << row.at("image");
    EXPECT_FALSE(row.at("description").empty());
  }
  EXPECT_EQ(ids.size(), 150u);
  std::map<std::string, uint64_t> n;
  std::set<std::string> orders;
  for (const auto& row : ParseCsv(written.Text("events.csv"))) {
    EXPECT_TRUE(ids.contains(row.at("item")));
    EXPECT_TRUE(row.at("session").starts_with(row.at("shopper") + "."));
    ++n[row.at("event")];
    EXPECT_EQ(row.at("event") == "purchase", !row.at("order").empty());
    EXPECT_EQ(row.at("event") == "view_item", !row.at("dwell").empty());
    EXPECT_EQ(row.at("event") == "rate" || row.at("event") == "review", !row.at("rating").empty());
    if (!row.at("order").empty()) orders.insert(row.at("order"));
  }
  const ShopCounts& counts = written.counts();
  EXPECT_EQ(n["view_item"], counts.of(EventType::kView));
  EXPECT_EQ(n["purchase"], counts.of(EventType::kPurchase));
  EXPECT_EQ(n["add_to_cart"], counts.of(EventType::kCart));
  EXPECT_EQ(n["view_item_list"], counts.of(EventType::kImpression));
  EXPECT_EQ(orders.size(), counts.orders);
  EXPECT_EQ(ParseCsv(written.Text("reviews.csv")).size(), counts.reviews);
  std::set<std::string> campaigns;
  for (const auto& row : ParseCsv(written.Text("campaigns.csv")))
    campaigns.insert(row.at("campaign"));
  uint64_t impressions = 0, clicks = 0;
  for (const auto& row : ParseCsv(written.Text("impressions.csv"))) {
    EXPECT_TRUE(campaigns.contains(row.at("campaign")));
    EXPECT_TRUE(ids.contains(row.at("item")));
    EXPECT_GT(std::stod(row.at("propensity")), 0);
    clicks += row.at("click") == "1";
    ++impressions;
  }
  EXPECT_EQ(impressions, counts.impressions);
  EXPECT_EQ(clicks, counts.clicks);
}

TEST(WriteShop, TheTruthOnDiskIsTheOneInMemory) {
  const Written written(Small(7));
  const auto shop = MakeShop(Small(7));
  const auto items = ReadTensorFile(written.Path("truth/items.safetensors"));
  ASSERT_TRUE(items.ok());
  EXPECT_TRUE(items->CheckHash().ok());
  const auto quality = items->Vector<float>("quality", 150);
  const auto sold_out = items->Vector<int64_t>("sold_out", 150);
  ASSERT_TRUE(quality.ok() && sold_out.ok());
  for (size_t i = 0; i < 150; ++i) {
    EXPECT_EQ((*quality)[i], shop->assortment.items[i].quality);
    EXPECT_EQ((*sold_out)[i], shop->assortment.items[i].sold_out);
  }
  const auto shoppers = ReadTensorFile(written.Path("truth/shoppers.safetensors"));
  ASSERT_TRUE(shoppers.ok());
  const auto left_at = shoppers->Vector<int64_t>("left_at", 300);
  const auto share = shoppers->MatrixOf<float>("taste_share", 300, kFavouriteKinds);
  const auto kind = shoppers->MatrixOf<uint8_t>("taste_kind", 300, kFavouriteKinds);
  ASSERT_TRUE(left_at.ok() && share.ok() && kind.ok());
  for (size_t i = 0; i < 300; i += 23) {
    const ShopperLog log = Simulate(*shop, i);
    EXPECT_EQ((*left_at)[i], log.left_at);
    for (size_t k = 0; k < kFavouriteKinds; ++k) {
      EXPECT_EQ((*share)(i, k), log.shopper.kinds[k].share);
      EXPECT_EQ((*kind)(i, k), log.shopper.kinds[k].kind);
    }
  }
  const auto model = nlohmann::json::parse(written.Text("truth/model.json"));
  EXPECT_EQ(model["kinds"].size(), Kinds().size());
  EXPECT_GT(model["formulas"].size(), 10u);
  const auto about = nlohmann::json::parse(written.Text("shop.json"));
  EXPECT_EQ(about["settings"]["seed"], 7);
  EXPECT_EQ(about["counts"]["events"], written.counts().n_events());
}

TEST(WriteShop, SettingsOutOfRangeAreNamedInOneSentence) {
  for (const ShopOptions& options :
       {ShopOptions{.products = 0}, ShopOptions{.products = 2'000'000}, ShopOptions{.shoppers = 0},
        ShopOptions{.days = 0}, ShopOptions{.days = -3}, ShopOptions{.days = 100'000}}) {
    const auto shop = MakeShop(options);
    ASSERT_FALSE(shop.ok());
    EXPECT_EQ(shop.error().code, ErrorCode::kInvalidArgument);
    EXPECT_TRUE(shop.error().message.starts_with("--"));
    EXPECT_NE(shop.error().message.find("give a number from 1 to"), std::string::npos);
  }
}

// A limit on the size of files stands in for a full disk: the write fails half-way.
TEST(WriteShop, AFullDiskLeavesNothingBehind) {
  const fs::path root = fs::path(testing::TempDir()) / ("full-" + std::to_string(::getpid()));
  fs::create_directories(root);
  const auto shop = MakeShop(Small(8));
  ASSERT_TRUE(shop.ok());
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  for (const rlim_t limit : {rlim_t{600}, rlim_t{60'000}, rlim_t{400'000}}) {
    {
      auto folder = StagedFolder::Create((root / "shop").string(), false, kShopFile);
      ASSERT_TRUE(folder.ok());
      const rlimit small{limit, before.rlim_max};
      ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
      const auto counts = WriteShop(*shop, folder->path(), {});
      ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
      ASSERT_FALSE(counts.ok()) << limit;
      EXPECT_EQ(counts.error().code, ErrorCode::kIo);
      EXPECT_NE(counts.error().message.find("disk space"), std::string::npos);
    }
    EXPECT_TRUE(fs::is_empty(root)) << limit;
  }
  std::signal(SIGXFSZ, handler);
  fs::remove_all(root);
}

}  // namespace
}  // namespace vitrine::generate
