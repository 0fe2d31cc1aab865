// Whether the model's probabilities come true.
#ifndef VITRINE_REPORT_CALIBRATION_SECTION_H_
#define VITRINE_REPORT_CALIBRATION_SECTION_H_

#include "report/page.h"
#include "report/task_section.h"

namespace vitrine::report {

// `calibration` is what train/calibration_report gives for the task.
Section CalibrationSection(const Json& calibration, const TaskContext& context);

}  // namespace vitrine::report

#endif  // VITRINE_REPORT_CALIBRATION_SECTION_H_
