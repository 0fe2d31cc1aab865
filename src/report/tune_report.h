// The report of a search: which settings were tried, and how they did.
#ifndef VITRINE_REPORT_TUNE_REPORT_H_
#define VITRINE_REPORT_TUNE_REPORT_H_

#include <string>

#include "report/page.h"

namespace vitrine::report {

// `result` is what `vitrine tune --json` prints.
std::string TuneReport(const Json& result, const Run& run);

}  // namespace vitrine::report

#endif  // VITRINE_REPORT_TUNE_REPORT_H_
