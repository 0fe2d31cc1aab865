// The laws of single values: numbers, times, zones and names of events.
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "data/parse_number.h"
#include "data/time_parser.h"
#include "data/time_zone.h"
#include "features/event_names.h"

namespace vitrine {
namespace {

TEST(ParseNumber, ReadsWhatShopsWrite) {
  struct Case {
    const char* text;
    float value;
    bool comma = false;
  };
  for (const Case& c :
       {Case{"2.55", 2.55f}, Case{"-12", -12}, Case{"1e3", 1000}, Case{"11.99 USD", 11.99f},
        Case{"\xC2\xA3"
             "2.55",
             2.55f},
        Case{"EUR 5", 5},
        Case{"\xE2\x88\x92"
             "3.5",
             -3.5f},
        Case{"-\xE2\x82\xAC"
             "5.5",
             -5.5f},
        Case{"$-5.50", -5.5f}, Case{"1,234.50", 1234.5f}, Case{"1,234,567", 1234567}, Case{"0", 0},
        Case{"2,55", 2.55f, true}, Case{"1.234,50", 1234.5f, true},
        Case{"12 \xE2\x82\xAC", 12, true}, Case{"7", 7, true}}) {
    const auto value = ParseNumber(c.text, c.comma);
    ASSERT_TRUE(value.has_value()) << c.text;
    EXPECT_FLOAT_EQ(*value, c.value) << c.text;
  }
}

TEST(ParseNumber, RefusesTheRest) {
  for (const char* text :
       {"", "abc", "1.2.3", "12/50", "10%", "1,2,3", "1e999", "nan", "inf", "--5", "5-", "3:15",
        "1 2", "12,34", "2,55", ",5", "0x10", "(5)", "1,23.5"}) {
    EXPECT_FALSE(ParseNumber(text, false).has_value()) << text;
  }
  for (const char* text : {"1.23,5", "1,2,3", "1.2"}) {
    EXPECT_FALSE(ParseNumber(text, true).has_value()) << text;
  }
}

TEST(ParseNumber, TheDecimalMarkShowsWhereItCannotBeTheOther) {
  for (const char* text : {"2,5", "12,55 EUR", "1.234,50", "1.234.567,8"}) {
    EXPECT_EQ(DecimalCommaEvidence(text), 1) << text;
  }
  for (const char* text : {"2.5", "$12.55", "1,234.50", "1,234,567.8"}) {
    EXPECT_EQ(DecimalCommaEvidence(text), -1) << text;
  }
  for (const char* text : {"", "7", "1,234", "1.234", "1.2.3", "12/50", "a,b"}) {
    EXPECT_EQ(DecimalCommaEvidence(text), 0) << text;
  }
}

int64_t Parse(const char* text, DateOrder order = DateOrder::kMonthFirst,
              const char* zone = "UTC") {
  auto created = TimeZone::Create(zone);
  EXPECT_TRUE(created.ok()) << zone;
  TimeParser parser(order, *created);
  int64_t seconds = INT64_MIN;
  return parser.Parse(text, seconds) ? seconds : INT64_MIN;
}

constexpr int64_t kMoment = 1323435000;  // 2011-12-09 12:50:00 UTC

TEST(TimeParser, ReadsOneMomentInEveryDress) {
  for (const char* text : {"2011-12-09 12:50:00",
                           "2011-12-09T12:50:00Z",
                           "2011-12-09T12:50",
                           "2011/12/9 12:50",
                           "2011-12-09 12:50:00.999",
                           "2011-12-09T13:50:00+01:00",
                           "2011-12-09T05:50:00-0700",
                           "2011-12-09 12:50:00 UTC",
                           "12/9/2011 12:50",
                           "12/09/11 12:50:00 PM",
                           "12-9-2011 12:50",
                           "12.9.2011 12:50",
                           "20111209125000",
                           "1323435000",
                           "1323435000.7",
                           "1323435000000",
                           "1323435000000000",
                           "1323435000000000000",
                           "2011-12-09T14:50:00+02",
                           "1.323435e9"}) {
    EXPECT_EQ(Parse(text), kMoment) << text;
  }
  for (const char* text : {"9/12/2011 12:50", "09.12.2011 12:50:00", "9-12-11 12:50 pm"}) {
    EXPECT_EQ(Parse(text, DateOrder::kDayFirst), kMoment) << text;
  }
  for (const char* text : {"2011-12-09", "20111209", "12/9/2011", "2011-12-09 12:00 AM"}) {
    EXPECT_EQ(Parse(text), kMoment - 12 * 3600 - 50 * 60) << text;
  }
  EXPECT_EQ(Parse("2012-02-29"), 1330473600);
  EXPECT_EQ(Parse("-5"), -5);
}

TEST(TimeParser, RefusesWhatIsNoTime) {
  for (const char* text :
       {"", "yesterday", "2011-13-01", "2011-02-29", "2011-12-09 24:00", "2011-12-09 12:60",
        "2011-12-09 12", "2011-12-09x", "13/13/2011", "12/9", "12/9/211", "2011-12-09 12:50:00 CET",
        "2011-12-09T12:50:00+25:00", "1e40", "nan", "12:50", "2011-12-09 0:50 PM", "0x10"}) {
    EXPECT_EQ(Parse(text), INT64_MIN) << text;
  }
}

TEST(TimeParser, TellsTheOrderOfADateOnlyWhereItIsSure) {
  EXPECT_EQ(DateOrderEvidence("13/4/2011"), OrderEvidence::kDayFirst);
  EXPECT_EQ(DateOrderEvidence("4/13/2011 8:26"), OrderEvidence::kMonthFirst);
  EXPECT_EQ(DateOrderEvidence("4/3/2011"), OrderEvidence::kEither);
  EXPECT_EQ(DateOrderEvidence("2011-04-13"), OrderEvidence::kNone);
  EXPECT_EQ(DateOrderEvidence("1323435000"), OrderEvidence::kNone);
}

TEST(TimeZone, ShiftsOnlyTimesThatNameNone) {
  EXPECT_EQ(Parse("2011-12-09 13:50", DateOrder::kMonthFirst, "+01:00"), kMoment);
  EXPECT_EQ(Parse("2011-12-09 07:20", DateOrder::kMonthFirst, "-0530"), kMoment);
  EXPECT_EQ(Parse("2011-12-09 12:50Z", DateOrder::kMonthFirst, "+01:00"), kMoment);
  EXPECT_EQ(Parse("1323435000", DateOrder::kMonthFirst, "+01:00"), kMoment);
}

TEST(TimeZone, FollowsTheClocksOfAPlace) {
  auto berlin = TimeZone::Create("Europe/Berlin");
  if (!berlin.ok()) GTEST_SKIP() << "the time zone database (tzdata) is not installed";
  auto kathmandu = TimeZone::Create("Asia/Kathmandu");
  ASSERT_TRUE(kathmandu.ok());
  // Winter, summer, and the hour before and after the clocks go forward on 2011-03-27. The two
  // zones take turns, though the C library has room for one.
  EXPECT_EQ(Parse("2011-12-09 13:50", DateOrder::kMonthFirst, "Europe/Berlin"), kMoment);
  EXPECT_EQ(kathmandu->ToUtc(kMoment + 5 * 3600 + 2700), kMoment);
  EXPECT_EQ(berlin->ToUtc(1301191199), 1301191199 - 3600);  // 01:59:59
  EXPECT_EQ(berlin->ToUtc(1301194800), 1301194800 - 7200);  // 03:00:00
  EXPECT_EQ(kathmandu->ToUtc(1301194800), 1301194800 - 20700);
  EXPECT_EQ(Parse("2011-07-01 14:00", DateOrder::kMonthFirst, "Europe/Berlin"), 1309521600);
}

TEST(TimeZone, RefusesNamesThatAreNone) {
  for (const char* name :
       {"Mars/Olympus", "", "../../etc/passwd", "/etc/passwd", "+99:00", "CEST2"}) {
    EXPECT_FALSE(TimeZone::Create(name).ok()) << name;
  }
}

TEST(FindEvent, KnowsTheNamesOfOtherSystems) {
  const auto expect = [](const char* name, EventType type, bool cancels = false) {
    const auto event = FindEvent(name);
    ASSERT_TRUE(event.has_value()) << name;
    EXPECT_EQ(event->type, type) << name;
    EXPECT_EQ(event->cancels, cancels) << name;
  };
  for (const char* name : {"view", "view_item", "detail-page-view", "viewedObjectIDs", "pv"}) {
    expect(name, EventType::kView);
  }
  for (const char* name : {"add_to_cart", "add-to-cart", "addtocart", "ADD TO CART", "cart"}) {
    expect(name, EventType::kCart);
  }
  for (const char* name : {"purchase", "purchase-complete", "buy", "transaction"}) {
    expect(name, EventType::kPurchase);
  }
  expect("select_item", EventType::kClick);
  expect("remove_from_cart", EventType::kUncart);
  expect("add_to_wishlist", EventType::kWish);
  expect("view_item_list", EventType::kImpression);
  expect("user_engagement", EventType::kDwell);
  expect("refund", EventType::kPurchase, true);
  for (const EventType type : {EventType::kView, EventType::kUncart, EventType::kRate,
                               EventType::kReview, EventType::kDwell, EventType::kImpression}) {
    expect(std::string(kEventTypeNames[static_cast<size_t>(type)]).c_str(), type);
  }
}

TEST(FindEvent, KnowsNothingOfPagesAndParts) {
  for (const char* name : {"page_view", "session_start", "begin_checkout", "", "_", "item", "to"}) {
    EXPECT_FALSE(FindEvent(name).has_value()) << name;
  }
}

}  // namespace
}  // namespace vitrine
