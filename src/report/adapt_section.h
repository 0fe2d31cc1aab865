// What adapting on the device gains, by how much is known of the shopper.
#ifndef VITRINE_REPORT_ADAPT_SECTION_H_
#define VITRINE_REPORT_ADAPT_SECTION_H_

#include <string>

#include "report/page.h"

namespace vitrine::report {

// `gains` is what train/adapt_report gives.
Section AdaptSection(const Json& gains, const std::string& target);

}  // namespace vitrine::report

#endif  // VITRINE_REPORT_ADAPT_SECTION_H_
