// The pages of `vitrine explain`: what a model listens to, and whether its reasons hold; why one
// shopper is recommended what; what speaks for one product.
#ifndef VITRINE_REPORT_REASON_REPORT_H_
#define VITRINE_REPORT_REASON_REPORT_H_

#include <string>

#include "report/page.h"

namespace vitrine::report {

// Whether what a reason does `alone` is worth a figure beside its contribution to `score`: of
// models that add up it is the same.
bool IsApart(double alone, double contribution, double score);

// `result` is what ReasonQuality::ToJson gives, with "model"; `examples` [{"events", "items": [{
// "title", "id", "score", "reasons": [{"title", "id", "contribution", "alone"}], "without":
// [ids]}]}].
std::string ReasonReport(const Json& result, const Json& examples, const Run& run);

// `result` has "seconds" and "peak_bytes"; `example` is one of the above.
std::string ShopperReport(const Json& result, const Json& example, const Run& run);

// `result` has these, too, and "id", "title" and "reasons" as above.
std::string ProductReport(const Json& result, const Run& run);

}  // namespace vitrine::report

#endif  // VITRINE_REPORT_REASON_REPORT_H_
