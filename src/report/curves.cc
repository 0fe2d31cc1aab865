#include "report/curves.h"

#include <cmath>

#include "report/plot.h"
#include "report/words.h"

namespace vitrine::report {
namespace {

Curve CurveOf(const Json& points, const std::string& key, double marked) {
  Curve curve;
  for (const Json& point : points) {
    curve.points.emplace_back(NumberAt(point, "epoch"), NumberAt(point, key));
    if (NumberAt(point, "epoch") == marked) {
      curve.marked = marked;
      curve.mark = "best: " + Number(NumberAt(point, key)) + " in epoch " + Number(marked, 0);
    }
  }
  return curve;
}

std::string Described(const Curve& curve) {
  if (curve.points.empty()) return "";
  return "From " + Number(curve.points.front().second) + " to " +
         Number(curve.points.back().second) + " in " + std::to_string(curve.points.size()) +
         " epochs" + (curve.mark.empty() ? "." : "; " + curve.mark + ".");
}

}  // namespace

std::string MetricOf(const Json& run) { return run["validation"].begin().key(); }

std::string Upper(std::string text) {
  for (char& c : text) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return text;
}

std::string Curves(const Json& run) {
  if (!run.contains("curve") || run["curve"].empty()) return "";
  const std::string metric = MetricOf(run);
  const double best = NumberAt(run["settings"], "epochs");
  const Curve validation = CurveOf(run["curve"], metric, best);
  const Curve loss = CurveOf(run["curve"], "loss", NAN);
  return Element(
             "div", R"(class="figures")",
             Figure(Element("h3", "Validation, epoch by epoch") +
                        CurvePlot({"validation-curve", Upper(metric) + " on validation by epoch",
                                   Described(validation)},
                                  validation, "epoch", Upper(metric)),
                    "Measured after each epoch on shoppers’ behaviour that was set aside, by the "
                    "code that will serve the model. The best epoch is kept.") +
                 Figure(Element("h3", "Training loss, epoch by epoch") +
                            CurvePlot({"loss-curve", "Training loss by epoch", Described(loss)},
                                      loss, "epoch", "loss, mean over shoppers"),
                        "What the steps make small. It should level off; where a term’s weight is "
                        "raised bit by "
                        "bit, it may rise at first.")) +
         "\n";
}

}  // namespace vitrine::report
