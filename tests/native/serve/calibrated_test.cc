// Which lists are of the kind that probabilities are fitted to.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "format/safetensors.h"
#include "serve/recommender.h"

namespace vitrine {
namespace {

constexpr int64_t kNow = 1700000000;

std::unique_ptr<Recommender> Open(const std::string& name) {
  auto made =
      Recommender::Create(*ReadTensorFile(VITRINE_TEST_CASES "/serve/" + name + ".safetensors"));
  EXPECT_TRUE(made.ok());
  return std::move(*made);
}

Event Bought(uint32_t item) {
  return {.time = kNow - 9, .item = item, .type = EventType::kPurchase};
}

TEST(Calibrated, FromAHistoryThatTheModelKnows) {
  for (const char* name : {"linear", "vae", "sequence", "gan-context"}) {
    const auto recommender = Open(name);
    EXPECT_FALSE(recommender->Recommend({.now = kNow})->calibrated) << name << ": best-sellers";
    ASSERT_TRUE(recommender->Track(Bought(3)).ok());
    EXPECT_TRUE(recommender->Recommend({.now = kNow})->calibrated) << name;
    const auto explored = recommender->Recommend({.now = kNow, .explore = {.share = 0.5f}});
    EXPECT_TRUE(explored->calibrated) << name << ": but for the explored products";
  }
}

TEST(Calibrated, WithRepeatsAsTheModelHasThem) {
  for (const char* name : {"linear", "personal-frequency"}) {
    const auto recommender = Open(name);
    ASSERT_TRUE(recommender->Track(Bought(3)).ok());
    const bool own = *recommender->file().Integer("serve.repeats") != 0;
    for (const bool asked : {false, true}) {
      const Repeats repeats = asked ? Repeats::kInclude : Repeats::kExclude;
      EXPECT_EQ(recommender->Recommend({.now = kNow, .repeats = repeats})->calibrated, asked == own)
          << name;
    }
  }
}

TEST(Calibrated, NotForAContext) {
  const auto recommender = Open("gan-context");
  const std::vector<uint32_t> context = {1};
  EXPECT_FALSE(recommender->Recommend({.now = kNow, .context = context})->calibrated);
  ASSERT_TRUE(recommender->Track(Bought(3)).ok());
  const auto ranking = recommender->Recommend({.now = kNow, .context = context});
  EXPECT_EQ(ranking->source, Source::kModel);
  EXPECT_FALSE(ranking->calibrated);
}

TEST(Calibrated, NotWhileTheModelIsAdapted) {
  const auto recommender = Open("linear-adapt");
  ASSERT_TRUE(recommender->Track(Bought(3)).ok());
  recommender->SetAdaptation(recommender->adapter()->Of(recommender->events()));
  EXPECT_FALSE(recommender->Recommend({.now = kNow})->calibrated);
  recommender->ResetAdaptation();
  EXPECT_TRUE(recommender->Recommend({.now = kNow})->calibrated);
}

}  // namespace
}  // namespace vitrine
