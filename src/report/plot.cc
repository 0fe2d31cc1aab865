#include "report/plot.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>

#include "report/html.h"
#include "report/scale.h"

namespace vitrine::report {
namespace {

// All lengths are in units of the view box, which a phone shows at three quarters of a pixel.
constexpr double kWidth = 480;
constexpr double kText = 15;  // as in the style sheet
constexpr double kMarker = 6;

std::string Xy(double x, double y) { return Number(x, 1) + " " + Number(y, 1); }

std::string Line(const char* kind, double x1, double y1, double x2, double y2) {
  return "<path class=\"" + std::string(kind) + "\" d=\"M" + Xy(x1, y1) + "L" + Xy(x2, y2) + "\"/>";
}

// `anchor`: start, middle or end.
std::string Text(const char* kind, double x, double y, const char* anchor, const std::string& words,
                 const std::string& more = "") {
  return "<text class=\"" + std::string(kind) + "\" x=\"" + Number(x, 1) + "\" y=\"" +
         Number(y, 1) + "\" text-anchor=\"" + anchor + "\"" + more + ">" + Escape(words) +
         "</text>";
}

std::string SeriesClass(const char* kind, size_t series) {
  return std::string(kind) + " s" + std::to_string(series % kSeries);
}

std::string Marker(size_t series, double x, double y) {
  constexpr double r = kMarker;
  std::string path;
  switch (series % kSeries) {
    case 0:  // a disc
      path = "M" + Xy(x - r, y) + "a6 6 0 1 0 12 0a6 6 0 1 0 -12 0Z";
      break;
    case 1:  // a square
      path = "M" + Xy(x - r, y - r) + "h12v12h-12Z";
      break;
    case 2:  // a triangle
      path = "M" + Xy(x, y - r - 1) + "l7 13h-14Z";
      break;
    case 3:  // a diamond
      path = "M" + Xy(x, y - r - 2) + "l8 8l-8 8l-8 -8Z";
      break;
    default:  // a triangle on its head
      path = "M" + Xy(x, y + r + 1) + "l7 -13h-14Z";
  }
  return "<path class=\"" + SeriesClass("marker", series) + "\" d=\"" + path + "\"/>";
}

// The interval as a bar across `at`, along x or y.
std::string Whisker(size_t series, double from, double to, double at, bool along_x) {
  const auto line = [&](double a1, double b1, double a2, double b2) {
    return along_x ? "M" + Xy(a1, b1) + "L" + Xy(a2, b2) : "M" + Xy(b1, a1) + "L" + Xy(b2, a2);
  };
  return "<path class=\"" + SeriesClass("whisker", series) + "\" d=\"" + line(from, at, to, at) +
         line(from, at - 4, from, at + 4) + line(to, at - 4, to, at + 4) + "\"/>";
}

std::string Svg(const PlotText& text, double height, const std::string& content) {
  return "<svg role=\"img\" viewBox=\"0 0 480 " + Number(height, 0) + "\" aria-labelledby=\"" +
         text.id + "-title " + text.id + "-desc\">" +
         Element("title", "id=\"" + text.id + "-title\"", Escape(text.title)) +
         Element("desc", "id=\"" + text.id + "-desc\"", Escape(text.description)) + content +
         "</svg>";
}

// Labels in a row of fixed width: the middle gives way.
std::string Shorten(const std::string& text, size_t most) {
  if (text.size() <= most) return text;
  const auto is_start = [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; };
  size_t head = most / 2, tail = text.size() - most / 2;
  while (head > 0 && !is_start(text[head])) --head;
  while (tail < text.size() && !is_start(text[tail])) ++tail;
  return text.substr(0, head) + "…" + text.substr(tail);
}

// Where y grows upwards: ticks, grid and the two axes' names. The name of y stands above it.
struct Frame {
  Scale x, y;
  std::string Draw(const std::string& x_axis, const std::string& y_axis) const {
    std::string svg = Text("axis", 0, kText, "start", y_axis);
    for (const double tick : y.Ticks()) {
      svg += Line("grid", x.begin, y.At(tick), x.end, y.At(tick));
      svg += Text("tick", x.begin - 8, y.At(tick) + 5, "end", y.Label(tick));
    }
    return svg + Text("axis", (x.begin + x.end) / 2, y.begin + 46, "middle", x_axis);
  }
};

// Of a row of IntervalPlot: a label above, and below it the marks; where lines begin.
constexpr double kRow = 46, kUnderLabel = 21;

// Lines at `x` behind the marks of `n` rows, which leave the labels alone.
std::string RowLines(const char* kind, double x, size_t n) {
  std::string path;
  for (size_t r = 0; r < n; ++r) {
    const double top = kRow * static_cast<double>(r);
    path += "M" + Xy(x, top + kUnderLabel) + "L" + Xy(x, top + kRow + 2);
  }
  return "<path class=\"" + std::string(kind) + "\" d=\"" + path + "\"/>";
}

constexpr double kTop = 34, kBottom = 250, kPlotHeight = 300;
constexpr double kLeft = 58;

}  // namespace

std::string IntervalPlot(const PlotText& text, const std::vector<IntervalRow>& rows,
                         const std::string& axis, bool from_zero) {
  Range range;
  if (from_zero) range.Add(0.0);
  for (const IntervalRow& row : rows) range.Add(row.measured);
  if (range.empty()) return "";
  const Scale x = RoundScale(range.low, range.high, 24, kWidth - 24, 5);
  const double bottom = kRow * static_cast<double>(rows.size()) + 6;
  std::string svg;
  for (const double tick : x.Ticks()) {
    const bool zero = std::abs(tick) < x.step / 2;
    svg += RowLines(zero && from_zero ? "zero" : "grid", x.At(tick), rows.size());
    svg += Text("tick", x.At(tick), bottom + 20, "middle", x.Label(tick));
  }
  for (size_t r = 0; r < rows.size(); ++r) {
    const IntervalRow& row = rows[r];
    const double top = kRow * static_cast<double>(r);
    svg += Text("label", 0, top + kText, "start", Shorten(row.label, 36));
    svg += Text("value", kWidth, top + kText, "end", row.words);
    const double y = top + kText + 14;
    const auto& [value, low, high] = row.measured;
    if (!std::isfinite(value)) continue;
    if (std::isfinite(low)) svg += Whisker(row.series, x.At(low), x.At(high), y, true);
    svg += Marker(row.series, x.At(value), y);
  }
  return Svg(text, bottom + 48, svg + Text("axis", kWidth / 2, bottom + 43, "middle", axis));
}

std::string GroupPlot(const PlotText& text, const std::vector<std::string>& groups,
                      const std::vector<GroupSeries>& series, const std::string& x_axis,
                      const std::string& y_axis) {
  Range range;
  range.Add(0.0);
  for (const GroupSeries& one : series) {
    for (const Measured& measured : one.groups) range.Add(measured);
  }
  const Scale y = RoundScale(range.low, range.high, kBottom, kTop, 4);
  const Frame frame{{0, static_cast<double>(groups.size()), kLeft, kWidth, 1, 0}, y};
  std::string svg = frame.Draw(x_axis, y_axis);
  const double apart = std::min(22.0, 260.0 / static_cast<double>(series.size() * groups.size()));
  for (size_t g = 0; g < groups.size(); ++g) {
    const double middle = frame.x.At(static_cast<double>(g) + 0.5);
    svg += Text("tick", middle, kBottom + 22, "middle", groups[g]);
    for (size_t s = 0; s < series.size(); ++s) {
      const auto& [value, low, high] = series[s].groups[g];
      if (!std::isfinite(value)) continue;
      const double x =
          middle + apart * (static_cast<double>(s) - static_cast<double>(series.size() - 1) / 2);
      if (std::isfinite(low)) svg += Whisker(s, y.At(low), y.At(high), x, false);
      svg += Marker(s, x, y.At(value));
    }
  }
  return Svg(text, kPlotHeight, svg);
}

std::string CurvePlot(const PlotText& text, const Curve& curve, const std::string& x_axis,
                      const std::string& y_axis) {
  Range xs, ys;
  for (const auto& [x, y] : curve.points) {
    xs.Add(x);
    ys.Add(y);
  }
  if (ys.empty()) return "";
  // A single epoch has room on both sides.
  if (xs.low == xs.high) xs = {xs.low - 1, xs.high + 1};
  const Frame frame{{xs.low, xs.high, kLeft + 6, kWidth - 12, 1, 0},
                    RoundScale(ys.low, ys.high, kBottom, kTop, 4)};
  std::string svg = frame.Draw(x_axis, y_axis), path;
  const double step = std::max(1.0, RoundScale(xs.low, xs.high, 0, 1, 5).step);
  for (double x = std::ceil(xs.low / step) * step; x <= xs.high; x += step) {
    svg += Text("tick", frame.x.At(x), kBottom + 22, "middle", Number(x, 0));
  }
  double marked_y = std::numeric_limits<double>::quiet_NaN();
  for (const auto& [x, y] : curve.points) {
    if (!std::isfinite(y)) continue;
    path += (path.empty() ? "M" : "L") + Xy(frame.x.At(x), frame.y.At(y));
    if (curve.marked == x) marked_y = y;
  }
  svg += "<path class=\"curve s0\" d=\"" + path + "\"/>";
  if (curve.marked && std::isfinite(marked_y)) {
    svg += Marker(0, frame.x.At(*curve.marked), frame.y.At(marked_y));
    svg += Text("value", kWidth, kText, "end", curve.mark);
  }
  return Svg(text, kPlotHeight, svg);
}

std::string AgreementPlot(const PlotText& text, const std::vector<Agreement>& points,
                          const std::string& x_axis, const std::string& y_axis) {
  Range said, all;
  for (const Agreement& point : points) {
    said.Add(point.said);
    all.Add(point.came_true);
  }
  if (all.empty()) return "";
  const Frame frame{RoundScale(0, said.high, kLeft + 6, kWidth - 24, 4),
                    RoundScale(0, std::max(said.high, all.high), kBottom, kTop, 4)};
  std::string svg = frame.Draw(x_axis, y_axis);
  for (const double tick : frame.x.Ticks()) {
    svg += Text("tick", frame.x.At(tick), kBottom + 22, "middle", frame.x.Label(tick));
  }
  const double end = std::min(frame.x.high, frame.y.high);
  svg += Line("zero", frame.x.At(0), frame.y.At(0), frame.x.At(end), frame.y.At(end));
  for (const auto& [x, measured] : points) {
    const auto& [value, low, high] = measured;
    if (std::isfinite(low)) {
      svg += Whisker(0, frame.y.At(low), frame.y.At(high), frame.x.At(x), false);
    }
    svg += Marker(0, frame.x.At(x), frame.y.At(value));
  }
  return Svg(text, kPlotHeight, svg);
}

std::string Legend(const std::vector<std::string>& labels) {
  std::string html;
  for (size_t s = 0; s < labels.size(); ++s) {
    html += Element("li",
                    "<svg aria-hidden=\"true\" viewBox=\"0 0 20 20\" width=\"16\" "
                    "height=\"16\">" +
                        Marker(s, 10, 10) + "</svg>" + Escape(labels[s]));
  }
  return Element("ul", R"(class="legend")", html);
}

std::string Figure(const std::string& content, const std::string& caption) {
  return Element("figure", content + Element("figcaption", caption)) + "\n";
}

}  // namespace vitrine::report
