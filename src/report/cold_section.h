// Lists before a shopper's first events, and after a few.
#ifndef VITRINE_REPORT_COLD_SECTION_H_
#define VITRINE_REPORT_COLD_SECTION_H_

#include <string>

#include "report/page.h"

namespace vitrine::report {

// `answers` is what evaluate/cold_start gives.
Section ColdSection(const Json& answers, const std::string& target);

}  // namespace vitrine::report

#endif  // VITRINE_REPORT_COLD_SECTION_H_
