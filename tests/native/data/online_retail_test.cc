// The UCI Online Retail log, whose counts are known: https://doi.org/10.24432/C5BW33.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "data/prepare.h"
#include "temp_folder.h"

namespace vitrine {
namespace {

TEST(OnlineRetail, ComesOutWithItsKnownCounts) {
  const std::string packed =
      std::string(VITRINE_SHARED_DATA) + "/online-retail/online_retail.csv.xz";
  if (!std::filesystem::exists(packed)) GTEST_SKIP() << "the Online Retail log is not here";
  const TempFolder folder;
  const std::string log = folder.Path("online_retail.csv");
  if (std::system(("xz -dkc '" + packed + "' > '" + log + "'").c_str()) != 0) {
    GTEST_SKIP() << "xz is not installed";
  }
  PrepareOptions options;
  options.events = {log};
  options.out = folder.Path("set");
  options.rows.now = 1700000000;
  options.split.cut_time = 1317427200;  // 2011-10-01
  const auto report = Prepare(options);
  ASSERT_TRUE(report.ok()) << report.error().message;

  EXPECT_EQ(report->n_rows, 541909u);
  EXPECT_EQ(report->n_shoppers, 4372u);
  EXPECT_EQ(report->n_products, 4070u);
  // 9,288 under an order number that begins with C, the rest corrections of the stock.
  EXPECT_EQ(report->n_cancellations, 10624u);
  EXPECT_EQ(report->tally.count(Outcome::kNoShopper), 135080u);
  EXPECT_EQ(report->tally.count(Outcome::kWorthless), 40u) << "rows at a price of 0, with customer";
  // 5,225 rows are equal in all columns; two more differ in the description alone.
  EXPECT_EQ(report->tally.count(Outcome::kDuplicate), 5227u);
  EXPECT_EQ(report->n_rows, report->tally.count(Outcome::kKept) +
                                report->tally.count(Outcome::kNetted) + report->n_dropped());
  // Of the 8,905 cancellations by known customers, some repeat others.
  const uint64_t n_cancellations =
      report->netting.n_cancellations + report->tally.count(Outcome::kUnmatched);
  EXPECT_GT(n_cancellations, 8850u);
  EXPECT_LE(n_cancellations, 8905u);
  EXPECT_GT(report->netting.n_cancellations, 6000u);

  const auto dataset = Dataset::Open(options.out);
  ASSERT_TRUE(dataset.ok()) << dataset.error().message;
  EXPECT_EQ(dataset->info().target, EventType::kPurchase);
  EXPECT_EQ(dataset->info().first_time, 1291191960);  // 2010-12-01 08:26
  EXPECT_EQ(dataset->info().last_time, 1323435000);   // 2011-12-09 12:50
  const Product& most = dataset->catalogue()[0];
  EXPECT_EQ(most.id, "22423") << "what most shoppers touched comes first";
  EXPECT_EQ(most.title, "REGENCY CAKESTAND 3 TIER");
  EXPECT_NEAR(most.price, 12.75, 0.01);
  const uint32_t heart = dataset->catalogue().Find("85123A");
  ASSERT_NE(heart, StringIds::kNone);
  EXPECT_EQ(dataset->catalogue()[heart].title, "WHITE HANGING HEART T-LIGHT HOLDER");
  EXPECT_NEAR(dataset->catalogue()[heart].price, 2.95, 0.01);

  // A customer known from the literature: one order of 74,215 pieces, cancelled 16 minutes later.
  for (size_t s = 0; s < dataset->train().size(); ++s) {
    EXPECT_NE(dataset->train().Name(s), "12346.0");
  }
  // The first order of the log, seven products in one basket.
  std::vector<Event> events;
  for (size_t s = 0; s < dataset->train().size(); ++s) {
    if (dataset->train().Name(s) == "17850.0") dataset->train().Read(s, events);
  }
  ASSERT_GT(events.size(), 7u);
  for (size_t i = 0; i < 7; ++i) {
    EXPECT_EQ(events[i].time, 1291191960);
    EXPECT_EQ(events[i].basket, events[0].basket);
  }
  EXPECT_NE(events[7].basket, events[0].basket);
}

}  // namespace
}  // namespace vitrine
