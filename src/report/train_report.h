// The report of `train`: what was trained on what, how it went, and what was chosen.
#ifndef VITRINE_REPORT_TRAIN_REPORT_H_
#define VITRINE_REPORT_TRAIN_REPORT_H_

#include <string>

#include "report/page.h"

namespace vitrine::report {

// `result` is train.json.
std::string TrainReport(const Json& result, const Run& run);

}  // namespace vitrine::report

#endif  // VITRINE_REPORT_TRAIN_REPORT_H_
