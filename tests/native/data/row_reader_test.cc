// The laws of reading files: CSV, JSON, encodings, and which column means what.
#include "data/row_reader.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/rng.h"
#include "data/line_reader.h"
#include "temp_folder.h"

namespace vitrine {
namespace {

struct ReadRow {
  uint64_t line;
  std::string problem;
  std::string shopper, item, title, price, order;
  bool operator==(const ReadRow&) const = default;
};

Result<std::vector<ReadRow>> ReadAll(const std::string& path, const FileOptions& options = {},
                                     FileKind kind = FileKind::kEvents) {
  VITRINE_ASSIGN_OR_RETURN(const auto reader, OpenRows(path, kind, options));
  std::vector<ReadRow> rows;
  Row row;
  while (true) {
    VITRINE_ASSIGN_OR_RETURN(const bool any, reader->Next(row));
    if (!any) return rows;
    const auto text = [&row](Field field) { return std::string(row.values[field]); };
    rows.push_back({row.line, row.problem, text(Field::kShopper), text(Field::kItem),
                    text(Field::kTitle), text(Field::kPrice), text(Field::kOrder)});
  }
}

std::vector<ReadRow> Rows(const std::string& text, const FileOptions& options = {}) {
  const TempFolder folder;
  auto rows = ReadAll(folder.Write("log", text), options);
  EXPECT_TRUE(rows.ok()) << rows.error().message;
  return rows.ok() ? *rows : std::vector<ReadRow>();
}

std::string ErrorOf(const std::string& text, const FileOptions& options = {}) {
  const TempFolder folder;
  const auto rows = ReadAll(folder.Write("log", text), options);
  EXPECT_FALSE(rows.ok());
  return rows.ok() ? "" : rows.error().message;
}

TEST(CsvReader, ReadsQuotesCommasAndLineEndsWithin) {
  const auto rows = Rows(
      "user,item,title\n"
      "u1,i1,\"a, b\"\n"
      "u2,\"i\"\"2\",\"two\nlines\"\n"
      "u3,i3,5\" pipe\n"
      "u4,i4,\"\"\n");
  ASSERT_EQ(rows.size(), 4u);
  EXPECT_EQ(rows[0].title, "a, b");
  EXPECT_EQ(rows[1].item, "i\"2");
  EXPECT_EQ(rows[1].title, "two\nlines");
  EXPECT_EQ(rows[2].title, "5\" pipe");
  EXPECT_EQ(rows[2].line, 5u) << "a row of two lines moves the numbers of those after it";
  EXPECT_EQ(rows[3].title, "");
}

TEST(CsvReader, TakesEveryLineEndMarkAndDelimiter) {
  const std::vector<std::string> logs = {
      "user,item,title\nu,i,t\n",       "user,item,title\r\nu,i,t\r\n",
      "user;item;title\nu;i;t",         "user\titem\ttitle\nu\ti\tt\n",
      "user|item|title\nu|i|t\n",       "\xEF\xBB\xBFuser,item,title\nu,i,t\n",
      "user,item,title\n\nu, i ,t\n\n", "\"user\",\"item\",\"title\"\n\"u\" ,\"i\",\"t\"\n"};
  for (const std::string& log : logs) {
    const auto rows = Rows(log);
    ASSERT_EQ(rows.size(), 1u) << log;
    EXPECT_EQ(rows[0].shopper + rows[0].item + rows[0].title, "uit") << log;
    EXPECT_EQ(rows[0].problem, "") << log;
  }
}

TEST(CsvReader, SaysWhichRowsAreMalformedAndGoesOn) {
  const auto rows = Rows(
      "user,item,title\n"
      "u1,i1\n"
      "u2,i2,t,x\n"
      "u3,i3,\"open\n"
      "u4,i4,t4\n"
      "u5,\"i\"5,t\n"
      "u6,\"i6,t6\n"
      "u7,\"i7\",t7\n");
  ASSERT_EQ(rows.size(), 7u);
  EXPECT_EQ(rows[0].problem, "has 2 fields where the header has 3");
  EXPECT_EQ(rows[1].problem, "has 4 fields where the header has 3");
  EXPECT_EQ(rows[2].problem, "has a quote that is never closed");
  EXPECT_EQ(rows[3].title, "t4") << "an open quote must not swallow the lines after it";
  EXPECT_EQ(rows[3].line, 5u);
  EXPECT_EQ(rows[4].problem, "has text behind a closing quote");
  EXPECT_EQ(rows[5].problem, "has a quote that is never closed");
  EXPECT_EQ(rows[6].item, "i7") << "nor where a quote of a later row seems to close it";
}

// Writes any text as RFC 4180 wants it.
std::string Quoted(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + "\"";
}

TEST(CsvReader, GivesBackWhateverWasQuoted) {
  Rng rng(1, 0);
  constexpr char kLetters[] = "ab,;\t\"\n\r |'";
  std::string log = "user,item,title\n";
  std::vector<std::string> titles;
  for (int i = 0; i < 20000; ++i) {
    std::string title = "<";
    for (uint32_t n = rng.Below(200); n > 0; --n) title += kLetters[rng.Below(11)];
    titles.push_back(title + ">");
    log += "u,i," + Quoted(titles.back()) + (rng.Below(2) == 0 ? "\n" : "\r\n");
  }
  ASSERT_GT(log.size(), size_t{2} << 20) << "several blocks of the reader";
  const auto rows = Rows(log);
  ASSERT_EQ(rows.size(), titles.size());
  for (size_t i = 0; i < rows.size(); ++i) ASSERT_EQ(rows[i].title, titles[i]) << i;
}

TEST(CsvReader, TakesNamesFromTheCallerWhereTheFileHasNone) {
  const auto rows = Rows("u1\ti1\t3\nu2\ti2\t4\n", {.header = {"user", "item", "rating"}});
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].shopper, "u1");
  EXPECT_EQ(rows[1].item, "i2");
}

