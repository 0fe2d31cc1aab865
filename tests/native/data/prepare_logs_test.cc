// What `vitrine prepare` makes of particular logs.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "prepare_run.h"
#include "temp_folder.h"

namespace vitrine {
namespace {

TEST(Prepare, ARatingWithAReviewIsTwoEventsOfOneRow) {
  const TempFolder folder;
  const std::string text =
      "reviewerID,asin,overall,unixReviewTime,reviewText\n"
      "u1,a,5,1600000000,good\nu2,a,3,1600000001,\nu3,a,1,1600000002,\"so, so\"\n";
  PrepareOptions options = Options(folder.Write("log.csv", text), folder.Path("set"));
  options.split.split = Split::kNone;
  const auto [report, dataset] = PrepareAndOpen(options);
  EXPECT_EQ(report.tally.count(Outcome::kKept), 3u);
  EXPECT_EQ(dataset.info().target, EventType::kRate);
  EXPECT_EQ(dataset.features().rating_mean, 3.0f);
  std::vector<Event> events = EventsOf(dataset.train(), "u3");
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].type, EventType::kRate);
  EXPECT_EQ(events[0].value, 1.0f);
  EXPECT_EQ(events[1].type, EventType::kReview);
  EXPECT_EQ(EventsOf(dataset.train(), "u2").size(), 1u);
}

TEST(Prepare, TheRatingOfAReviewCountsOnce) {
  const TempFolder folder;
  const std::string text =
      "user,item,time,event,rating\n"
      "a,x,1600000000,rate,4\na,x,1600000060,review,4\n"     // said before
      "b,x,1600000000,rate,4\nb,x,1600000060,review,2\n"     // thought better of it
      "c,x,1600000000,review,5\nc,x,1600100000,review,5\n";  // two reviews, no rating before
  PrepareOptions options = Options(folder.Write("log.csv", text), folder.Path("set"));
  options.split.split = Split::kNone;
  const auto [report, dataset] = PrepareAndOpen(options);
  EXPECT_EQ(report.tally.count(Outcome::kKept), 6u);
  const auto n_ratings = [&dataset = dataset](const char* name) {
    const std::vector<Event> events = EventsOf(dataset.train(), name);
    return std::count_if(events.begin(), events.end(),
                         [](const Event& event) { return event.type == EventType::kRate; });
  };
  EXPECT_EQ(n_ratings("a"), 1);
  EXPECT_EQ(n_ratings("b"), 2);
  EXPECT_EQ(n_ratings("c"), 2);
}

TEST(Prepare, AViewKeepsTheSecondsThatItLasted) {
  const TempFolder folder;
  const std::string text =
      "shopper,item,time,event,dwell\n"
      "a,x,1600000000,view,12.5\na,x,1600000100,view,\na,x,1600000200,dwell,30\n"
      "b,x,1600000000,view,-1\nb,x,1600000300,dwell,\nb,x,1600000400,view,long\n"
      "b,x,1600000500,cart,7\n";
  PrepareOptions options = Options(folder.Write("log.csv", text), folder.Path("set"));
  options.split.split = Split::kNone;
  const auto [report, dataset] = PrepareAndOpen(options);
  EXPECT_EQ(report.tally.count(Outcome::kBadNumber), 2u);
  std::vector<float> values;
  for (const char* name : {"a", "b"}) {
    for (const Event& event : EventsOf(dataset.train(), name)) values.push_back(event.value);
  }
  EXPECT_EQ(values, (std::vector<float>{12.5f, 0, 30, 0, 0}));
}

