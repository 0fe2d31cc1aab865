// The CSV file of --save-cases: a line per case and model.
#ifndef VITRINE_CLI_CASE_FILE_H_
#define VITRINE_CLI_CASE_FILE_H_

#include <span>
#include <string>

#include "data/dataset.h"
#include "evaluate/cases.h"
#include "evaluate/evaluate.h"
#include "evaluate/protocol.h"
#include "format/files.h"

namespace vitrine {

Status WriteCasesHeader(std::span<const NamedMetric> metrics, AtomicFile& file);
Status WriteCases(const Shoppers& shoppers, const Cases& cases, const std::string& label,
                  const Evaluation& evaluation, std::span<const NamedMetric> metrics,
                  AtomicFile& file);

}  // namespace vitrine

#endif  // VITRINE_CLI_CASE_FILE_H_