TEST(CsvReader, PrefersTheBetterOfTwoNamesAndTheUsersAboveAll) {
  EXPECT_EQ(Rows("session_id,user_id,item\ns,u,i\n")[0].shopper, "u");
  FileOptions options;
  options.columns[Field::kShopper] = "session_id";
  EXPECT_EQ(Rows("session_id,user_id,item\ns,u,i\n", options)[0].shopper, "s");
}

TEST(Columns, AreFoundInTheLogsOfManyShops) {
  const std::vector<std::string> headers = {
      "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country",
      "timestamp,visitorid,event,itemid,transactionid",
      "user,item,event,unix_time",
      "userId,movieId,rating,timestamp",
      "user_id:token,item_id:token,rating:float,timestamp:float",
      "reviewerID,asin,overall,unixReviewTime,reviewText",
      "USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE,EVENT_VALUE",
      "event_time,event_type,product_id,category_id,category_code,brand,price,user_id,user_session",
      "Order ID;Order Date;Customer ID;Product SKU;Qty"};
  const TempFolder folder;
  for (const std::string& header : headers) {
    const auto reader = OpenRows(folder.Write("log", header + "\n"), FileKind::kEvents, {});
    ASSERT_TRUE(reader.ok());
    bool shopper = false, item = false, time = false;
    for (const FoundColumn& column : (*reader)->columns()) {
      shopper |= column.field == Field::kShopper;
      item |= column.field == Field::kItem;
      time |= column.field == Field::kTime;
    }
    EXPECT_TRUE(shopper && item && time) << header;
  }
}

TEST(Columns, RefuseAFieldThatDoesNotExist) {
  ColumnChoices choices;
  EXPECT_TRUE(AddColumnChoice("shopper=Customer ID", choices).ok());
  EXPECT_EQ(choices[Field::kShopper], "Customer ID");
  for (const char* text : {"buyer=x", "shopper", "shopper=", "=x", ""}) {
    EXPECT_FALSE(AddColumnChoice(text, choices).ok()) << text;
  }
}

TEST(JsonReader, MakesOneRowPerItemOfAnEvent) {
  const auto rows = Rows(
      R"({"event_name":"purchase","user_pseudo_id":"u","ecommerce":{"transaction_id":"T1"},)"
      R"("items":[{"item_id":"a","item_name":"A \u00e9","price":"11.99"},{"item_id":"b","price":2.5}]})"
      "\n\n"
      R"({"user_pseudo_id":7,"items":[]})"
      "\n"
      R"({"user_pseudo_id":"v","item_id":"c","extra":[1,{"items":2}],"device":{"category":"x"}})"
      "\n");
  ASSERT_EQ(rows.size(), 4u);
  EXPECT_EQ(rows[0], (ReadRow{1, "", "u", "a", "A \xC3\xA9", "11.99", "T1"}));
  EXPECT_EQ(rows[1], (ReadRow{1, "", "u", "b", "", "2.5", "T1"}));
  EXPECT_EQ(rows[2], (ReadRow{3, "", "7", "", "", "", ""}));
  EXPECT_EQ(rows[3], (ReadRow{4, "", "v", "c", "", "", ""}));
}

TEST(JsonReader, SaysWhichLinesAreMalformedAndGoesOn) {
  const std::string good = R"({"user":"u","item":"i"})";
  for (const std::string bad : {R"({"user":"u")", R"({"user":"u","item":)", "{", "[1]", "nonsense",
                                R"({"user":"u","item":"i"} x)", R"({"user" "u"})", "\"text\"", "7",
                                R"({"user":"\ud800"})"}) {
    const auto rows = Rows(good + "\n" + bad + "\n" + good + "\n");
    ASSERT_EQ(rows.size(), 3u) << bad;
    EXPECT_EQ(rows[1].problem, "is no JSON object") << bad;
    EXPECT_EQ(rows[2], (ReadRow{3, "", "u", "i", "", "", ""})) << bad;
  }
}