TEST(Prepare, ARefundMayBeBookedAtAPriceBelow0) {
  const TempFolder folder;
  const std::string text =
      "shopper,item,time,event,price\n"
      "a,x,1600000000,purchase,10\na,x,1600000100,refund,-10\n"
      "a,y,1600000000,purchase,10\na,y,1600000100,refund,0\n"
      "a,z,1600000000,purchase,10\nb,z,1600000000,purchase,-10\n";
  PrepareOptions options = Options(folder.Write("log.csv", text), folder.Path("set"));
  options.split.split = Split::kNone;
  options.split.min_item_shoppers = 0;
  const auto [report, dataset] = PrepareAndOpen(options);
  EXPECT_EQ(report.tally.count(Outcome::kWorthless), 1u);
  EXPECT_EQ(report.tally.count(Outcome::kKept), 1u);
  EXPECT_EQ(EventsOf(dataset.train(), "a").size(), 1u);
}

TEST(Prepare, FindsTheDecimalMarkWhicheverTheDelimiter) {
  const TempFolder folder;
  const auto price = [&](const std::string& text, std::optional<bool> comma = {}) {
    PrepareOptions options = Options(folder.Write("log.csv", text), folder.Path("set"));
    options.split.split = Split::kNone;
    options.split.min_item_shoppers = 0;
    options.event_file.decimal_comma = comma;
    options.replace = true;
    const auto [report, dataset] = PrepareAndOpen(options);
    return EventsOf(dataset.train(), "a").front().price;
  };
  EXPECT_EQ(price("user;item;date;price\na;x;2020-01-01;2.500\nb;x;2020-01-01;2.55\n"), 2.5f);
  EXPECT_EQ(price("user;item;date;price\na;x;2020-01-01;2.500\nb;x;2020-01-01;2,55\n"), 2500.0f);
  EXPECT_EQ(price("user,item,date,price\na,x,2020-01-01,\"2,55\"\n"), 2.55f);
  EXPECT_EQ(price("user;item;date;price\na;x;2020-01-01;2.500\n"), 2500.0f);
  EXPECT_EQ(price("user;item;date;price\na;x;2020-01-01;2.500\n", false), 2.5f);
}

TEST(Prepare, TakesEventsForWhatTheUserSaysTheyAre) {
  const TempFolder folder;
  std::string text = "user,item,time,event\n";
  for (const char* user : {"a", "b"}) {
    for (const char* row : {"x,2020-01-01,orderPlaced", "y,2020-01-02,orderPlaced",
                            "x,2020-01-03,view", "x,2020-01-04,sentBack"}) {
      text.append(user).append(",").append(row).append("\n");
    }
  }
  PrepareOptions options = Options(folder.Write("events.csv", text), folder.Path("set"));
  options.split.split = Split::kNone;
  for (const char* choice : {"orderPlaced=purchase", "sentBack=refund", "view=none"}) {
    ASSERT_TRUE(AddEventChoice(choice, options.rows.events).ok());
  }
  const auto [report, dataset] = PrepareAndOpen(options);
  EXPECT_EQ(report.unknown_events.at("view"), 2u);
  const std::vector<Event> events = EventsOf(dataset.train(), "a");
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].type, EventType::kPurchase);
  EXPECT_EQ(dataset.catalogue()[events[0].item].id, "y");

  for (const char* choice : {"orderPlaced", "=purchase", "orderPlaced=bought"}) {
    const Status refused = AddEventChoice(choice, options.rows.events);
    ASSERT_FALSE(refused.ok()) << choice;
    EXPECT_NE(refused.error().message.find(choice), std::string::npos);
  }
}

