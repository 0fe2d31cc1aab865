// What a task's models did, drawn.
#ifndef VITRINE_REPORT_TASK_FIGURES_H_
#define VITRINE_REPORT_TASK_FIGURES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "report/task_contender.h"
#include "report/task_section.h"

namespace vitrine::report {

// NDCG@20 of each model, over `n_cases` shoppers.
std::string ModelsFigure(const std::vector<Contender>& contenders, const TaskContext& context,
                         const std::string& n_cases);

// Relative differences in accuracy to the first rival; empty where none can be told.
std::string GainFigure(const Contender& own, const Contender& rival, const TaskContext& context,
                       uint64_t n);

// NDCG@20 by how much the shoppers did before.
std::string ActivityFigure(const std::vector<Contender>& contenders, const TaskContext& context);

}  // namespace vitrine::report

#endif  // VITRINE_REPORT_TASK_FIGURES_H_