TEST(JsonReader, ReadsAProductFileThatIsOneArray) {
  const TempFolder folder;
  const auto rows = ReadAll(folder.Write("products.json", R"([
      {"id": "a", "title": "A", "price": "12.99 USD", "images": ["1.png", "2.png"]},
      {"id": 17, "name": "B", "offers": {"price": 3}}
    ])"),
                            {}, FileKind::kProducts);
  ASSERT_TRUE(rows.ok()) << rows.error().message;
  ASSERT_EQ(rows->size(), 2u);
  EXPECT_EQ((*rows)[0].item, "a");
  EXPECT_EQ((*rows)[1], (ReadRow{2, "", "", "17", "B", "3", ""}));
  for (const char* bad : {"[{\"id\":1}", "[1,2]", "[{\"id\":1}] x", "[{\"id\":1},]"}) {
    EXPECT_FALSE(ReadAll(folder.Write("bad.json", bad), {}, FileKind::kProducts).ok()) << bad;
  }
}

TEST(Encodings, GiveTheSameText) {
  const std::string utf8 = "user,item,title\nu,i,caf\xC3\xA9 \xC3\xBC\n";
  const std::string latin1 = "user,item,title\nu,i,caf\xE9 \xFC\n";
  std::string utf16 = "\xFF\xFE";
  for (const char c : latin1) utf16 += std::string(1, c) + '\0';
  EXPECT_EQ(Rows(latin1, {.encoding = "latin-1"}), Rows(utf8));
  EXPECT_EQ(Rows(latin1, {.encoding = "windows-1252"}), Rows(utf8));
  EXPECT_EQ(Rows(utf16), Rows(utf8)) << "the mark tells";
  EXPECT_EQ(Rows(utf16.substr(2), {.encoding = "utf-16le"}), Rows(utf8));
  EXPECT_EQ(Rows("user,item,title\nu,i,\x80\n", {.encoding = "windows-1252"})[0].title,
            "\xE2\x82\xAC");
}

TEST(Encodings, SurviveBlocksThatCutCharacters) {
  std::string utf8 = "user,item,title\n";
  std::string utf16 = "\xFE\xFF";
  for (int i = 0; i < 200000; ++i) utf8 += i % 7 == 0 ? "u,i,\xC3\xA9\n" : "u,i,e\n";
  for (size_t i = 0; i < utf8.size(); ++i) {
    if (utf8[i] == '\xC3') {
      utf16 += std::string("\x00\xE9", 2);
      ++i;
    } else {
      utf16 += std::string(1, '\0') + utf8[i];
    }
  }
  ASSERT_GT(utf8.size(), size_t{1} << 20);
  EXPECT_EQ(Rows(utf16), Rows(utf8));
}

TEST(Encodings, NameTheLineThatIsNotInThem) {
  EXPECT_NE(ErrorOf("user,item\nu,i\nu,caf\xE9\nu,i\n").find(", line 3: is not UTF-8"),
            std::string::npos);
  std::string late = "user,item\n";
  for (int i = 0; i < 300000; ++i) late += "user,item\n";
  EXPECT_NE(ErrorOf(late + "u,\xFF\n").find(", line 300002: is not UTF-8"), std::string::npos);
  EXPECT_NE(ErrorOf(std::string("user,item\nu,\0i\n", 15)).find("line 2: holds zero bytes"),
            std::string::npos);
  EXPECT_NE(ErrorOf("user,item\nu,\x81\n", {.encoding = "windows-1252"}).find("cp1252"),
            std::string::npos);
  EXPECT_NE(ErrorOf("user,item\n", {.encoding = "klingon"}).find("unknown encoding 'klingon'"),
            std::string::npos);
  EXPECT_NE(ErrorOf("user,item\nu,i\xC3").find("line 2: is not UTF-8"), std::string::npos)
      << "a character cut short at the end of the file";
}

TEST(OpenRows, SaysHowToUnpackWhatIsPacked) {
  EXPECT_NE(ErrorOf("\x1f\x8b\x08 and so on").find("is packed by gzip; unpack it first"),
            std::string::npos);
  EXPECT_NE(ErrorOf("\xfd\x37zXZ and so on").find("xz -dk"), std::string::npos);
  EXPECT_NE(ErrorOf("PK\x03\x04 and so on").find("save it as CSV"), std::string::npos);
  EXPECT_EQ(Rows("PK,user,item\nk,u,i\n").size(), 1u);
}

TEST(OpenRows, NeedsAFileWithSomethingInIt) {
  EXPECT_NE(ErrorOf("").find("is empty"), std::string::npos);
  EXPECT_NE(ErrorOf(" \n\n").find("is empty"), std::string::npos);
  const auto missing = OpenRows("/nowhere/log.csv", FileKind::kEvents, {});
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().code, ErrorCode::kNotFound);
  const TempFolder folder;
  EXPECT_FALSE(OpenRows(folder.Path(""), FileKind::kEvents, {}).ok()) << "a folder";
}

TEST(LineReader, RefusesALineWithoutEnd) {
  const TempFolder folder;
  const auto path = folder.Write("log", std::string(LineReader::kMaxLineBytes + 5000000, 'x'));
  auto reader = LineReader::Open(path, "utf-8");
  ASSERT_TRUE(reader.ok());
  std::span<char> line;
  const auto next = reader->Next(line);
  ASSERT_FALSE(next.ok());
  EXPECT_NE(next.error().message.find("line 1: the line is longer than 16 MiB"), std::string::npos);
}

}  // namespace
}  // namespace vitrine
