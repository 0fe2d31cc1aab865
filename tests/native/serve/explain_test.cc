// Reasons against the model itself: each is what leaving a product out of the history does, and
// what it does alone. Asked of every model of the golden cases.
#include "serve/explain.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "format/safetensors.h"

namespace vitrine {
namespace {

constexpr int64_t kNow = 1700000000, kDay = 86400;

std::vector<Event> SomeEvents() {
  std::vector<Event> events;
  int64_t time = kNow - 40 * kDay;
  for (const uint32_t item : {1, 8, 1, 13, 21, 30}) {
    events.push_back({.time = time, .item = item, .type = EventType::kPurchase});
    time += 5 * kDay;
  }
  return events;
}

std::vector<Event> Without(std::vector<Event> events, const std::vector<uint32_t>& items) {
  std::erase_if(events, [&](const Event& event) {
    return std::ranges::find(items, event.item) != items.end();
  });
  return events;
}

std::vector<Event> Only(std::vector<Event> events, uint32_t item) {
  std::erase_if(events, [&](const Event& event) { return event.item != item; });
  return events;
}

std::unique_ptr<Recommender> Open(const std::string& path) {
  auto file = ReadTensorFile(path);
  EXPECT_TRUE(file.ok()) << path;
  auto recommender = Recommender::Create(std::move(*file));
  EXPECT_TRUE(recommender.ok()) << path;
  return std::move(*recommender);
}

std::vector<std::string> Models() {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(VITRINE_TEST_CASES "/serve")) {
    if (entry.path().extension() == ".safetensors") paths.push_back(entry.path().string());
  }
  std::ranges::sort(paths);
  return paths;
}

bool Lists(const Recommender& recommender, const std::vector<Event>& events, uint32_t item,
           const Request& request) {
  const auto ranking = recommender.Rank(events, request);
  return std::ranges::find(ranking->items, item) != ranking->items.end();
}

class ExplainTest : public testing::TestWithParam<std::string> {};

TEST_P(ExplainTest, AReasonIsWhatLeavingTheProductOutDoesAndWhatItDoesAlone) {
  const auto recommender = Open(GetParam());
  const Model& model = recommender->model();
  const std::vector<Event> events = SomeEvents();
  const bool is_blend = model.name() == "blend";  // its scale moves with the history
  std::vector<float> whole(model.n_items()), other(model.n_items());
  model.Score({events, kNow}, whole);
  for (uint32_t item = 0; item < model.n_items(); item += 7) {
    const auto found = Explain(*recommender, events, item, {.count = 5, .now = kNow});
    ASSERT_TRUE(found.ok());
    EXPECT_NEAR(found->score, whole[item], 1e-5f * (1 + std::abs(whole[item])));
    ASSERT_EQ(found->reasons.size(), 5u);
    float sum = found->base + found->interaction;
    for (size_t i = 0; i < found->reasons.size(); ++i) {
      const Reason& reason = found->reasons[i];
      sum += reason.contribution;
      if (i > 0) {
        EXPECT_LE(reason.strength(), found->reasons[i - 1].strength());
      }
      if (is_blend) continue;
      model.Score({Without(events, {reason.item}), kNow}, other);
      EXPECT_NEAR(reason.contribution, whole[item] - other[item],
                  2e-5f * (1 + std::abs(whole[item])));
      model.Score({Only(events, reason.item), kNow}, other);
      EXPECT_NEAR(reason.alone, other[item] - found->base, 2e-5f * (1 + std::abs(other[item])));
    }
    EXPECT_NEAR(sum, found->score, 1e-5f * (1 + std::abs(sum)));
  }
}

TEST_P(ExplainTest, ACounterfactualHoldsWhenItIsReplayed) {
  const auto recommender = Open(GetParam());
  const std::vector<Event> events = SomeEvents();
  const Request request{.count = 3, .now = kNow, .repeats = Repeats::kInclude};
  const auto ranking = recommender->Rank(events, request);
  ASSERT_TRUE(ranking.ok());
  for (const uint32_t item : ranking->items) {
    const auto found = Explain(*recommender, events, item, request);
    ASSERT_TRUE(found.ok());
    EXPECT_TRUE(found->listed);
    if (found->without.empty()) continue;
    EXPECT_FALSE(Lists(*recommender, Without(events, found->without), item, request));
    std::vector<uint32_t> all_but_last = found->without;
    all_but_last.pop_back();
    EXPECT_TRUE(Lists(*recommender, Without(events, all_but_last), item, request));
  }
}

// Histories that are scored together share work, and none of the result.
TEST_P(ExplainTest, HistoriesTogetherScoreAsOneByOne) {
  const auto recommender = Open(GetParam());
  const std::vector<Event> events = SomeEvents();
  std::vector<std::vector<Event>> left = {events, {}};
  for (const uint32_t item : {30, 21, 13, 1, 8}) left.push_back(Without(events, {item}));
  std::vector<History> histories;
  for (const std::vector<Event>& some : left) histories.push_back({some, kNow});
  std::vector<float> together(histories.size());
  for (const uint32_t item : {0u, 8u, 17u}) {
    recommender->model().ScoreItem(item, histories, together);
    for (size_t i = 0; i < histories.size(); ++i) {
      const History pair[] = {histories[0], histories[i]};  // the first sets the scale of a blend
      float alone[2];
      recommender->model().ScoreItem(item, pair, alone);
      EXPECT_EQ(together[i], alone[1]) << i;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Models, ExplainTest, testing::ValuesIn(Models()), [](const auto& param) {
  std::string name = std::filesystem::path(param.param).stem().string();
  std::ranges::replace(name, '-', '_');
  return name;
});

TEST(Explain, AddsUpForLinearModels) {
  for (const char* name : {"linear", "linear-sparse", "linear-int8", "item-knn", "forward"}) {
    const auto recommender =
        Open(VITRINE_TEST_CASES "/serve/" + std::string(name) + ".safetensors");
    const auto found = Explain(*recommender, SomeEvents(), 17, {.count = 5, .now = kNow});
    ASSERT_TRUE(found.ok());
    EXPECT_NEAR(found->interaction, 0, 1e-5f) << name;
  }
}

TEST(Explain, HasACounterfactualWhereAProductIsThereForOneOther) {
  const auto recommender = Open(VITRINE_TEST_CASES "/serve/linear.safetensors");
  const std::vector<Event> events = {SomeEvents()[1]};
  const Request request{.count = 1, .now = kNow};
  const uint32_t first = recommender->Rank(events, request)->items[0];
  const auto found = Explain(*recommender, events, first, request);
  ASSERT_TRUE(found.ok());
  // Without it nothing is known, and what sells is listed.
  EXPECT_EQ(found->without, std::vector<uint32_t>{8});
}

TEST(Explain, OfNothingKnownSaysSo) {
  const auto recommender = Open(VITRINE_TEST_CASES "/serve/vae.safetensors");
  const auto found = Explain(*recommender, {}, 3, {.count = 40, .now = kNow});
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(found->source, Source::kPopular);
  EXPECT_TRUE(found->listed);
  EXPECT_TRUE(found->reasons.empty() && found->without.empty());
  EXPECT_EQ(found->score, found->base);
}

TEST(Explain, AsksAboutTheLatestProductsOfALongHistory) {
  const auto recommender = Open(VITRINE_TEST_CASES "/serve/item-knn.safetensors");
  std::vector<Event> events;
  for (int i = 0; i < 100000; ++i) {
    events.push_back({.time = kNow - 100000 + i, .item = static_cast<uint32_t>(i % 40)});
  }
  const auto found = Explain(*recommender, events, 3, {.count = 5, .now = kNow});
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(found->reasons.size(), 40u);
}

TEST(Explain, NamesTheRuleThatKeepsAProductOut) {
  const auto recommender = Open(VITRINE_TEST_CASES "/serve/linear.safetensors");
  const std::vector<Event> events = SomeEvents();
  const std::vector<uint32_t> excluded = {3};
  const Request request{.count = recommender->n_items(),
                        .now = kNow,
                        .repeats = Repeats::kExclude,
                        .exclude = excluded};
  for (const auto& [item, rule] :
       {std::pair(3u, Rule::kExcluded), std::pair(8u, Rule::kRepeat), std::pair(5u, Rule::kNone)}) {
    const auto found = Explain(*recommender, events, item, request);
    ASSERT_TRUE(found.ok());
    EXPECT_EQ(found->rule, rule) << item;
    EXPECT_EQ(found->listed, rule == Rule::kNone) << item;
  }
}

TEST(Explain, OfAVeryLongHistoryReadsTheLatest) {
  const auto recommender = Open(VITRINE_TEST_CASES "/serve/compact.safetensors");
  std::vector<Event> events;
  for (uint32_t i = 0; i < 100'000; ++i) {
    const uint32_t item = i < 90'000 ? i % 5 : 5 + i * 7 % 13;
    events.push_back({.time = kNow - 200'000 + i, .item = item, .type = EventType::kPurchase});
  }
  const std::vector<Event> latest(events.end() - kMostRead, events.end());
  const Request request{.count = 10, .now = kNow, .repeats = Repeats::kInclude};
  const auto all = recommender->Rank(events, request), some = recommender->Rank(latest, request);
  ASSERT_TRUE(all.ok() && some.ok());
  EXPECT_EQ(all->scores, some->scores);
  const auto found = Explain(*recommender, events, all->items.front(), request);
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(found->score, all->scores.front());
  // What is left of the history without a product reaches further back.
  const Reason& reason = found->reasons.front();
  const std::vector<Event> rest = Without(events, {reason.item});
  const auto without = Explain(*recommender, rest, all->items.front(), request);
  EXPECT_NEAR(found->score - without->score, reason.contribution, 1e-4f);
}

TEST(Explain, AContextHoldsOnceAndInOrder) {
  const auto recommender = Open(VITRINE_TEST_CASES "/serve/gan-context.safetensors");
  const auto ask = [&](std::vector<uint32_t> context) {
    return Explain(*recommender, {}, 1, {.count = 3, .now = kNow, .context = context}, nullptr);
  };
  EXPECT_TRUE(ask({0, 1}).ok());
  for (const std::vector<uint32_t>& context : {std::vector<uint32_t>{1, 1}, {1, 0}}) {
    const auto refused = ask(context);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, ErrorCode::kInvalidArgument);
    EXPECT_NE(refused.error().message.find("context"), std::string::npos);
  }
}

TEST(Explain, RefusesWhatIsNotInTheCatalogue) {
  const auto recommender = Open(VITRINE_TEST_CASES "/serve/vae.safetensors");
  const auto found = Explain(*recommender, SomeEvents(), 40, {.count = 5, .now = kNow});
  ASSERT_FALSE(found.ok());
  EXPECT_EQ(found.error().code, ErrorCode::kInvalidArgument);
  EXPECT_FALSE(Explain(*recommender, SomeEvents(), 3, {.count = 0, .now = kNow}).ok());
}

}  // namespace
}  // namespace vitrine
