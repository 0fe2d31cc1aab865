// What a generator makes up from noise alone, beside real shoppers.
#ifndef VITRINE_REPORT_GENERATED_SECTION_H_
#define VITRINE_REPORT_GENERATED_SECTION_H_

#include "report/page.h"

namespace vitrine::report {

// `judged`: "generated" of a benchmark's result.
Section GeneratedSection(const Json& judged);

}  // namespace vitrine::report

#endif  // VITRINE_REPORT_GENERATED_SECTION_H_
