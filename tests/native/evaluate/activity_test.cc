// Shoppers in groups by the length of their histories.
#include "evaluate/activity.h"

#include <gtest/gtest.h>

#include <vector>

namespace vitrine {
namespace {

// Cases whose histories have so many events.
Cases WithEvents(const std::vector<size_t>& n_events) {
  Cases cases;
  for (size_t i = 0; i < n_events.size(); ++i) {
    cases.shopper.push_back(static_cast<uint32_t>(i));
    cases.now.push_back(0);
    cases.events.resize(cases.events.size() + n_events[i]);
    cases.event_offsets.push_back(cases.events.size());
  }
  return cases;
}

TEST(GroupByActivity, CutsAtTheQuartiles) {
  const auto groups = GroupByActivity(WithEvents({8, 1, 7, 2, 6, 3, 5, 4}));
  ASSERT_EQ(groups.size(), 4u);
  EXPECT_EQ(groups[0].cases, (std::vector<size_t>{1, 3}));
  EXPECT_EQ(groups[0].from, 1u);
  EXPECT_EQ(groups[0].to, 2u);
  EXPECT_EQ(groups[3].cases, (std::vector<size_t>{0, 2}));
  EXPECT_EQ(groups[3].from, 7u);
  EXPECT_EQ(groups[3].to, 8u);
}

TEST(GroupByActivity, KeepsEqualHistoriesTogether) {
  // Three of four shoppers did one thing: they are one group, not three.
  const auto groups = GroupByActivity(WithEvents({1, 1, 1, 1, 1, 1, 9, 3}));
  ASSERT_EQ(groups.size(), 2u);
  EXPECT_EQ(groups[0].cases, (std::vector<size_t>{0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(groups[1].from, 3u);
  EXPECT_EQ(groups[1].to, 9u);
}

TEST(GroupByActivity, HasEveryCaseOnceAndNoEmptyGroup) {
  EXPECT_TRUE(GroupByActivity(WithEvents({})).empty());
  EXPECT_EQ(GroupByActivity(WithEvents({5})).size(), 1u);
  for (size_t n = 1; n < 30; ++n) {
    std::vector<size_t> n_events(n);
    for (size_t i = 0; i < n; ++i) n_events[i] = i * i % 7;
    size_t n_cases = 0;
    for (const ActivityGroup& group : GroupByActivity(WithEvents(n_events))) {
      EXPECT_FALSE(group.cases.empty());
      n_cases += group.cases.size();
      for (const size_t i : group.cases) {
        EXPECT_GE(n_events[i], group.from);
        EXPECT_LE(n_events[i], group.to);
      }
    }
    EXPECT_EQ(n_cases, n);
  }
}

}  // namespace
}  // namespace vitrine
