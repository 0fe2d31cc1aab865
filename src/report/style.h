// The style sheets of style/, which the build puts inside the command.
#ifndef VITRINE_REPORT_STYLE_H_
#define VITRINE_REPORT_STYLE_H_

#include <string_view>

namespace vitrine::report {

std::string_view Style();

}  // namespace vitrine::report

#endif  // VITRINE_REPORT_STYLE_H_
