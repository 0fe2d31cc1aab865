// Writes the report of a run beside what the run made.
#ifndef VITRINE_CLI_REPORT_FILE_H_
#define VITRINE_CLI_REPORT_FILE_H_

#include "cli/command.h"
#include "report/page.h"

namespace vitrine {

inline report::Run RunOf(const Command& command, const Dataset& dataset) {
  return {command.line, command.version, report::DescribeData(dataset)};
}

}  // namespace vitrine

#endif  // VITRINE_CLI_REPORT_FILE_H_
