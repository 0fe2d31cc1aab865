// The laws of a data set on disk: it comes back as it was written, and damage is told, not obeyed.
#include "data/dataset.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <functional>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "core/rng.h"
#include "data/dataset_writer.h"
#include "format/safetensors.h"
#include "temp_folder.h"

namespace vitrine {
namespace {

std::vector<Event> SomeEvents(Rng& rng, size_t n, uint32_t n_items) {
  std::vector<Event> events(n);
  int64_t time = 1700000000;
  for (Event& event : events) {
    time += rng.Below(1000);
    event = {.time = time,
             .item = rng.Below(n_items),
             .basket = rng.Below(2) == 0 ? kNoBasket : rng.Below(10),
             .price = static_cast<float>(rng.Below(100)),
             .quantity = 1 + static_cast<float>(rng.Below(3)),
             .value = rng.Uniform(),
             .context = static_cast<uint16_t>(rng.Below(2)),
             .type = static_cast<EventType>(rng.Below(kEventTypes))};
  }
  return events;
}

bool Equal(const Event& a, const Event& b) {
  return a.time == b.time && a.item == b.item && a.basket == b.basket && a.price == b.price &&
         a.quantity == b.quantity && a.value == b.value && a.context == b.context &&
         a.type == b.type;
}

constexpr uint32_t kItems = 3;

struct Written {
  std::vector<std::string> names;
  std::vector<std::vector<Event>> events;
  std::string hash;
};

// 20 training shoppers of up to 8 events, in shards of about 25; the first two are tested.
Written WriteSome(const std::string& folder, uint64_t seed = 1) {
  Written written;
  auto writer = DatasetWriter::Create(folder, /*replace=*/true, /*shard_events=*/25);
  EXPECT_TRUE(writer.ok()) << writer.error().message;
  Rng rng(seed, 0);
  for (int s = 0; s < 20; ++s) {
    written.names.push_back(s == 4 ? "" : "sh\xC3\xB6pper " + std::to_string(s));
    written.events.push_back(SomeEvents(rng, rng.Below(9), kItems));
    EXPECT_TRUE(writer->AddTrain(written.names.back(), written.events.back()).ok());
    if (s >= 2) continue;
    EXPECT_TRUE(writer->AddTest(written.names.back(), written.events.back()).ok());
  }
  const auto catalogue =
      Catalogue::Create({{.id = "a", .title = "A"}, {.id = "b", .price = 2.5f}, {.id = "c"}});
  FeatureParams features;
  features.item_repeat_days.assign(kItems, 0);
  features.price_quantiles = {1.5f, 2.5f};
  DatasetWriter::Rest rest;
  rest.info.split = Split::kTime;
  rest.info.cut_time = 1700000500;
  rest.info.n_baskets = 10;
  rest.info.first_time = 1700000000;
  rest.info.last_time = 1700009000;
  rest.catalogue = &*catalogue;
  rest.features = &features;
  rest.contexts = {"unknown", "device=phone"};
  rest.report = "{}\n";
  const auto hash = writer->Commit(std::move(rest));
  EXPECT_TRUE(hash.ok()) << hash.error().message;
  written.hash = hash.ok() ? *hash : "";
  return written;
}

TEST(Dataset, ComesBackAsItWasWritten) {
  const TempFolder folder;
  const Written written = WriteSome(folder.Path("set"));
  const auto dataset = Dataset::Open(folder.Path("set"));
  ASSERT_TRUE(dataset.ok()) << dataset.error().message;
  EXPECT_GT(std::distance(std::filesystem::directory_iterator(folder.Path("set")), {}), 6)
      << "several shards";
  EXPECT_EQ(dataset->info().split, Split::kTime);
  EXPECT_EQ(dataset->info().cut_time, 1700000500);
  EXPECT_EQ(dataset->info().n_items, kItems);
  EXPECT_EQ(dataset->info().target, EventType::kPurchase);
  EXPECT_EQ(dataset->info().hash, written.hash);
  EXPECT_EQ(dataset->catalogue()[1].price, 2.5f);
  EXPECT_EQ(dataset->features().price_quantiles, (std::vector<float>{1.5f, 2.5f}));
  EXPECT_EQ(dataset->contexts(), (std::vector<std::string>{"unknown", "device=phone"}));

  ASSERT_EQ(dataset->train().size(), 20u);
  ASSERT_EQ(dataset->test().size(), 2u);
  std::vector<Event> events;
  uint64_t n_events = 0;
  for (size_t s = 0; s < 20; ++s) {
    EXPECT_EQ(dataset->train().Name(s), written.names[s]);
    dataset->train().Read(s, events);
    ASSERT_EQ(events.size(), written.events[s].size());
    for (size_t i = 0; i < events.size(); ++i) EXPECT_TRUE(Equal(events[i], written.events[s][i]));
    n_events += events.size();
  }
  EXPECT_EQ(dataset->train().n_events(), n_events);
}

TEST(Dataset, HashesWhatAModelMayLearnFrom) {
  const TempFolder folder;
  const std::string hash = WriteSome(folder.Path("a")).hash;
  EXPECT_EQ(WriteSome(folder.Path("b")).hash, hash);
  EXPECT_NE(WriteSome(folder.Path("c"), /*seed=*/2).hash, hash);
}

TEST(Dataset, CatalogueSurvivesJson) {
  const auto catalogue = Catalogue::Create({{.id = "a\"b", .title = "T\xC3\xA9", .price = 2.55f},
                                            {.id = "2", .category = "c", .stock = 0},
                                            {.id = "3", .stock = 2000000000}});
  ASSERT_TRUE(catalogue.ok());
  const std::string json = catalogue->ToJson();
  EXPECT_NE(json.find("2.55,"), std::string::npos) << json;
  EXPECT_EQ(json.find("brand"), std::string::npos) << "columns without a value are left out";
  const auto back = Catalogue::FromJson("catalogue.json", json);
  ASSERT_TRUE(back.ok()) << back.error().message;
  ASSERT_EQ(back->size(), 3u);
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ((*back)[i].id, (*catalogue)[i].id);
    EXPECT_EQ((*back)[i].title, (*catalogue)[i].title);
    EXPECT_EQ((*back)[i].category, (*catalogue)[i].category);
    EXPECT_EQ((*back)[i].price, (*catalogue)[i].price);
    EXPECT_EQ((*back)[i].stock, (*catalogue)[i].stock);
    EXPECT_EQ(back->Find((*catalogue)[i].id), i);
  }
  EXPECT_EQ(back->Find("4"), StringIds::kNone);
}

TEST(Dataset, CatalogueRefusesWhatIsNone) {
  for (const char* json : {"", "[]", "{}", R"({"id":1})", R"({"id":[1]})", R"({"id":["a","a"]})",
                           R"({"id":["a"],"title":[]})", R"({"id":["a"],"price":[-1]})",
                           R"({"id":["a"],"price":[1e99]})", R"({"id":["a"],"stock":[1.5]})",
                           R"({"id":["a"],"stock":[99999999999]})", R"({"id":["a"]} x)"}) {
    EXPECT_FALSE(Catalogue::FromJson("catalogue.json", json).ok()) << json;
  }
}

// The first training shard's columns, free to be spoilt.
struct Columns {
  std::vector<uint64_t> offsets = {0, 2, 3};
  std::vector<int64_t> time = {5, 6, 1};
  std::vector<uint32_t> item = {0, 1, 2};
  std::vector<uint32_t> basket = {0, 9, kNoBasket};
  std::vector<float> price = {1, 2, 3};
  std::vector<float> quantity = {1, 1, 1};
  std::vector<float> value = {0, 0, 0};
  std::vector<uint16_t> context = {0, 1, 0};
  std::vector<uint8_t> type = {0, 5, 9};
  std::vector<uint64_t> name_offsets = {0, 1, 2};
  std::vector<uint8_t> names = {'a', 'b'};
};

Status OpenWith(const std::function<void(Columns&)>& spoil) {
  const TempFolder folder;
  auto writer = DatasetWriter::Create(folder.Path("set"), false);
  const std::vector<Event> three(3, Event{.time = 1});
  EXPECT_TRUE(writer->AddTrain("a", std::span(three).first(2)).ok());
  EXPECT_TRUE(writer->AddTrain("b", std::span(three).first(1)).ok());
  const auto catalogue = Catalogue::Create({{.id = "a"}, {.id = "b"}, {.id = "c"}});
  FeatureParams features;
  features.item_repeat_days.assign(kItems, 0);
  DatasetWriter::Rest rest;
  rest.info.n_baskets = 10;
  rest.catalogue = &*catalogue;
  rest.features = &features;
  rest.contexts = {"unknown", "x"};
  rest.report = "{}";
  EXPECT_TRUE(writer->Commit(std::move(rest)).ok());
  Columns columns;
  spoil(columns);
  TensorFileWriter shard;
  shard.Add("offsets", columns.offsets);
  shard.Add("time", columns.time);
  shard.Add("item", columns.item);
  shard.Add("basket", columns.basket);
  shard.Add("price", columns.price);
  shard.Add("quantity", columns.quantity);
  shard.Add("value", columns.value);
  shard.Add("context", columns.context);
  shard.Add("type", columns.type);
  shard.Add("name_offsets", columns.name_offsets);
  shard.Add("names", columns.names);
  EXPECT_TRUE(shard.Write(folder.Path("set/train-00000.safetensors")).ok());
  const auto dataset = Dataset::Open(folder.Path("set"));
  return dataset.ok() ? Status() : Status(dataset.error());
}

TEST(Dataset, RefusesAShardWhoseNumbersCannotBe) {
  ASSERT_TRUE(OpenWith([](Columns&) {}).ok());
  const std::vector<std::pair<const char*, std::function<void(Columns&)>>> spoils = {
      {"offsets beyond the end", [](Columns& c) { c.offsets[2] = 4; }},
      {"offsets that fall", [](Columns& c) { c.offsets[1] = 7; }},
      {"offsets not from 0", [](Columns& c) { c.offsets[0] = 1; }},
      {"no offsets", [](Columns& c) { c.offsets.clear(); }},
      {"times that fall", [](Columns& c) { c.time[0] = 7; }},
      {"an item outside", [](Columns& c) { c.item[1] = kItems; }},
      {"a basket outside", [](Columns& c) { c.basket[1] = 10; }},
      {"an infinite price", [](Columns& c) { c.price[0] = INFINITY; }},
      {"a quantity that is none", [](Columns& c) { c.quantity[0] = NAN; }},
      {"a value that is none", [](Columns& c) { c.value[2] = -INFINITY; }},
      {"an unknown context", [](Columns& c) { c.context[2] = 2; }},
      {"an unknown type", [](Columns& c) { c.type[2] = 10; }},
      {"a short column", [](Columns& c) { c.price.pop_back(); }},
      {"names beyond the end", [](Columns& c) { c.name_offsets[2] = 3; }},
      {"names that fall", [](Columns& c) { c.name_offsets[1] = 9; }},
      {"too few names", [](Columns& c) { c.name_offsets.pop_back(); }},
      {"another number of events", [](Columns& c) {
         c = {.offsets = {0, 1, 1},
              .time = {1},
              .item = {0},
              .basket = {0},
              .price = {0},
              .quantity = {1},
              .value = {0},
              .context = {0},
              .type = {0}};
       }}};
  for (const auto& [what, spoil] : spoils) {
    const Status status = OpenWith(spoil);
    ASSERT_FALSE(status.ok()) << what;
    EXPECT_EQ(status.error().code, ErrorCode::kBadFormat) << what;
    EXPECT_NE(status.error().message.find("/set/"), std::string::npos) << what;
  }
}

TEST(Dataset, NeverTrustsADamagedByte) {
  const TempFolder folder;
  WriteSome(folder.Path("set"));
  Rng rng(3, 0);
  for (const std::string name : {"dataset.json", "catalogue.json", "features.safetensors",
                                 "train-00000.safetensors", "test-00000.safetensors"}) {
    const std::string path = "set/" + name;
    const std::string whole = folder.ReadAll(path);
    for (int round = 0; round < 60; ++round) {
      std::string bytes = whole;
      if (round % 5 == 0) {
        bytes.resize(rng.Below(static_cast<uint32_t>(whole.size())));
      } else {
        for (int flips = 0; flips < 3; ++flips) {
          bytes[rng.Below(static_cast<uint32_t>(whole.size()))] ^=
              static_cast<char>(1 << rng.Below(8));
        }
      }
      folder.Write(path, bytes);
      const auto dataset = Dataset::Open(folder.Path("set"));
      if (!dataset.ok()) continue;
      // Whatever passed must be safe to use.
      std::vector<Event> events;
      for (size_t s = 0; s < dataset->train().size(); ++s) {
        dataset->train().Read(s, events);
        for (const Event& event : events) {
          ASSERT_LT(event.item, dataset->catalogue().size());
          ASSERT_LT(static_cast<size_t>(event.type), kEventTypes);
        }
        ASSERT_LE(dataset->train().Name(s).size(), 1000u);
      }
    }
    folder.Write(path, whole);
  }
  EXPECT_TRUE(Dataset::Open(folder.Path("set")).ok());
}

TEST(Dataset, NoticesOneChangedBit) {
  const TempFolder folder;
  WriteSome(folder.Path("set"));
  for (const std::string name : {"set/train-00000.safetensors", "set/test-00000.safetensors"}) {
    const std::string whole = folder.ReadAll(name);
    std::string bytes = whole;
    // Another name for the first padding breaks no rule but the hash.
    bytes[bytes.find("\"pad.1\"") + 5] ^= 1;
    folder.Write(name, bytes);
    EXPECT_FALSE(Dataset::Open(folder.Path("set")).ok()) << name << ", header";
    bytes = whole;
    bytes[bytes.find("pper ")] ^= 1;  // in a shopper's name, which may be any
    folder.Write(name, bytes);
    EXPECT_FALSE(Dataset::Open(folder.Path("set")).ok()) << name << ", payload";
    folder.Write(name, whole);
  }
  EXPECT_TRUE(Dataset::Open(folder.Path("set")).ok());
}

TEST(Dataset, ReadsNothingOutsideItsFolder) {
  const TempFolder folder;
  WriteSome(folder.Path("set"));
  std::string json = folder.ReadAll("set/dataset.json");
  const std::string name = "train-00000.safetensors";
  json.replace(json.find(name), name.size(), "../train-00000.safetensors");
  folder.Write("set/dataset.json", json);
  EXPECT_FALSE(Dataset::Open(folder.Path("set")).ok());
}

TEST(Dataset, SaysThatAFolderIsNone) {
  const TempFolder folder;
  const auto missing = Dataset::Open(folder.Path("nothing"));
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().code, ErrorCode::kNotFound);
  folder.Write("dataset.json", R"({"format":"other","version":1})");
  EXPECT_NE(Dataset::Open(folder.Path("")).error().message.find("is no data set"),
            std::string::npos);
  folder.Write("dataset.json", R"({"format":"vitrine-dataset","version":99})");
  EXPECT_EQ(Dataset::Open(folder.Path("")).error().code, ErrorCode::kUnsupportedVersion);
}

