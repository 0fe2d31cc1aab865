// Many shoppers at once against each alone, for every model of the golden cases.
#include "serve/rank_many.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "format/safetensors.h"

namespace vitrine {
namespace {

TEST(RankMany, GivesEachWhatItWouldGetAlone) {
  constexpr int64_t kNow = 1700000000;
  const auto event = [](uint32_t item, int64_t age) {
    return Event{.time = kNow - age, .item = item, .type = EventType::kPurchase};
  };
  const std::vector<std::vector<Event>> shoppers = {{event(1, 90000), event(8, 400)},
                                                    {},
                                                    {event(30, 7)},
                                                    {event(1, 3), event(13, 2), event(2, 1)}};
  const std::vector<uint32_t> exclude = {5}, context = {0};
  size_t models = 0;
  for (const auto& entry : std::filesystem::directory_iterator(VITRINE_TEST_CASES "/serve")) {
    if (entry.path().extension() != ".safetensors") continue;
    SCOPED_TRACE(entry.path());
    auto file = ReadTensorFile(entry.path().string());
    ASSERT_TRUE(file.ok());
    const auto recommender = Recommender::Create(std::move(*file));
    ASSERT_TRUE(recommender.ok());
    std::vector<Request> requests(2, {.count = 12, .now = kNow, .exclude = exclude});
    requests[1].repeats = Repeats::kInclude;
    if ((*recommender)->n_context() > 0) {
      requests.push_back(requests[0]);
      requests.back().context = context;
    }
    for (const Request& request : requests) {
      const auto rankings = RankMany(**recommender, shoppers, request);
      ASSERT_TRUE(rankings.ok());
      for (size_t i = 0; i < shoppers.size(); ++i) {
        const auto alone = (*recommender)->Rank(shoppers[i], request);
        EXPECT_EQ((*rankings)[i].items, alone->items);
        EXPECT_EQ((*rankings)[i].scores, alone->scores);
        EXPECT_EQ((*rankings)[i].source, alone->source);
        EXPECT_EQ((*rankings)[i].calibrated, alone->calibrated);
      }
    }
    EXPECT_EQ(RankMany(**recommender, shoppers, {.count = 0}).error().code,
              ErrorCode::kInvalidArgument);
    ++models;
  }
  EXPECT_GT(models, 10);
}

}  // namespace
}  // namespace vitrine
