// What a task's models did, number by number.
#ifndef VITRINE_REPORT_TASK_TABLES_H_
#define VITRINE_REPORT_TASK_TABLES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "report/task_contender.h"

namespace vitrine::report {

// Measures of accuracy, or of what the lists are like; empty where there are none. Over `n` cases.
std::string MetricTable(const std::vector<Contender>& contenders, bool accuracy, uint64_t n);

// NDCG@20 by how much the shoppers did before.
std::string ActivityTable(const std::vector<Contender>& contenders);

}  // namespace vitrine::report

#endif  // VITRINE_REPORT_TASK_TABLES_H_
