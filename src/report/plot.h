// Plots as inline SVG, drawn for the width of a phone and coloured by the page's style sheet.
#ifndef VITRINE_REPORT_PLOT_H_
#define VITRINE_REPORT_PLOT_H_

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace vitrine::report {

// Series look apart by colour and by shape.
inline constexpr size_t kSeries = 5;

// What a plot says to those who do not see it; `id` is its own on the page. Plain text.
struct PlotText {
  std::string id, title, description;
};

// A value and its 95 % interval; NaN where there is none.
struct Measured {
  double value, low, high;
};

// A row per value, from the top: the point, its interval and the value in words.
struct IntervalRow {
  std::string label;
  Measured measured;
  std::string words;
  size_t series = 0;
};
std::string IntervalPlot(const PlotText& text, const std::vector<IntervalRow>& rows,
                         const std::string& axis, bool from_zero);

// A point with its interval per group and series, groups from left to right.
struct GroupSeries {
  std::string label;
  std::vector<Measured> groups;
};
std::string GroupPlot(const PlotText& text, const std::vector<std::string>& groups,
                      const std::vector<GroupSeries>& series, const std::string& x_axis,
                      const std::string& y_axis);

// One line over x; `marked` x gets a point with a label.
struct Curve {
  std::vector<std::pair<double, double>> points;  // ascending in x
  std::optional<double> marked;
  std::string mark;
};
std::string CurvePlot(const PlotText& text, const Curve& curve, const std::string& x_axis,
                      const std::string& y_axis);

// What was said of things beside how often it came true, both shares, and the line where they
// agree.
struct Agreement {
  double said;
  Measured came_true;
};
std::string AgreementPlot(const PlotText& text, const std::vector<Agreement>& points,
                          const std::string& x_axis, const std::string& y_axis);

// The key to the series of a plot.
std::string Legend(const std::vector<std::string>& labels);

// A figure with its caption, which is HTML.
std::string Figure(const std::string& content, const std::string& caption);

}  // namespace vitrine::report

#endif  // VITRINE_REPORT_PLOT_H_
