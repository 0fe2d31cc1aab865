// Exploring against Thompson sampling done draw by draw, and its propensities against what many
// seeds show.
#include "serve/explore.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <numeric>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "format/safetensors.h"
#include "serve/recommender.h"

namespace vitrine {
namespace {

constexpr int64_t kNow = 1700000000;

Event Do(EventType type, uint32_t item, int64_t seconds_ago = 0) {
  return {.time = kNow - seconds_ago, .item = item, .type = type};
}

TEST(GroupsOf, AreCategoriesOrHalvingsOfPopularity) {
  const std::vector<float> popularity = {1, 16, 0, 9, 8, 7.9f, 1e-9f};
  EXPECT_EQ(GroupsOf({}, popularity), (std::vector<uint32_t>{4, 0, 9, 1, 1, 2, 9}));
  const std::vector<uint32_t> categories = {3, 0, 255, 256, 7000, 1, 2};
  EXPECT_EQ(GroupsOf(categories, popularity), (std::vector<uint32_t>{3, 0, 255, 255, 255, 1, 2}));
  EXPECT_EQ(GroupsOf({}, std::vector<float>{0, 0}), (std::vector<uint32_t>{0, 0}));
}

TEST(SetPosteriors, CountsImpressionsAndWhatAnswersThem) {
  // The first group sells 3 of 4, the second 1 of 4, the third nothing: 1.5 and 0.5 of the mean.
  const std::vector<uint32_t> group_of = {0, 0, 1, 2};
  const std::vector<float> popularity = {2, 1, 1, 0};
  Groups none;
  SetPosteriors(group_of, popularity, {}, none);
  EXPECT_FLOAT_EQ(none[0].answered, 1.5f);
  EXPECT_FLOAT_EQ(none[0].passed, 8.5f);
  EXPECT_FLOAT_EQ(none[1].answered, 0.5f);
  EXPECT_FLOAT_EQ(none[2].answered, 0.25f);

  const std::vector<Event> events = {
      Do(EventType::kClick, 2),                                    // was never shown
      Do(EventType::kImpression, 0), Do(EventType::kDwell, 0),     // no answer yet
      Do(EventType::kUncart, 0),     Do(EventType::kPurchase, 0),  // answers the impression
      Do(EventType::kCart, 0),                                     // which is answered already
      Do(EventType::kImpression, 0),                               // once more, without an answer
      Do(EventType::kImpression, 1), Do(EventType::kImpression, 2), Do(EventType::kView, 2)};
  Groups groups;
  SetPosteriors(group_of, popularity, events, groups);
  EXPECT_FLOAT_EQ(groups[0].answered, 1.5f + 1);
  EXPECT_FLOAT_EQ(groups[0].passed, 8.5f + 2);
  EXPECT_FLOAT_EQ(groups[1].answered, 0.5f + 1);
  EXPECT_FLOAT_EQ(groups[1].passed, 9.5f);
}

TEST(SetChances, AreHowOftenADrawOfThetaIsTheHighest) {
  const std::vector<std::pair<double, double>> betas = {
      {1, 9}, {0.25, 9.75}, {4, 6}, {3, 40}, {12, 30}, {2, 9}, {80, 210}, {0.25, 400}};
  Groups groups;
  for (size_t g = 0; g < betas.size(); ++g) {
    groups[g].answered = static_cast<float>(betas[g].first);
    groups[g].passed = static_cast<float>(betas[g].second);
    groups[g].n_left = 3;
  }
  groups[5].n_left = 2;  // too few
  SetChances(3, groups);

  constexpr int kDraws = 200000;
  std::mt19937_64 random(1);
  std::vector<double> best(betas.size());
  for (int draw = 0; draw < kDraws; ++draw) {
    double most = -1;
    size_t winner = 0;
    for (size_t g = 0; g < betas.size(); ++g) {
      if (g == 5) continue;
      const double a = std::gamma_distribution<double>(betas[g].first)(random);
      const double b = std::gamma_distribution<double>(betas[g].second)(random);
      if (a / (a + b) > most) {
        most = a / (a + b);
        winner = g;
      }
    }
    best[winner] += 1.0 / kDraws;
  }
  double sum = 0;
  for (const Group& group : groups) sum += static_cast<double>(group.chance);
  for (size_t g = 0; g < betas.size(); ++g) {
    EXPECT_NEAR(static_cast<double>(groups[g].chance), best[g], 0.005) << g;
  }
  EXPECT_NEAR(sum, 1, 1e-5);
  EXPECT_EQ(groups[5].chance, 0);
}

TEST(SetChances, HoldForManyGroupsAndLongHistories) {
  Groups same, decided, none;
  for (size_t g = 0; g < kMostGroups; ++g) {
    same[g] = {.answered = 3, .passed = 50000, .n_left = 1};
    decided[g] = {.answered = g == 7 ? 9000.0f : 1.0f, .passed = 1000, .n_left = 1};
  }
  SetChances(1, same);
  SetChances(1, decided);
  SetChances(1, none);
  for (const Group& group : same) EXPECT_NEAR(group.chance, 1.0f / kMostGroups, 1e-5f);
  EXPECT_NEAR(decided[7].chance, 1, 1e-5f);
  for (const Group& group : none) EXPECT_EQ(group.chance, 0);
}

std::vector<std::string> Models() {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(VITRINE_TEST_CASES "/serve")) {
    if (entry.path().extension() == ".safetensors") paths.push_back(entry.path().string());
  }
  std::ranges::sort(paths);
  return paths;
}

class ExploreTest : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    auto made = Recommender::Create(*ReadTensorFile(GetParam()));
    ASSERT_TRUE(made.ok());
    recommender_ = std::move(*made);
    for (uint32_t i = 0; i < recommender_->n_items(); ++i) categories_.push_back(i % 5);
    if (recommender_->adapter() != nullptr) {
      recommender_->SetAdaptation(recommender_->adapter()->Of({}));
    }
  }
  void Shop() {
    for (const uint32_t item : {3u, 8u, 9u}) {
      ASSERT_TRUE(recommender_->Track(Do(EventType::kImpression, item, 60)).ok());
    }
    ASSERT_TRUE(recommender_->Track(Do(EventType::kClick, 8, 30)).ok());
    ASSERT_TRUE(recommender_->Track(Do(EventType::kPurchase, 1, 10)).ok());
  }
  Ranking List(float share, uint64_t seed = 1, std::span<const uint32_t> exclude = {}) const {
    Request request{.count = 8, .now = kNow, .exclude = exclude, .context = {}};
    request.explore = {share, seed, categories_};
    return *recommender_->Recommend(request);
  }

  std::unique_ptr<Recommender> recommender_;
  std::vector<uint32_t> categories_;
};

