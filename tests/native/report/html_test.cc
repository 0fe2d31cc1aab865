// Text as HTML: nothing that a log or a file name holds becomes markup.
#include "report/html.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

namespace vitrine::report {
namespace {

TEST(Escape, LeavesNothingThatIsMarkup) {
  EXPECT_EQ(Escape(R"(<a href="x" title='y'>&</a>)"),
            "&lt;a href=&quot;x&quot; title=&#39;y&#39;&gt;&amp;&lt;/a&gt;");
  EXPECT_EQ(Escape(std::string_view("a\0b\x1b", 4)), "a\uFFFDb\uFFFD");
  EXPECT_EQ(Escape("thé à la menthe"), "thé à la menthe");
}

TEST(Words, EscapesKeysAndValuesAtAnyDepth) {
  EXPECT_EQ(Words(Json::parse(R"({"<b>": ["<i>", 1, null, {"c": true}]})")),
            "&lt;b&gt;: &lt;i&gt;, 1, –, c: true");
  EXPECT_EQ(Words(Json::object()), "–");
}

TEST(Number, SaysWhatIsNoNumber) {
  EXPECT_EQ(Number(0.43678), "0.4368");
  EXPECT_EQ(Signed(0.5, 1), "+0.5");
  EXPECT_EQ(Percent(0.549), "54.9\u00a0%");
  // What rounds to nothing has no sign.
  EXPECT_EQ(Number(-0.00003), "0.0000");
  EXPECT_EQ(Signed(-0.00003), "0.0000");
  EXPECT_EQ(Signed(-0.00006), "-0.0001");
  EXPECT_EQ(Number(NAN), "–");
  EXPECT_EQ(Percent(std::numeric_limits<double>::infinity()), "–");
  EXPECT_TRUE(std::isnan(NumberAt(Json::parse(R"({"a": null})"), "a")));
  EXPECT_TRUE(std::isnan(NumberAt(Json::object(), "a")));
}

TEST(Table, NamesItsRowsAndColumns) {
  const std::string html = Table("A & B", {"Kind", "Count"}, {{"one", "1"}, {"two", "2"}});
  EXPECT_NE(html.find("<caption>A &amp; B</caption>"), std::string::npos) << html;
  EXPECT_NE(html.find(R"(<th scope="col">Count</th>)"), std::string::npos) << html;
  EXPECT_NE(html.find(R"(<th scope="row">two</th><td>2</td>)"), std::string::npos) << html;
}

}  // namespace
}  // namespace vitrine::report
