// What a task report says, to machines and to people.
#include "evaluate/task_report.h"

#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

namespace vitrine {
namespace {

// Three cases, the first two of short histories, `times` over; the other model is worse by 0.5 on
// every one.
TaskReport Sample(size_t times = 1) {
  Cases cases;
  cases.event_offsets = {0};
  for (size_t i = 0; i < 3 * times; ++i) {
    cases.shopper.push_back(static_cast<uint32_t>(i));
    cases.now.push_back(0);
    cases.n_baskets.push_back(1 + i % 3);
    // Two shoppers of two events, one of eight.
    cases.event_offsets.push_back(cases.event_offsets.back() + (i % 3 == 2 ? 8 : 2));
  }
  cases.events.resize(12 * times);
  Evaluation model, other;
  model.values.resize(3 * times);
  other.values.resize(3 * times);
  model.shown.assign(3 * times * kShown, kNothingShown);
  model.shown[0] = 1;
  other.shown = model.shown;
  for (size_t i = 0; i < 3 * times; ++i) {
    model.values[i][kNdcg20] = 0.75f + 0.125f * static_cast<float>(i % 3);
    other.values[i][kNdcg20] = model.values[i][kNdcg20] - 0.5f;
  }
  TaskReport report{.task = Task::kDiscovery,
                    .left_out = {.no_history = 4, .nothing_new = 2},
                    .metrics = MetricsFor(Split::kTime, {})};
  AddModelReport("vae", cases, 10, model, model, {}, report);
  AddModelReport("popularity", cases, 10, other, model, {}, report);
  return report;
}

TEST(TaskReport, JsonHasEveryMetricOfEveryGroup) {
  const auto json = ToJson(Sample());
  EXPECT_EQ(json["cases"], 3);
  EXPECT_EQ(json["left_out"]["no_history"], 4);
  EXPECT_EQ(json["left_out"]["nothing_new"], 2);
  EXPECT_EQ(json["metrics"].size(), MetricsFor(Split::kTime, {}).size() + 2);
  EXPECT_EQ(json["metrics"]["ndcg@20"]["value"], 0.875);
  EXPECT_EQ(json["metrics"]["coverage@20"]["value"], 0.1);
  EXPECT_EQ(json["at_most_two_baskets"]["cases"], 2);
  EXPECT_EQ(json["at_most_two_baskets"]["metrics"]["ndcg@20"]["value"], 0.8125);
  const auto& other = json["baselines"]["popularity"];
  EXPECT_EQ(other["metrics"]["ndcg@20"]["value"], 0.375);
  EXPECT_EQ(other["differences"]["ndcg@20"]["diff"], 0.5);
  EXPECT_NEAR(other["differences"]["ndcg@20"]["low"].get<double>(), 0.5,
              1e-12);  // the same for all
  EXPECT_NEAR(other["differences"]["ndcg@20"]["relative"].get<double>(), 0.5 / 0.375, 1e-12);
  EXPECT_EQ(other["differences"]["ndcg@20"]["higher"], 3);
  EXPECT_EQ(other["differences"]["ndcg@20"]["equal"], 0);
  EXPECT_EQ(other["differences"]["mrr"]["equal"], 3);
  // No prices: no share of revenue. In text, what is not a number is null.
  EXPECT_NE(json.dump().find(R"("revenue@20":{"value":null,"low":null,"high":null})"),
            std::string::npos);
}

TEST(TaskReport, TellsActiveShoppersFromOthers) {
  const auto json = ToJson(Sample());
  const auto& groups = json["by_activity"];
  ASSERT_EQ(groups.size(), 2u) << "two shoppers of one length stay together";
  EXPECT_EQ(groups[0]["events"], (nlohmann::json{2, 2}));
  EXPECT_EQ(groups[0]["cases"], 2);
  EXPECT_EQ(groups[0]["ndcg@20"]["value"], 0.8125);
  EXPECT_EQ(groups[1]["events"], (nlohmann::json{8, 8}));
  EXPECT_EQ(groups[1]["ndcg@20"]["value"], 1.0);
  EXPECT_EQ(groups[1]["ndcg@20"]["low"], 1.0);
  const auto& other = json["baselines"]["popularity"]["by_activity"][0];
  EXPECT_EQ(other["ndcg@20"]["value"], 0.3125);
  EXPECT_EQ(other["difference"]["diff"], 0.5);
}

TEST(MetricsFor, LeavesOutWhatNeedsCategoriesWhereThereAreNone) {
  const auto without = MetricsFor(Split::kLeaveLast, {.n_items = 3});
  const auto with = MetricsFor(Split::kLeaveLast, {.n_items = 3, .category = {0, 1, 0}});
  EXPECT_EQ(with.size(), without.size() + 2);
  const auto reasons = NotMeasured(Split::kLeaveLast, {.n_items = 3});
  EXPECT_EQ(reasons.size(), 2u);
  EXPECT_TRUE(reasons.contains("diversity@20"));
  EXPECT_TRUE(reasons.contains("miscalibration@20"));
  EXPECT_TRUE(NotMeasured(Split::kLeaveLast, {.n_items = 3, .category = {0, 1, 0}}).empty());
}

TEST(TaskReport, TableLinesUpAndMarksDifferencesThatExcludeZero) {
  const std::string table = ToTable(Sample(15));
  EXPECT_TRUE(table.starts_with(
      "discovery: 45 shoppers; left out 4 without a history, 2 with nothing new\n"))
      << table;
  EXPECT_NE(table.find("at most 2 baskets before: 30 shoppers"), std::string::npos) << table;
  std::istringstream lines(table);
  std::string line, heading;
  std::getline(lines, line);
  std::getline(lines, heading);
  const size_t column = heading.find("vae - popularity");
  ASSERT_NE(column, std::string::npos);
  size_t rows = 0;
  while (std::getline(lines, line)) {
    if (!line.starts_with("  ndcg@20 ")) continue;
    EXPECT_EQ(line.substr(column, 7), "+0.5000") << line;
    EXPECT_TRUE(line.ends_with(" *")) << line;
    ++rows;
  }
  EXPECT_EQ(rows, 2u);  // all shoppers, and those of short histories
  EXPECT_NE(table.find("  8 to 8: 15 shoppers"), std::string::npos) << table;
  // A tie is no difference.
  EXPECT_EQ(table.find("+0.0000 [+0.0000, +0.0000] *"), std::string::npos);
}

TEST(TaskReport, SaysOfFewShoppersThatTheyTellNothing) {
  const std::string table = ToTable(Sample());
  EXPECT_TRUE(table.starts_with("discovery: 3 shoppers, too few to tell models apart; left out 4"))
      << table;
  EXPECT_EQ(table.find(" *"), std::string::npos) << table;
}

}  // namespace
}  // namespace vitrine
