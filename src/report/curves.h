// How a training went, epoch by epoch.
#ifndef VITRINE_REPORT_CURVES_H_
#define VITRINE_REPORT_CURVES_H_

#include <string>

#include "report/page.h"

namespace vitrine::report {

// The key of what validation measured in `run`, which has "validation": {metric, "cases"}.
std::string MetricOf(const Json& run);
std::string Upper(std::string text);

// The validation and the loss of an iterated run by epoch, from its "curve", "settings" and
// "validation"; empty where it has no curve.
std::string Curves(const Json& run);

}  // namespace vitrine::report

#endif  // VITRINE_REPORT_CURVES_H_
