// What a model listens to, and whether its reasons hold: the page of `vitrine explain`.
#ifndef VITRINE_REPORT_REASON_REPORT_H_
#define VITRINE_REPORT_REASON_REPORT_H_

#include <string>

#include "report/page.h"

namespace vitrine::report {

// `result` is what ReasonQuality::ToJson gives, with "model"; `examples` [{"events", "items": [{
// "title", "id", "score", "reasons": [{"title", "id", "contribution"}], "without": [ids]}]}].
std::string ReasonReport(const Json& result, const Json& examples, const Run& run);

}  // namespace vitrine::report

#endif  // VITRINE_REPORT_REASON_REPORT_H_
