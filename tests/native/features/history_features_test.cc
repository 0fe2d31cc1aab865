// The laws of features/: worked examples that every host computes alike, and what may be believed
// of a file.
#include "features/history_features.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

namespace vitrine {
namespace {

using Json = nlohmann::json;

Standardizer ToStandardizer(const Json& json) { return {json["mean"], json["deviation"]}; }

FeatureParams ToParams(const Json& json) {
  FeatureParams params;
  params.visit_gap_s = json["visit_gap_s"];
  params.price_quantiles = json["price_quantiles"].get<std::vector<float>>();
  params.rating_mean = json["rating_mean"];
  params.repeat_days = json["repeat_days"];
  params.item_repeat_days = json["item_repeat_days"].get<std::vector<float>>();
  params.log_count = ToStandardizer(json["log_count"]);
  params.log_recency = ToStandardizer(json["log_recency"]);
  params.log_dwell = ToStandardizer(json["log_dwell"]);
  return params;
}

Event ToEvent(const Json& json) {
  const auto type =
      std::find(kEventTypeNames.begin(), kEventTypeNames.end(), json["type"].get<std::string>());
  EXPECT_NE(type, kEventTypeNames.end());
  return {.time = json["time"],
          .item = json["item"],
          .basket = json["basket"].is_null() ? kNoBasket : json["basket"].get<uint32_t>(),
          .price = json["price"],
          .quantity = json["quantity"],
          .value = json["value"],
          .type = static_cast<EventType>(type - kEventTypeNames.begin())};
}

void ExpectReal(const Json& expected, const char* key, float got) {
  const double value = expected[key];
  EXPECT_NEAR(got, value, 1e-6 * std::max(1.0, std::abs(value))) << key;
}

TEST(ComputeFeatures, GivesTheWorkedExamples) {
  size_t n_cases = 0;
  for (const auto& file :
       std::filesystem::directory_iterator(std::string(VITRINE_TEST_CASES) + "/features")) {
    SCOPED_TRACE(file.path());
    const Json json = Json::parse(std::ifstream(file.path()));
    std::vector<Event> events;
    for (const Json& event : json["events"]) events.push_back(ToEvent(event));
    std::vector<ItemFeatures> items;
    ShopperFeatures shopper;
    ComputeFeatures(ToParams(json["params"]), {events, json["now"]}, items, shopper);

    ASSERT_EQ(items.size(), json["items"].size());
    for (size_t i = 0; i < items.size(); ++i) {
      const Json& expected = json["items"][i];
      SCOPED_TRACE(expected["item"].dump());
      EXPECT_EQ(items[i].item, expected["item"]);
      EXPECT_EQ(items[i].n_events, expected["n_events"]);
      EXPECT_EQ(items[i].n_purchases, expected["n_purchases"]);
      EXPECT_EQ(items[i].n_visits, expected["n_visits"]);
      EXPECT_EQ(items[i].price_bucket, expected["price_bucket"]);
      ExpectReal(expected, "log_count", items[i].log_count);
      ExpectReal(expected, "log_recency", items[i].log_recency);
      ExpectReal(expected, "log_dwell", items[i].log_dwell);
      ExpectReal(expected, "rating", items[i].rating);
      ExpectReal(expected, "due", items[i].due);
    }
    const Json& expected = json["shopper"];
    EXPECT_EQ(shopper.n_events, expected["n_events"]);
    EXPECT_EQ(shopper.n_items, expected["n_items"]);
    EXPECT_EQ(shopper.n_visits, expected["n_visits"]);
    EXPECT_EQ(shopper.n_baskets, expected["n_baskets"]);
    ExpectReal(expected, "days_known", shopper.days_known);
    ExpectReal(expected, "days_silent", shopper.days_silent);
    ExpectReal(expected, "mean_price_bucket", shopper.mean_price_bucket);
    ++n_cases;
  }
  EXPECT_GE(n_cases, 8u);
}

TEST(ComputeFeatures, OutdatedResultsLeaveNothingBehind) {
  std::vector<ItemFeatures> items(3);
  ShopperFeatures shopper{.n_events = 9, .days_known = 4};
  ComputeFeatures(FeatureParams(), {}, items, shopper);
  EXPECT_TRUE(items.empty());
  EXPECT_EQ(shopper.n_events, 0);
  EXPECT_EQ(shopper.days_known, 0);
}

TEST(ComputeFeatures, StaysFiniteForTheFarthestTimesAndUnknownItems) {
  FeatureParams params;
  params.item_repeat_days = {3};
  const std::vector<Event> events = {
      {.time = INT64_MIN, .item = 7, .type = EventType::kView},
      {.time = INT64_MAX, .item = 4000000000u, .type = EventType::kPurchase}};
  for (const int64_t now : {INT64_MIN, int64_t{0}, INT64_MAX}) {
    std::vector<ItemFeatures> items;
    ShopperFeatures shopper;
    ComputeFeatures(params, {events, now}, items, shopper);
    ASSERT_EQ(items.size(), 2u);
    for (const ItemFeatures& item : items) {
      EXPECT_TRUE(std::isfinite(item.log_recency) && std::isfinite(item.log_dwell) &&
                  std::isfinite(item.due));
    }
    EXPECT_EQ(shopper.n_visits, 2);
  }
}

TEST(SplitVisits, StartsAVisitOnlyAfterMoreThanTheGap) {
  const std::vector<Event> events = {{.time = 0}, {.time = 0}, {.time = 100}, {.time = 201}};
  std::vector<int32_t> visits = {5, 5, 5, 5, 5, 5};
  SplitVisits(100, events, visits);
  EXPECT_EQ(visits, (std::vector<int32_t>{0, 0, 0, 1}));
  SplitVisits(100, {}, visits);
  EXPECT_TRUE(visits.empty());
}

// A file in memory that holds well-made parameters for two items, changed by `change`.
Result<FeatureParams> ReadChanged(
    const std::function<void(TableOfContents&, std::vector<float>&)>& change) {
  TableOfContents toc;
  toc.metadata = {{"vitrine.version", "1"},
                  {"vitrine.requires", "0"},
                  {"features.visit_gap_s", "1800"},
                  {"features.rating_mean", "3.5"},
                  {"features.repeat_days", "28"},
                  {"features.log_count.mean", "0"},
                  {"features.log_count.deviation", "1"},
                  {"features.log_recency.mean", "0"},
                  {"features.log_recency.deviation", "1"},
                  {"features.log_dwell.mean", "0"},
                  {"features.log_dwell.deviation", "1"}};
  // Sixteen floats fill a line of 64 bytes.
  std::vector<float> values(32, 0.0f);
  for (size_t i = 0; i < 16; ++i) values[i] = static_cast<float>(i + 1);
  toc.tensors = {{"features.price_quantiles", DType::kF32, {16}, 0, 64},
                 {"features.item_repeat_days", DType::kF32, {2}, 64, 72},
                 {"pad.1", DType::kU8, {56}, 72, 128}};
  change(toc, values);
  auto memory = std::make_shared<AlignedBuffer>(std::move(*AlignedBuffer::Create(128)));
  std::memcpy(memory->data(), values.data(), 128);
  const auto bytes = memory->bytes();
  auto file = TensorFile::Create("test", std::move(toc), bytes, memory);
  if (!file.ok()) return file.error();
  return FeatureParams::Read(*file, 2);
}

TEST(FeatureParams, ReadBackWhatTheFileHolds) {
  const auto params = ReadChanged([](TableOfContents&, std::vector<float>& v) { v[17] = 14; });
  ASSERT_TRUE(params.ok()) << params.error().message;
  EXPECT_EQ(params->visit_gap_s, 1800);
  EXPECT_EQ(params->rating_mean, 3.5f);
  EXPECT_EQ(params->price_quantiles.size(), 16u);
  EXPECT_EQ(params->item_repeat_days, (std::vector<float>{0, 14}));
}

TEST(FeatureParams, RefuseEveryImpossibleNumber) {
  const auto set = [](const char* key, const char* value) {
    return [=](TableOfContents& toc, std::vector<float>&) { toc.metadata[key] = value; };
  };
  const auto put = [](size_t at, float value) {
    return [=](TableOfContents&, std::vector<float>& values) { values[at] = value; };
  };
  EXPECT_FALSE(ReadChanged(set("features.visit_gap_s", "0")).ok());
  EXPECT_FALSE(ReadChanged(set("features.visit_gap_s", "soon")).ok());
  EXPECT_FALSE(ReadChanged(set("features.rating_mean", "1e300")).ok());
  EXPECT_FALSE(ReadChanged(set("features.repeat_days", "-1")).ok());
  EXPECT_FALSE(ReadChanged(set("features.log_dwell.deviation", "0")).ok());
  EXPECT_FALSE(ReadChanged(set("features.log_count.mean", "nan")).ok());
  EXPECT_FALSE(ReadChanged(put(3, 1)).ok()) << "boundaries must ascend";
  EXPECT_FALSE(ReadChanged(put(15, INFINITY)).ok());
  EXPECT_FALSE(ReadChanged(put(0, NAN)).ok());
  EXPECT_FALSE(ReadChanged(put(16, -1)).ok()) << "days cannot be negative";
  EXPECT_FALSE(ReadChanged([](TableOfContents& toc, std::vector<float>&) {
                 toc.metadata.erase("features.repeat_days");
               }).ok());
}

}  // namespace
}  // namespace vitrine
