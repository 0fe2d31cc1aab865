// The laws of `vitrine prepare` as a whole: rows add up, the test part teaches nothing, and the
// same log gives the same data set.
#include "data/prepare.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/rng.h"
#include "data/dataset.h"
#include "prepare_run.h"
#include "temp_folder.h"

namespace vitrine {
namespace {

// What one row of a synthetic log says.
struct LogRow {
  std::string shopper, item, time, event, quantity, price, order, rating, review, device;
  std::string Line() const {
    std::string line;
    for (const std::string* text :
         {&shopper, &item, &time, &event, &quantity, &price, &order, &rating, &review, &device}) {
      line.append(*text).append(text == &device ? "\n" : ",");
    }
    return line;
  }
};
constexpr char kHeader[] = "user,item,time,event,quantity,price,order,rating,review,device\n";

// A tidy log over 100 days, in the order of time: 60 shoppers, 40 products, all kinds of events.
std::vector<LogRow> TidyLog(uint64_t seed, size_t n) {
  const char* const kEvents[] = {"view_item", "view_item", "view_item", "add_to_cart",
                                 "purchase",  "rate",      "review",    "refund"};
  Rng rng(seed, 0);
  std::vector<LogRow> rows;
  for (size_t i = 0; i < n; ++i) {
    LogRow row;
    row.shopper = Numbered("s", rng.Below(60));
    row.item = Numbered("i", rng.Below(1 + rng.Below(40)));
    row.time = std::to_string(kStart + static_cast<int64_t>(i * 100 * kDay / n) + rng.Below(50));
    row.event = kEvents[rng.Below(8)];
    row.price = Numbered("", 1 + rng.Below(50));
    row.device = rng.Below(2) == 0 ? "phone" : "desk";
    if (row.event == "purchase") {
      row.quantity = Numbered("", 1 + rng.Below(3));
      row.order = Numbered("o", i / 3);
    }
    if (row.event == "refund") row.quantity = Numbered("", 1 + rng.Below(3));
    if (row.event == "rate") row.rating = Numbered("", 1 + rng.Below(5));
    if (row.event == "rate" && rng.Below(2) == 0) row.review = "nice";
    rows.push_back(row);
  }
  return rows;
}

std::string Text(const std::vector<LogRow>& rows) {
  std::string text = kHeader;
  for (const LogRow& row : rows) text += row.Line();
  return text;
}

// A tidy log with every kind of dirt.
std::string DirtyLog(uint64_t seed) {
  Rng rng(seed, 1);
  std::string text = kHeader;
  std::string last;
  for (LogRow row : TidyLog(seed, 3000)) {
    switch (rng.Below(40)) {
      case 0:
        text += "only,three,fields\n";
        break;
      case 1:
        row.shopper.clear();
        break;
      case 2:
        row.item = "(not set)";
        break;
      case 3:
        row.time = "yesterday";
        break;
      case 4:
        row.time = rng.Below(2) == 0 ? "1980-01-01" : "2100-01-01";
        break;
      case 5:
        row.price = "cheap";
        break;
      case 6:
        row.price = "0";
        break;
      case 7:
        row.event = "page_view";
        break;
      case 8:
        text += last;
        break;
      case 9:
        row.item = "POST";
        break;
      case 10:
        row.quantity = "-1";
        break;
      case 11:
        row.rating.clear();
        break;
      case 12:
        text += "\"open,quote\n";
        break;
      case 13:
        row.item = Numbered("seldom", rng.Below(1000));
        break;
      default:
        break;
    }
    last = row.Line();
    text += last;
  }
  // A program that looks at everything.
  for (int i = 0; i < 600; ++i) {
    LogRow row{.shopper = "robot", .item = Numbered("i", i % 40), .event = "view"};
    row.time = std::to_string(kStart + 20 * kDay + i);
    text += row.Line();
  }
  return text;
}

uint64_t LinesOf(const std::string& text) {
  return static_cast<uint64_t>(std::count(text.begin(), text.end(), '\n'));
}

TEST(Prepare, EveryRowHasOneFateAndTheyAddUp) {
  const TempFolder folder;
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    const std::string text = DirtyLog(seed);
    for (const Split split : {Split::kNone, Split::kTime, Split::kStrong}) {
      PrepareOptions options = Options(folder.Write("log.csv", text), folder.Path("set"));
      options.replace = true;
      options.split.split = split;
      options.rows.drop_products = "POST|DOT";
      const auto [report, dataset] = PrepareAndOpen(options);
      EXPECT_EQ(report.n_rows, LinesOf(text) - 1);
      EXPECT_EQ(report.n_rows, report.tally.count(Outcome::kKept) +
                                   report.tally.count(Outcome::kNetted) + report.n_dropped());
      // Every kind of dirt was met.
      for (const Outcome outcome :
           {Outcome::kMalformed, Outcome::kNoShopper, Outcome::kNoProduct, Outcome::kUnwanted,
            Outcome::kUnknownEvent, Outcome::kBadTime, Outcome::kImpossibleTime,
            Outcome::kBadNumber, Outcome::kWorthless, Outcome::kDuplicate, Outcome::kUnmatched,
            Outcome::kBot, Outcome::kRare, Outcome::kNetted}) {
        EXPECT_GT(report.tally.count(outcome), 0u)
            << kOutcomeTexts[static_cast<size_t>(outcome)].name;
      }
      EXPECT_EQ(report.tally.count(Outcome::kUntested) > 0, split == Split::kTime);
      EXPECT_EQ(report.tally.count(Outcome::kBot), 600u);
      EXPECT_EQ(report.unknown_events.at("page_view"), report.tally.count(Outcome::kUnknownEvent));
      EXPECT_EQ(report.train.n_events, dataset.train().n_events());
      EXPECT_EQ(report.test.n_events, dataset.test().n_events());
      EXPECT_EQ(dataset.test().size() > 0, split != Split::kNone);
      if (split == Split::kNone) {
        // Besides the rows' own events only the reviews beside ratings.
        EXPECT_GE(dataset.train().n_events(), report.tally.count(Outcome::kKept));
        EXPECT_LE(dataset.train().n_events(),
                  report.tally.count(Outcome::kKept) +
                      report.train.n_by_type[static_cast<size_t>(EventType::kReview)]);
      }
      const std::string json = folder.ReadAll("set/report.json");
      EXPECT_NE(json.find("\"read\": " + std::to_string(report.n_rows)), std::string::npos);
    }
  }
}

TEST(Prepare, ExamplesPointAtTheRowsThatWereDropped) {
  const TempFolder folder;
  std::string text = Text(TidyLog(1, 200));
  const uint64_t line = LinesOf(text) + 1;
  text += "s1,i1,soon,view,,,,,,\nshort\n";
  PrepareOptions options = Options(folder.Write("log.csv", text), folder.Path("set"));
  options.split.split = Split::kNone;
  const auto [report, dataset] = PrepareAndOpen(options);
  ASSERT_EQ(report.tally.lines(Outcome::kBadTime).size(), 1u);
  EXPECT_EQ(LineName(report.files, report.tally.lines(Outcome::kBadTime)[0]),
            options.events[0] + ":" + std::to_string(line));
  EXPECT_EQ(LineName(report.files, report.tally.lines(Outcome::kMalformed)[0]),
            options.events[0] + ":" + std::to_string(line + 1));
  EXPECT_NE(report.ToText().find("had no readable time"), std::string::npos);
}

// Files of a data set that hold what was fitted or may be learnt from.
std::map<std::string, std::string> LearntFiles(const TempFolder& folder, const std::string& set) {
  std::map<std::string, std::string> files;
  for (const char* name : {"catalogue.json", "features.safetensors", "train-00000.safetensors"}) {
    files[name] = folder.ReadAll(set + "/" + name);
    EXPECT_FALSE(files[name].empty()) << name;
  }
  return files;
}

// Makes a row say something else of another product, at the same time by the same shopper.
void Mutate(LogRow& row, Rng& rng) {
  row.item = Numbered("new", rng.Below(5));
  row.price = Numbered("", 500 + rng.Below(500));
  row.device = "fridge";
  if (rng.Below(2) == 0) {
    row.event = "purchase";
    row.quantity = "9";
  } else if (rng.Below(2) == 0) {
    row.event = "refund";
    row.item = Numbered("i", rng.Below(10));
    row.quantity.clear();
  } else {
    row.event = "rate";
    row.rating = "-70";
  }
}

TEST(Prepare, NothingThatIsFittedDependsOnTheTestPart) {
  const TempFolder folder;
  std::vector<LogRow> rows = TidyLog(5, 3000);
  const int64_t cut = kStart + 80 * kDay;
  PrepareOptions options = Options(folder.Write("a.csv", Text(rows)), folder.Path("a"));
  options.split.cut_time = cut;
  options.bots.max_events_per_day = 30;
  const std::string hash = PrepareAndOpen(options).dataset.info().hash;

  Rng rng(1, 2);
  size_t n_mutated = 0;
  for (LogRow& row : rows) {
    if (std::stoll(row.time) < cut) continue;
    Mutate(row, rng);
    ++n_mutated;
  }
  EXPECT_GT(n_mutated, 400u);
  // Somebody turns out to be a program, but only after the cut.
  for (int i = 0; i < 900; ++i) {
    rows.push_back({.shopper = "s1", .item = "i1", .event = "view"});
    rows.back().time = std::to_string(kStart + 90 * kDay + i * 3);
  }
  options.events = {folder.Write("b.csv", Text(rows))};
  options.out = folder.Path("b");
  const Prepared changed = PrepareAndOpen(options);
  EXPECT_EQ(changed.report.n_bots, 1u);
  EXPECT_EQ(changed.dataset.info().hash, hash);
  EXPECT_EQ(LearntFiles(folder, "a"), LearntFiles(folder, "b"));
  EXPECT_NE(folder.ReadAll("a/test-00000.safetensors"), folder.ReadAll("b/test-00000.safetensors"));

  // The check would see a change: one price before the cut is enough.
  rows[10].price = "999";
  options.events = {folder.Write("c.csv", Text(rows))};
  options.out = folder.Path("c");
  EXPECT_NE(PrepareAndOpen(options).dataset.info().hash, hash);
}

TEST(Prepare, NothingThatIsFittedDependsOnHeldOutShoppers) {
  const TempFolder folder;
  std::vector<LogRow> rows = TidyLog(6, 3000);
  PrepareOptions options = Options(folder.Write("a.csv", Text(rows)), folder.Path("a"));
  options.split.split = Split::kStrong;
  options.split.seed = 3;
  const Prepared first = PrepareAndOpen(options);
  const std::set<std::string> held_out = NamesOf(first.dataset.test());
  EXPECT_EQ(held_out.size(), 6u);
  for (const std::string& name : NamesOf(first.dataset.train())) {
    EXPECT_FALSE(held_out.contains(name));
  }
  Rng rng(1, 2);
  for (LogRow& row : rows) {
    if (held_out.contains(row.shopper)) Mutate(row, rng);
  }
  options.events = {folder.Write("b.csv", Text(rows))};
  options.out = folder.Path("b");
  EXPECT_EQ(PrepareAndOpen(options).dataset.info().hash, first.dataset.info().hash);
  EXPECT_EQ(LearntFiles(folder, "a"), LearntFiles(folder, "b"));
}

TEST(Prepare, TheSameLogAsCsvAndAsJsonLinesGivesTheSameDataSet) {
  const TempFolder folder;
  const std::vector<LogRow> rows = TidyLog(10, 2000);
  std::string lines;
  for (const LogRow& row : rows) {
    // The order of names and what is a number or a text should not matter.
    lines.append(R"({"device":")").append(row.device).append(R"(","time":)").append(row.time);
    lines.append(R"(,"user":")").append(row.shopper).append(R"(","item":")").append(row.item);
    lines.append(R"(","event":")").append(row.event).append(R"(","price":)").append(row.price);
    lines.append(R"(,"quantity":")").append(row.quantity).append(R"(","order":")");
    lines.append(row.order).append(R"(","rating":)");
    lines.append(row.rating.empty() ? "null" : row.rating).append(R"(,"review":")");
    lines.append(row.review).append("\"}\n");
  }
  PrepareAndOpen(Options(folder.Write("log.csv", Text(rows)), folder.Path("a")));
  const Prepared json = PrepareAndOpen(Options(folder.Write("log.jsonl", lines), folder.Path("b")));
  EXPECT_EQ(json.report.files[0].format, "jsonl");
  EXPECT_EQ(folder.ReadAll("a/dataset.json"), folder.ReadAll("b/dataset.json"));
  EXPECT_EQ(LearntFiles(folder, "a"), LearntFiles(folder, "b"));
}

TEST(Prepare, TwiceGivesTheSameBytes) {
  const TempFolder folder;
  const std::string log = folder.Write("log.csv", DirtyLog(4));
  PrepareAndOpen(Options(log, folder.Path("a")));
  PrepareAndOpen(Options(log, folder.Path("b")));
  for (const char* name : {"dataset.json", "catalogue.json", "report.json", "features.safetensors",
                           "train-00000.safetensors", "test-00000.safetensors"}) {
    EXPECT_EQ(folder.ReadAll(std::string("a/") + name), folder.ReadAll(std::string("b/") + name))
        << name;
  }
}

TEST(Prepare, DoesNotCareInWhichOrderShoppersStandInTheLog) {
  const TempFolder folder;
  std::vector<LogRow> rows = TidyLog(7, 2000);
  PrepareOptions options = Options(folder.Write("a.csv", Text(rows)), folder.Path("a"));
  options.split.cut_time = kStart + 80 * kDay;
  const std::string hash = PrepareAndOpen(options).dataset.info().hash;
  std::stable_sort(rows.begin(), rows.end(),
                   [](const LogRow& a, const LogRow& b) { return a.shopper > b.shopper; });
  options.events = {folder.Write("b.csv", Text(rows))};
  options.out = folder.Path("b");
  EXPECT_EQ(PrepareAndOpen(options).dataset.info().hash, hash);
}

TEST(Prepare, ByTimeTrainsBeforeTheCutAndTestsWhatComesAfter) {
  const TempFolder folder;
  PrepareOptions options =
      Options(folder.Write("log.csv", Text(TidyLog(8, 3000))), folder.Path("set"));
  options.split.test_fraction = 0.25;
  const auto [report, dataset] = PrepareAndOpen(options);
  const int64_t cut = dataset.info().cut_time;
  EXPECT_NEAR(static_cast<double>(cut - kStart) / (100 * kDay), 0.75, 0.01);
  std::vector<Event> events;
  for (size_t s = 0; s < dataset.train().size(); ++s) {
    dataset.train().Read(s, events);
    ASSERT_FALSE(events.empty());
    EXPECT_LT(events.back().time, cut);
  }
  for (size_t s = 0; s < dataset.test().size(); ++s) {
    dataset.test().Read(s, events);
    EXPECT_TRUE(std::any_of(events.begin(), events.end(), [&](const Event& event) {
      return event.time >= cut && event.type == dataset.info().target;
    }));
    // What came before the cut is the same in both parts, baskets too.
    std::vector<Event> before = EventsOf(dataset.train(), dataset.test().Name(s));
    for (size_t i = 0; i < before.size(); ++i) {
      EXPECT_EQ(events[i].item, before[i].item);
      EXPECT_EQ(events[i].time, before[i].time);
      EXPECT_EQ(events[i].basket, before[i].basket);
    }
    EXPECT_TRUE(events.size() > before.size() && events[before.size()].time >= cut);
  }
}

TEST(Prepare, EveryProductWasTouchedByEnoughTrainingShoppers) {
  const TempFolder folder;
  PrepareOptions options = Options(folder.Write("log.csv", DirtyLog(9)), folder.Path("set"));
  options.split.min_item_shoppers = 12;
  options.split.min_shopper_events = 20;
  const auto [report, dataset] = PrepareAndOpen(options);
  std::vector<std::set<size_t>> shoppers(dataset.info().n_items);
  std::vector<Event> events;
  for (size_t s = 0; s < dataset.train().size(); ++s) {
    dataset.train().Read(s, events);
    EXPECT_GE(events.size(), 20u);
    for (const Event& event : events) shoppers[event.item].insert(s);
  }
  ASSERT_GT(shoppers.size(), 5u);
  ASSERT_LT(shoppers.size(), 40u);
  for (const auto& of_item : shoppers) EXPECT_GE(of_item.size(), 12u);
}

}  // namespace
}  // namespace vitrine
