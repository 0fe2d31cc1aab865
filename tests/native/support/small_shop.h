// A data set small enough to write by hand, on disk for as long as the object lives.
#ifndef VITRINE_TESTS_NATIVE_SUPPORT_SMALL_SHOP_H_
#define VITRINE_TESTS_NATIVE_SUPPORT_SMALL_SHOP_H_

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "data/dataset_writer.h"

namespace vitrine {

inline constexpr int64_t kDay = 86400;

class SmallShop {
 public:
  explicit SmallShop(size_t n_items)
      : folder_(testing::TempDir() + "/vitrine_shop_" + std::to_string(::getpid()) + "_" +
                std::to_string(n_made_++)) {
    std::filesystem::create_directories(folder_);
    std::vector<Product> products(n_items);
    for (size_t i = 0; i < n_items; ++i) {
      products[i].id = "P" + std::to_string(i);
      products[i].title = "Product " + std::to_string(i);
      products[i].price = static_cast<float>(i + 1);
    }
    catalogue_ = std::move(*Catalogue::Create(std::move(products)));
    features_.item_repeat_days.resize(n_items);
  }
  ~SmallShop() { std::filesystem::remove_all(folder_); }
  SmallShop(const SmallShop&) = delete;
  SmallShop& operator=(const SmallShop&) = delete;

  std::string Path(const std::string& name) const { return folder_ + "/" + name; }

  // Purchases, one a day from day `first_day` on.
  static std::vector<Event> Purchases(const std::vector<uint32_t>& items, int64_t first_day = 0) {
    std::vector<Event> events;
    for (const uint32_t item : items) {
      const auto day = first_day + static_cast<int64_t>(events.size());
      events.push_back(
          {.time = day * kDay, .item = item, .price = 1, .type = EventType::kPurchase});
    }
    return events;
  }
  void AddTrain(std::vector<Event> events) { train_.push_back(std::move(events)); }
  void AddTest(std::vector<Event> events) { test_.push_back(std::move(events)); }

  // What Event::context numbers; the first is "unknown".
  void SetContexts(std::vector<std::string> contexts) { contexts_ = std::move(contexts); }

  // Writes the data set and opens it.
  Dataset Open(Split split, int64_t cut_time = 0) const {
    auto writer = DatasetWriter::Create(Path("data"), /*replace=*/true);
    EXPECT_TRUE(writer.ok()) << writer.error().message;
    DatasetInfo info{.split = split, .cut_time = cut_time};
    info.first_time = 0;
    for (const auto* part : {&train_, &test_}) {
      for (const auto& events : *part) {
        info.last_time = std::max(info.last_time, events.back().time);
        for (const Event& event : events) {
          if (event.basket != kNoBasket)
            info.n_baskets = std::max(info.n_baskets, event.basket + 1);
        }
      }
    }
    size_t n = 0;
    for (const auto& events : train_) {
      EXPECT_TRUE(writer->AddTrain("S" + std::to_string(n++), events).ok());
    }
    for (const auto& events : test_) {
      EXPECT_TRUE(writer->AddTest("S" + std::to_string(n++), events).ok());
    }
    const auto hash = writer->Commit({.info = info,
                                      .catalogue = &catalogue_,
                                      .features = &features_,
                                      .contexts = contexts_,
                                      .report = "{}"});
    EXPECT_TRUE(hash.ok()) << hash.error().message;
    auto dataset = Dataset::Open(Path("data"));
    EXPECT_TRUE(dataset.ok()) << dataset.error().message;
    return std::move(*dataset);
  }

 private:
  static inline int n_made_ = 0;
  std::string folder_;
  Catalogue catalogue_;
  FeatureParams features_;
  std::vector<std::string> contexts_ = {"unknown"};
  std::vector<std::vector<Event>> train_, test_;
};

}  // namespace vitrine

#endif  // VITRINE_TESTS_NATIVE_SUPPORT_SMALL_SHOP_H_
