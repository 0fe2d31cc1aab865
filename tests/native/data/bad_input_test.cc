// Bad input to `vitrine prepare`: one sentence that names file, place and remedy, and no output.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "core/rng.h"
#include "data/dataset.h"
#include "data/prepare.h"
#include "temp_folder.h"

namespace vitrine {
namespace {

using Change = std::function<void(PrepareOptions&)>;

constexpr char kGoodLog[] =
    "user,item,time,quantity,price\n"
    "a,x,2020-01-01,1,2\na,y,2020-01-02,1,3\nb,x,2020-01-03,1,2\nb,y,2020-01-04,2,3\n"
    "a,x,2020-01-05,1,2\nb,x,2020-01-06,1,2\n";

PrepareOptions Options(const TempFolder& folder, const std::string& log) {
  PrepareOptions options;
  options.events = {folder.Write("events.csv", log)};
  options.out = folder.Path("set");
  options.rows.now = 1700000000;
  options.split.split = Split::kNone;
  return options;
}

// Runs and expects an error that says each of `says`, and a folder as it was before.
void ExpectError(
    const std::string& log, const std::vector<std::string>& says,
    const Change& change = [](PrepareOptions&) {}) {
  const TempFolder folder;
  PrepareOptions options = Options(folder, log);
  change(options);
  const std::vector<std::string> before = folder.List();
  const auto report = Prepare(options);
  ASSERT_FALSE(report.ok()) << log;
  EXPECT_NE(report.error().code, ErrorCode::kInternal);
  for (const std::string& part : says) {
    EXPECT_NE(report.error().message.find(part), std::string::npos)
        << report.error().message << "\nlacks: " << part;
  }
  EXPECT_EQ(std::count(report.error().message.begin(), report.error().message.end(), '\n'), 0);
  EXPECT_EQ(folder.List(), before) << "half-written output";
}

TEST(BadInput, OneJsonArrayIsNoLog) {
  ExpectError("[\n  {\"user\": \"a\", \"item\": \"x\", \"time\": 1577836800}\n]\n",
              {"events.csv", "JSON array", "one object a line"});
}

TEST(BadInput, TheGoodLogIsGood) {
  const TempFolder folder;
  const auto report = Prepare(Options(folder, kGoodLog));
  EXPECT_TRUE(report.ok()) << report.error().message;
}

TEST(BadInput, MissingAndEmptyFiles) {
  ExpectError(kGoodLog, {"/nowhere.csv", "No such file", "check the path"},
              [](PrepareOptions& options) { options.events = {"/nowhere.csv"}; });
  ExpectError(kGoodLog, {"/nowhere.json", "check the path"},
              [](PrepareOptions& options) { options.products = "/nowhere.json"; });
  ExpectError("", {"events.csv", "is empty"});
  ExpectError("user,item,time\n", {"events.csv", "has no rows"});
  ExpectError(kGoodLog, {"is not a regular file"},
              [](PrepareOptions& options) { options.events = {"/tmp"}; });
}

TEST(BadInput, ColumnsThatAreNotThere) {
  ExpectError("user,time\na,2020-01-01\n", {"events.csv", "no column is known to hold the item",
                                            "it has user, time", "--column item=NAME"});
  ExpectError("1,2,3\n4,5,6\n", {"hold the shopper", "1, 2, 3", "--header"});
  ExpectError(
      kGoodLog, {"events.csv", "no column 'Kunde' for the shopper", "user, item"},
      [](PrepareOptions& options) { options.event_file.columns[Field::kShopper] = "Kunde"; });
  ExpectError(
      "{\"user\":\"a\",\"item\":\"x\",\"time\":\"2020-01-01\"}\n", {"no column 'kunde'"},
      [](PrepareOptions& options) { options.event_file.columns[Field::kShopper] = "kunde"; });
  ExpectError("{\"user\":\"a\",\"time\":\"2020-01-01\"}\n", {"events.csv", "hold the item"});
}

TEST(BadInput, ColumnsThatMostlyHoldSomethingElse) {
  ExpectError("user,item,time\na,x,soon\nb,x,later\na,y,2020-01-01\n",
              {"events.csv, line 2", "column 'time' holds 'soon'", "no time", "--column time="});
  ExpectError("user,item,time,price\na,x,2020-01-01,dear\nb,x,2020-01-01,cheap\n",
              {"events.csv, line 2", "column 'price' holds 'dear'", "no number"});
  ExpectError("user,item,time,qty\na,x,2020-01-01,1\nb,x,2020-01-01,two\nb,y,2020-01-01,three\n",
              {"events.csv, line 3", "column 'qty' holds 'two'", "--column quantity=NAME"});
  ExpectError("user,item,time\na,x,1970-01-01\nb,x,12\n",
              {"line 2", "'1970-01-01'", "before 1995 or after now", "--now"});
  ExpectError("user,item,time\na,x\nb,x\nb,x,2020-01-01\n",
              {"events.csv, line 2", "has 2 fields where the header has 3", "--delimiter"});
  ExpectError("user,item,time,rating\na,x,2020-01-01,\nb,x,2020-01-01,\nb,x,2020-01-01,3\n",
              {"line 2", "column 'rating' holds ''"});
}

TEST(BadInput, DatesWhoseOrderTurnsOutToBeTheOther) {
  std::string log = "user,item,time\n";
  for (int i = 0; i < 12000; ++i) log += "a,x,1/2/2020\nb,x,2/1/2020\n";
  ExpectError(std::string(log).append("a,x,13/2/2020\n"),
              {"events.csv, line 24002: '13/2/2020'", "--date-order dmy"});
  // Where the first rows tell, one that cannot be read is only dirt.
  const TempFolder folder;
  const auto report = Prepare(Options(folder,
                                      "user,item,time\na,x,2/13/2020\nb,x,2/13/2020\n"
                                      "b,x,1/1/2020\na,x,13/2/2020\n"));
  ASSERT_TRUE(report.ok()) << report.error().message;
  EXPECT_EQ(report->tally.count(Outcome::kBadTime), 1u);
}

TEST(BadInput, LogsOfWhichNothingIsLeft) {
  ExpectError("user,item,time\n,x,2020-01-01\n,y,2020-01-01\n",
              {"of 2 rows none is left", "2 named no shopper", "events.csv:2"});
  ExpectError("user,item,time,event\na,x,2020-01-01,scroll\n",
              {"none is left", "events that say nothing"});
  ExpectError("user,item,time\na,x,2020-01-01\nb,y,2020-01-01\n",
              {"no product is left", "--min-item-shoppers"});
}

TEST(BadInput, BinaryGarbage) {
  Rng rng(1, 0);
  for (int round = 0; round < 20; ++round) {
    std::string bytes;
    for (int i = 0; i < 5000; ++i) bytes += static_cast<char>(rng.Below(256));
    ExpectError(bytes, {"events.csv"});
    ExpectError(std::string(kGoodLog).append(bytes), {"events.csv, line"});
    ExpectError(std::string("{\"user\":").append(bytes), {"events.csv"});
  }
}

TEST(BadInput, SettingsThatCannotBeMeant) {
  ExpectError(kGoodLog, {"unknown time zone 'Mars'"},
              [](PrepareOptions& options) { options.rows.timezone = "Mars"; });
  ExpectError(kGoodLog, {"unknown encoding 'klingon'"},
              [](PrepareOptions& options) { options.event_file.encoding = "klingon"; });
  ExpectError(kGoodLog, {"--drop-products '('", "regular expression"},
              [](PrepareOptions& options) { options.rows.drop_products = "("; });
  ExpectError(kGoodLog, {"the cut leaves no event on one side"}, [](PrepareOptions& options) {
    options.split = {.split = Split::kTime, .cut_time = 0};
  });
  ExpectError(kGoodLog, {"of 2 shoppers", "--test-fraction"}, [](PrepareOptions& options) {
    options.split = {.split = Split::kStrong, .test_fraction = 0.01};
  });
  ExpectError(kGoodLog, {"/dev/null/set", "--out"},
              [](PrepareOptions& options) { options.out = "/dev/null/set"; });
}

TEST(BadInput, ProductFilesThatAreNone) {
  const auto with_products = [](const std::string& text) {
    return [text](PrepareOptions& options) {
      options.products = options.out + ".products";
      std::ofstream(options.products) << text;
    };
  };
  ExpectError(kGoodLog, {"set.products", "is empty"}, with_products(""));
  ExpectError(kGoodLog, {"set.products", "has no rows"}, with_products("id,title\n"));
  ExpectError(kGoodLog, {"hold the product", "colour, size", "--product-column"},
              with_products("colour,size\nred,1\n"));
  ExpectError(kGoodLog, {"most rows, line 2"}, with_products("id,title\n,a\n,b\nc,c\n"));
  ExpectError(kGoodLog, {"is no JSON array"}, with_products("[{\"id\":1},"));
}

TEST(BadInput, AFolderThatIsTakenStaysAsItIs) {
  const TempFolder folder;
  PrepareOptions options = Options(folder, kGoodLog);
  ASSERT_TRUE(Prepare(options).ok());
  const std::string before = folder.ReadAll("set/dataset.json");
  const auto again = Prepare(options);
  ASSERT_FALSE(again.ok());
  EXPECT_NE(again.error().message.find("--force"), std::string::npos);

  // A run that fails midway leaves the old data set, even when it was told to replace it.
  options.replace = true;
  options.events = {folder.Write("bad.csv", "user,item,time\na,x,soon\n")};
  EXPECT_FALSE(Prepare(options).ok());
  EXPECT_EQ(folder.ReadAll("set/dataset.json"), before);

  options.events = {
      folder.Write("other.csv", std::string(kGoodLog).append("c,x,2020-01-07,1,2\n"))};
  EXPECT_TRUE(Prepare(options).ok());
  EXPECT_NE(folder.ReadAll("set/dataset.json"), before);
  EXPECT_EQ(folder.List(), (std::vector<std::string>{"bad.csv", "events.csv", "other.csv", "set"}));
}

// The largest file that may be written, as on a disk that is full.
class SmallDisk {
 public:
  explicit SmallDisk(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit small{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &small);
  }
  ~SmallDisk() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  rlimit before_{};
  void (*handler_)(int);
};

TEST(BadInput, AFullDiskLeavesNothingHalfWritten) {
  const TempFolder folder;
  std::string log = kGoodLog;
  for (int i = 0; i < 2000; ++i) {
    log.append("s").append(std::to_string(i)).append(",x,2020-02-01,1,2\n");
  }
  const PrepareOptions options = Options(folder, log);
  const std::vector<std::string> before = folder.List();
  for (const rlim_t bytes : {0, 100, 1000, 20000}) {
    const auto report = [&] {
      const SmallDisk disk(bytes);
      return Prepare(options);
    }();
    ASSERT_FALSE(report.ok()) << bytes;
    EXPECT_EQ(report.error().code, ErrorCode::kIo);
    EXPECT_NE(report.error().message.find("free some disk space"), std::string::npos)
        << report.error().message;
    EXPECT_EQ(folder.List(), before) << bytes;
  }
  EXPECT_TRUE(Prepare(options).ok());
}

}  // namespace
}  // namespace vitrine
