// What is known of a shopper, from a log's text to the columns of a condition.
#include "evaluate/contexts.h"

#include <gtest/gtest.h>

#include "support/small_shop.h"

namespace vitrine {
namespace {

TEST(Contexts, AreSplitIntoTheirValues) {
  const auto values = SplitContext("country=DE;nonsense;device=phone;");
  ASSERT_EQ(values.size(), 2u);
  EXPECT_EQ(values[0], "country=DE");
  EXPECT_EQ(values[1], "device=phone");
  EXPECT_TRUE(SplitContext("unknown").empty());
  EXPECT_TRUE(SplitContext("").empty());
}

TEST(Contexts, ColumnsAscendOnceEachWithoutTheUnknown) {
  const std::vector<std::string> names = {"country=DE", "country=FR", "device=phone"};
  EXPECT_EQ(ContextColumns(names, "device=phone;country=DE;country=DE;season=winter", 0),
            (std::vector<uint32_t>{0, 2}));
  EXPECT_TRUE(ContextColumns(names, "country=IT", 0).empty());
}

TEST(Contexts, OfTrainingAreThoseOfTheFirstEventAndNotRare) {
  SmallShop shop(4);
  for (size_t s = 0; s < kLeastContextShoppers + 1; ++s) {
    auto events = SmallShop::Purchases({0, 1, 2});
    events[0].context = s == 0 ? 2 : 1;  // a single shopper has the second
    events[2].context = 2;
    shop.AddTrain(std::move(events));
  }
  shop.SetContexts({"unknown", "country=DE;device=phone", "country=FR;device=phone"});
  const Dataset dataset = shop.Open(Split::kNone);
  const ContextRows contexts = TrainingContexts({.dataset = &dataset}, ProfileOptions{});
  EXPECT_EQ(contexts.names, (std::vector<std::string>{"country=DE", "device=phone"}));
  ASSERT_EQ(contexts.rows.rows(), kLeastContextShoppers + 1);
  size_t n_alone = 0;
  for (size_t r = 0; r < contexts.rows.rows(); ++r) {
    const auto row = contexts.rows.view().Row(r);
    EXPECT_EQ(row.back(), 1u);
    n_alone += row.size() == 1;
  }
  EXPECT_EQ(n_alone, 1u);
}

TEST(Contexts, TheLastMonthKnownThatHasBegunHolds) {
  constexpr int64_t kJanuary31 = 30 * kDay, kFebruary1 = 31 * kDay, kMay = 130 * kDay;
  EXPECT_EQ(MonthName(kFebruary1 - 1), "month=1970-01");
  EXPECT_EQ(MonthName(kFebruary1), "month=1970-02");
  const std::vector<std::string> names = {"country=DE", "month=1970-01", "month=1970-02"};
  EXPECT_EQ(ContextColumns(names, "country=DE", kJanuary31), (std::vector<uint32_t>{0, 1}));
  EXPECT_EQ(ContextColumns(names, "", kFebruary1), (std::vector<uint32_t>{2}));
  EXPECT_EQ(ContextColumns(names, "", kMay), (std::vector<uint32_t>{2}));
  EXPECT_TRUE(ContextColumns(names, "", -kDay).empty());
  EXPECT_EQ(ContextColumns({names.data(), 1}, "country=DE", kMay), (std::vector<uint32_t>{0}));
}

TEST(Contexts, AMonthThatIsNamedHoldsAlone) {
  const std::vector<std::string> names = {"month=1970-01", "month=1970-02", "month=1970-03"};
  constexpr int64_t kMarch = 70 * kDay;
  EXPECT_EQ(ContextColumns(names, "month=1970-01", kMarch), (std::vector<uint32_t>{0}));
  EXPECT_EQ(ContextColumns(names, "month=1970-03", kMarch), (std::vector<uint32_t>{2}));
  EXPECT_TRUE(ContextColumns(names, "month=1969-12", kMarch).empty());  // not known
}

TEST(Contexts, OfTrainingHaveTheNamedMonthAlone) {
  SmallShop shop(3);
  shop.SetContexts({"unknown", "month=1970-07"});
  for (size_t s = 0; s < kLeastContextShoppers; ++s) {
    auto events = SmallShop::Purchases({0, 1});
    for (Event& event : events) event.context = 1;
    shop.AddTrain(std::move(events));
  }
  const Dataset dataset = shop.Open(Split::kNone);
  const ContextRows contexts = TrainingContexts({.dataset = &dataset}, ProfileOptions{}, true);
  EXPECT_EQ(contexts.names, (std::vector<std::string>{"month=1970-07"}));
}

TEST(Contexts, OfTrainingHaveTheMonthOfTheFirstEventWhereAsked) {
  SmallShop shop(3);
  for (size_t s = 0; s < 2 * kLeastContextShoppers; ++s) {
    shop.AddTrain(SmallShop::Purchases({0, 1}, s % 2 == 0 ? 30 : 31));  // goes on into February
  }
  const Dataset dataset = shop.Open(Split::kNone);
  const ContextRows contexts = TrainingContexts({.dataset = &dataset}, ProfileOptions{}, true);
  EXPECT_EQ(contexts.names, (std::vector<std::string>{"month=1970-01", "month=1970-02"}));
  ASSERT_EQ(contexts.rows.rows(), 2 * kLeastContextShoppers);
  for (size_t r = 0; r < contexts.rows.rows(); ++r) {
    ASSERT_EQ(contexts.rows.view().Row(r).size(), 1u);
    EXPECT_EQ(contexts.rows.view().Row(r).front(), r % 2);
  }
}

TEST(Contexts, OfALogWithoutAnyAreNone) {
  SmallShop shop(3);
  for (int s = 0; s < 8; ++s) shop.AddTrain(SmallShop::Purchases({0, 1}));
  const Dataset dataset = shop.Open(Split::kNone);
  const ContextRows contexts = TrainingContexts({.dataset = &dataset}, ProfileOptions{});
  EXPECT_TRUE(contexts.names.empty());
  EXPECT_EQ(contexts.rows.rows(), 0u);
}

}  // namespace
}  // namespace vitrine