TEST(DatasetWriter, LeavesNothingBehindWithoutCommit) {
  const TempFolder folder;
  {
    auto writer = DatasetWriter::Create(folder.Path("set"), false, 1);
    ASSERT_TRUE(writer.ok());
    ASSERT_TRUE(writer->AddTrain("a", std::vector<Event>(5)).ok());
    EXPECT_EQ(folder.List().size(), 1u) << "the folder that is worked in";
  }
  EXPECT_TRUE(folder.List().empty());
}

TEST(DatasetWriter, ReplacesNothingButADataSetAndOnlyWhenTold) {
  const TempFolder folder;
  WriteSome(folder.Path("set"));
  EXPECT_FALSE(DatasetWriter::Create(folder.Path("set"), false).ok());
  EXPECT_TRUE(DatasetWriter::Create(folder.Path("set"), true).ok());
  std::filesystem::create_directory(folder.Path("empty"));
  EXPECT_TRUE(DatasetWriter::Create(folder.Path("empty/"), false).ok());
  std::filesystem::create_directory(folder.Path("photos"));
  folder.Write("photos/me.jpg", "x");
  EXPECT_FALSE(DatasetWriter::Create(folder.Path("photos"), true).ok());
  EXPECT_FALSE(DatasetWriter::Create(folder.Write("file", "x"), true).ok());
  EXPECT_EQ(folder.List(), (std::vector<std::string>{"empty", "file", "photos", "set"}));
}

}  // namespace
}  // namespace vitrine