TEST(Prepare, UnderstandsGa4sExport) {
  const TempFolder folder;
  std::string text;
  for (const char* shopper : {"1.1", "2.2"}) {
    for (
        const char* line :
        {R"({"event_date":"20230101","event_timestamp":"1672567200000000","event_name":"view_item","user_pseudo_id":"@","user_id":null,"event_params":[{"key":"page","value":{"string_value":"/a"}}],"device":{"category":"mobile","web_info":{"browser":"Chrome"}},"geo":{"country":"Germany"},"items":[{"item_id":"SKU1","item_name":"Jeggings","item_brand":"Google","item_category":"Apparel","price":"11.99","quantity":null}]})",
         R"({"event_date":"20230101","event_timestamp":1672567260000000,"event_name":"page_view","user_pseudo_id":"@","items":[]})",
         R"({"event_date":"20230101","event_timestamp":1672567320000000,"event_name":"purchase","user_pseudo_id":"@","ecommerce":{"transaction_id":"T-@","total_item_quantity":3},"device":{"category":"mobile"},"geo":{"country":"Germany"},"items":[{"item_id":"SKU1","item_name":"Jeggings","price":11.99,"quantity":1},{"item_id":"SKU2","item_name":"Cap","price":10,"quantity":2}]})",
         R"({"event_date":"20230102","event_timestamp":1672653720000000,"event_name":"refund","user_pseudo_id":"@","ecommerce":{"transaction_id":"T-@"},"items":[{"item_id":"SKU2","quantity":1}]})"}) {
      std::string row = line;
      for (size_t at; (at = row.find('@')) != std::string::npos;) row.replace(at, 1, shopper);
      text += row + "\n";
    }
  }
  PrepareOptions options = Options(folder.Write("events.jsonl", text), folder.Path("set"));
  options.split.split = Split::kNone;
  const auto [report, dataset] = PrepareAndOpen(options);
  EXPECT_EQ(report.n_rows, 10u) << "a purchase of two products is two rows";
  EXPECT_EQ(report.tally.count(Outcome::kKept), 6u);
  EXPECT_EQ(report.tally.count(Outcome::kNetted), 2u);
  EXPECT_EQ(report.netting.n_reduced, 2u);
  EXPECT_EQ(report.unknown_events.at("page_view"), 2u);
  const std::vector<Event> events = EventsOf(dataset.train(), "1.1");
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(events[0].time, 1672567200);
  EXPECT_EQ(events[0].type, EventType::kView);
  EXPECT_EQ(events[0].price, 11.99f);
  EXPECT_EQ(dataset.contexts()[events[0].context], "device=mobile;country=Germany");
  const uint32_t cap = dataset.catalogue().Find("SKU2");
  ASSERT_NE(cap, StringIds::kNone);
  EXPECT_EQ(dataset.catalogue()[cap].title, "Cap");
  EXPECT_EQ(dataset.catalogue()[dataset.catalogue().Find("SKU1")].brand, "Google");
  for (const Event& event : events) {
    if (event.type == EventType::kPurchase) {
      EXPECT_EQ(event.basket, 0u) << "one order, one basket";
    }
    if (event.item == cap) {
      EXPECT_EQ(event.quantity, 1.0f) << "two bought, one returned";
    }
  }
}

TEST(Prepare, ReadsSeveralFilesEachByItsOwnColumns) {
  const TempFolder folder;
  PrepareOptions options =
      Options(folder.Write("views.csv",
                           "visitor_id,product_id,timestamp\na,p,1600000000\nb,p,1600000005\n"),
              folder.Path("set"));
  options.events.push_back(
      folder.Write("orders.csv",
                   "order_id;customer;sku;date;unit price\n1;a;p;2020-09-14 12:00;2,50\n"
                   "2;b;p;2020-09-14 13:00;2,50\n2;b;;2020-09-14 13:00;2,50\n"));
  options.event_file.columns[Field::kOrder] = "order_id";
  options.split.split = Split::kNone;
  const auto [report, dataset] = PrepareAndOpen(options);
  const std::vector<Event> events = EventsOf(dataset.train(), "a");
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].type, EventType::kView);
  EXPECT_EQ(events[1].type, EventType::kPurchase);
  EXPECT_EQ(events[1].price, 2.5f);
  EXPECT_EQ(LineName(report.files, report.tally.lines(Outcome::kNoProduct).at(0)),
            options.events[1] + ":4");
}