TEST_P(ExploreTest, LeavesTheSlotsBeforeTheLastAsTheyAre) {
  for (const bool knows : {false, true}) {
    if (knows) Shop();
    const Request request{.count = 8, .now = kNow, .exclude = {}, .context = {}};
    const Ranking plain = *recommender_->Recommend(request);
    const Ranking none = List(0);
    EXPECT_EQ(none.items, plain.items);
    EXPECT_EQ(none.scores, plain.scores);
    EXPECT_TRUE(none.propensities.empty());

    const std::vector<uint32_t> exclude = {plain.items[0], 11};
    for (const float share : {0.25f, 0.5f}) {
      const Ranking explored = List(share);
      const size_t n = share == 0.25f ? 2 : 4;
      ASSERT_EQ(explored.items.size(), 8u);
      ASSERT_EQ(explored.propensities.size(), n);
      EXPECT_EQ(explored.source, plain.source);
      for (size_t i = 0; i < 8 - n; ++i) {
        EXPECT_EQ(explored.items[i], plain.items[i]);
        EXPECT_EQ(explored.scores[i], plain.scores[i]);
      }
      EXPECT_EQ(List(share).items, explored.items);  // the same seed
      const Ranking without = List(share, 2, exclude);
      const std::set<uint32_t> distinct(without.items.begin(), without.items.end());
      EXPECT_EQ(distinct.size(), without.items.size());
      for (const uint32_t item : exclude) EXPECT_FALSE(distinct.contains(item));
    }
  }
}

TEST_P(ExploreTest, ShowsEachProductAsOftenAsItsPropensitySays) {
  Shop();
  constexpr size_t kSeeds = 4000, kSlots = 3;
  std::map<uint32_t, double> times[kSlots], propensity[kSlots];
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    const Ranking list = List(kSlots / 8.0f, seed);
    ASSERT_EQ(list.propensities.size(), kSlots);
    for (size_t slot = 0; slot < kSlots; ++slot) {
      const uint32_t item = list.items[5 + slot];
      const auto p = static_cast<double>(list.propensities[slot]);
      times[slot][item] += 1.0 / kSeeds;
      const auto [known, is_new] = propensity[slot].emplace(item, p);
      EXPECT_EQ(known->second, p) << "one product, one slot, two propensities";
    }
  }
  for (size_t slot = 0; slot < kSlots; ++slot) {
    double sum = 0;
    for (const auto& [item, p] : propensity[slot]) {
      EXPECT_NEAR(times[slot][item], p, 4.5 * std::sqrt(p * (1 - p) / kSeeds) + 1e-3) << item;
      sum += p;
    }
    EXPECT_NEAR(sum, 1, 0.01) << slot;  // what thousands of seeds never show is rare
    EXPECT_GE(propensity[slot].size(), 5u);
  }
}

TEST_P(ExploreTest, RefusesWhatIsNoShare) {
  for (const float share : {-0.1f, 1.1f, std::nanf("")}) {
    Request request{.count = 3, .now = kNow, .exclude = {}, .context = {}};
    request.explore.share = share;
    EXPECT_EQ(recommender_->Recommend(request).error().code, ErrorCode::kInvalidArgument);
  }
}

TEST_P(ExploreTest, ListsAsRankedWhereNoCategoryHasEnough) {
  std::iota(categories_.begin(), categories_.end(), 0u);
  const Ranking plain = List(0), explored = List(1);
  EXPECT_EQ(explored.items, plain.items);
  EXPECT_TRUE(explored.propensities.empty());
}

INSTANTIATE_TEST_SUITE_P(OfTheGoldenCases, ExploreTest, testing::ValuesIn(Models()),
                         [](const auto& test) {
                           std::string name = std::filesystem::path(test.param).stem().string();
                           std::ranges::replace(name, '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace vitrine
