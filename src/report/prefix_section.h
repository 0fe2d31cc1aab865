// The answers of one benchmark after prefixes of several lengths, side by side.
#ifndef VITRINE_REPORT_PREFIX_SECTION_H_
#define VITRINE_REPORT_PREFIX_SECTION_H_

#include "report/page.h"
#include "report/task_section.h"

namespace vitrine::report {

// `answers` is {length: what train/task_report gives}; `unit` counts the lengths: "baskets".
Section PrefixSection(const Json& answers, const std::string& unit, const TaskContext& context);

}  // namespace vitrine::report

#endif  // VITRINE_REPORT_PREFIX_SECTION_H_