TEST(Prepare, TheProductFileWinsOverTheLogAndTheLogFillsItsGaps) {
  const TempFolder folder;
  const std::string text =
      "user,item,time,description,price,category\n"
      "a,p,1600000000,Cup,2,Kitchen\nb,p,1600000100,Cup,9,Kitchen\nc,p,1600000200,cup!!,3,Home\n"
      "a,q,1600000300,Plate,5,Kitchen\nb,q,1600000400,Plate,5,Kitchen\n"
      "a,once,1600000500,Fork,1,Kitchen\n";
  PrepareOptions options = Options(folder.Write("log.csv", text), folder.Path("set"));
  options.split.split = Split::kNone;
  options.products = folder.Write("products.csv",
                                  "sku,name,price,quantity,image_link\n"
                                  "q,The Plate,\"1,250.00 USD\",7,q.png\nz,Unsold,1,1,z.png\n"
                                  "q,Again,1,1,x\n,Nameless,1,1,x\nonce,Fork,dear,,\n");
  const auto [report, dataset] = PrepareAndOpen(options);
  const Catalogue& catalogue = dataset.catalogue();
  ASSERT_EQ(catalogue.size(), 2u);
  const Product& cup = catalogue[catalogue.Find("p")];
  EXPECT_EQ(cup.title, "Cup") << "the most frequent";
  EXPECT_EQ(cup.price, 3.0f) << "the median";
  EXPECT_EQ(cup.stock, -1);
  const Product& plate = catalogue[catalogue.Find("q")];
  EXPECT_EQ(plate.title, "The Plate");
  EXPECT_EQ(plate.category, "Kitchen");
  EXPECT_EQ(plate.price, 1250.0f);
  EXPECT_EQ(plate.stock, 7);
  EXPECT_EQ(plate.image, "q.png");
  ASSERT_TRUE(report.products.has_value());
  EXPECT_EQ(report.products->n_rows, 5u);
  EXPECT_EQ(report.products->n_malformed, 1u);
  EXPECT_EQ(report.products->n_repeated, 1u);
  EXPECT_EQ(report.products->n_bad_numbers, 1u);
  EXPECT_EQ(report.products->n_missing, 1u);
  EXPECT_EQ(report.products->n_unsold, 2u);
}

TEST(Prepare, FitsWhatTheTrainingPartShows) {
  const TempFolder folder;
  // Ten prices once each, and one product bought again every 7 days.
  std::string text = "user,item,time,quantity,price\n";
  for (int i = 0; i < 10; ++i) {
    for (const char* user : {"a", "b"}) {
      text.append(user).append(",").append(Numbered("p", i)).append(",");
      text.append(std::to_string(kStart + i))
          .append(",1,")
          .append(Numbered("", i + 1))
          .append("\n");
    }
  }
  for (int week = 1; week <= 6; ++week) {
    text.append("a,p0,").append(std::to_string(kStart + week * 7 * kDay)).append(",1,1\n");
  }
  PrepareOptions options = Options(folder.Write("log.csv", text), folder.Path("set"));
  options.split.split = Split::kNone;
  const auto [report, dataset] = PrepareAndOpen(options);
  const FeatureParams& features = dataset.features();
  EXPECT_TRUE(std::is_sorted(features.price_quantiles.begin(), features.price_quantiles.end()));
  EXPECT_GE(features.price_quantiles.size(), 6u);
  EXPECT_EQ(features.repeat_days, 7.0f);
  const uint32_t p0 = dataset.catalogue().Find("p0");
  for (uint32_t item = 0; item < 10; ++item) {
    EXPECT_EQ(features.item_repeat_days[item], item == p0 ? 7.0f : 0.0f);
  }
  // 19 pairs with one event and one with seven.
  const double mean = (19 * std::log(2.0) + std::log(8.0)) / 20;
  EXPECT_NEAR(features.log_count.mean, mean, 1e-6);
  EXPECT_NEAR(
      features.log_count.deviation,
      std::sqrt((19 * std::pow(std::log(2.0) - mean, 2) + std::pow(std::log(8.0) - mean, 2)) / 20),
      1e-6);
  EXPECT_EQ(features.log_dwell.mean, 0.0f);
  EXPECT_EQ(features.log_dwell.deviation, 1.0f) << "a number that never varies is left alone";
}

}  // namespace
}  // namespace vitrine
