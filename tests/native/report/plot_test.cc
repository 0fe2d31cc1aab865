// Plots put values where their axes say, and leave out what is no number.
#include "report/plot.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <map>
#include <regex>
#include <string>

namespace vitrine::report {
namespace {

const PlotText kText = {"p", "A <title>", "What & how"};

size_t Count(const std::string& text, const std::string& part) {
  size_t n = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

// The places of the axis' labels by what they say: of x if the text is centred, else of y.
std::map<double, double> Ticks(const std::string& svg, bool along_x) {
  std::map<double, double> ticks;
  const std::regex tick(
      R"re(<text class="tick" x="([-0-9.]+)" y="([-0-9.]+)" text-anchor="(\w+)">([-0-9.]+)<)re");
  for (std::sregex_iterator it(svg.begin(), svg.end(), tick), end; it != end; ++it) {
    if (((*it)[3] == "middle") != along_x) continue;
    ticks[std::stod((*it)[4])] = std::stod((*it)[along_x ? 1 : 2]);
  }
  return ticks;
}

// Where `value` belongs between the first tick and the last.
double Interpolate(const std::map<double, double>& ticks, double value) {
  const auto [a, at_a] = *ticks.begin();
  const auto [b, at_b] = *ticks.rbegin();
  return at_a + (value - a) / (b - a) * (at_b - at_a);
}

// The first place of the path of this class: "M12.0 34.0".
std::pair<double, double> Start(const std::string& svg, const std::string& path_class) {
  const size_t at = svg.find("class=\"" + path_class + "\" d=\"M");
  EXPECT_NE(at, std::string::npos) << path_class;
  char* rest = nullptr;
  const double x = std::strtod(svg.c_str() + svg.find("d=\"M", at) + 4, &rest);
  return {x, std::strtod(rest, nullptr)};
}

// Labels stand at the top of rows of 46; lines begin below them and end before the next.
TEST(IntervalPlot, LinesLeaveTheLabelsAlone) {
  const std::string svg = IntervalPlot(kText, {{"a", {1, -1, 2}, "1", 0}, {"b", {2, 1, 3}, "2", 0}},
                                       "difference", true);
  const std::regex line(R"re(<path class="(grid|zero)" d="([^"]+)")re");
  const std::regex piece(R"re(M([-0-9.]+) ([-0-9.]+)L([-0-9.]+) ([-0-9.]+))re");
  size_t n_pieces = 0;
  for (std::sregex_iterator it(svg.begin(), svg.end(), line), end; it != end; ++it) {
    const std::string path = (*it)[2];
    size_t row = 0;
    for (std::sregex_iterator at(path.begin(), path.end(), piece); at != end; ++at, ++row) {
      EXPECT_EQ((*at)[1], (*at)[3]);
      EXPECT_GT(std::stod((*at)[2]), 46.0 * static_cast<double>(row) + 18);
      EXPECT_LT(std::stod((*at)[4]), 46.0 * static_cast<double>(row + 1) + 3);
      ++n_pieces;
    }
    EXPECT_EQ(row, 2u);
  }
  EXPECT_GE(n_pieces, 6u);
}

TEST(IntervalPlot, PutsAnIntervalWhereItsAxisSays) {
  const std::string svg =
      IntervalPlot(kText, {{"linear", {0.25, 0.2, 0.31}, "0.2500", 0}}, "NDCG@20", true);
  const auto ticks = Ticks(svg, true);
  ASSERT_GE(ticks.size(), 3u) << svg;
  EXPECT_EQ(ticks.begin()->first, 0) << "from zero";
  EXPECT_GE(ticks.rbegin()->first, 0.31);
  EXPECT_NEAR(Start(svg, "whisker s0").first, Interpolate(ticks, 0.2), 0.1);
  EXPECT_NEAR(Start(svg, "marker s0").first + 6, Interpolate(ticks, 0.25), 0.1);
  EXPECT_NE(svg.find(">NDCG@20</text>"), std::string::npos);
}

TEST(IntervalPlot, HasNoMarkForWhatIsNoNumber) {
  const std::string svg = IntervalPlot(
      kText, {{"a", {1, NAN, NAN}, "1", 0}, {"b", {NAN, NAN, NAN}, "–", 1}}, "x", false);
  EXPECT_EQ(Count(svg, "class=\"marker"), 1u);
  EXPECT_EQ(Count(svg, "class=\"whisker"), 0u);
  EXPECT_EQ(svg.find("nan"), std::string::npos);
  EXPECT_EQ(IntervalPlot(kText, {}, "x", false), "");
}

TEST(GroupPlot, HasAPointPerGroupAndSeries) {
  const std::string svg = GroupPlot(
      kText, {"1–3", "4–9"},
      {{"a", {{0.1, 0.05, 0.15}, {0.3, 0.2, 0.4}}}, {"b", {{0.2, 0.1, 0.3}, {NAN, NAN, NAN}}}},
      "events", "NDCG@20");
  EXPECT_EQ(Count(svg, "class=\"marker s0\""), 2u);
  EXPECT_EQ(Count(svg, "class=\"marker s1\""), 1u);
  const auto ticks = Ticks(svg, false);  // labels stand 5 units below their lines
  EXPECT_NEAR(Start(svg, "whisker s0").second, Interpolate(ticks, 0.05) - 5, 0.1);
}

TEST(CurvePlot, GoesThroughItsPointsAndMarksOne) {
  const Curve curve = {{{1, 0.1}, {2, 0.4}, {3, 0.3}}, 2, "best: 0.4"};
  const std::string svg = CurvePlot(kText, curve, "epoch", "NDCG@20");
  const auto xs = Ticks(svg, true), ys = Ticks(svg, false);
  const auto [x, y] = Start(svg, "curve s0");
  EXPECT_NEAR(x, Interpolate(xs, 1), 0.1);
  EXPECT_NEAR(y, Interpolate(ys, 0.1) - 5, 0.1);
  EXPECT_NEAR(Start(svg, "marker s0").first + 6, Interpolate(xs, 2), 0.1);
  EXPECT_NE(svg.find(">best: 0.4</text>"), std::string::npos);
  // One epoch, one value: still a plot without infinities.
  const std::string one = CurvePlot(kText, {{{1, 0.5}}, 1, "best"}, "epoch", "NDCG@20");
  EXPECT_EQ(one.find("inf"), std::string::npos) << one;
  EXPECT_EQ(one.find("nan"), std::string::npos) << one;
}

TEST(Plots, SayWhatTheyShowToThoseWhoDoNotSeeIt) {
  const std::string svg = IntervalPlot(kText, {{"<b>", {1, 0, 2}, "1", 0}}, "x", false);
  EXPECT_NE(svg.find(R"(role="img")"), std::string::npos);
  EXPECT_NE(svg.find(R"(aria-labelledby="p-title p-desc")"), std::string::npos);
  EXPECT_NE(svg.find("A &lt;title&gt;</title>"), std::string::npos) << svg;
  EXPECT_NE(svg.find("What &amp; how</desc>"), std::string::npos) << svg;
  EXPECT_EQ(svg.find("<b>"), std::string::npos) << svg;
}

}  // namespace
}  // namespace vitrine::report
