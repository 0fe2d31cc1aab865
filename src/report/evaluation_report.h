// The report of `evaluate`, `compare` and `benchmark`: one model beside others on a test part.
#ifndef VITRINE_REPORT_EVALUATION_REPORT_H_
#define VITRINE_REPORT_EVALUATION_REPORT_H_

#include <string>

#include "report/page.h"

namespace vitrine::report {

enum class EvaluationKind { kEvaluate, kCompare, kBenchmark };

// `result` is what the command prints with --json.
std::string EvaluationReport(EvaluationKind kind, const Json& result, const Run& run);

}  // namespace vitrine::report

#endif  // VITRINE_REPORT_EVALUATION_REPORT_H_
