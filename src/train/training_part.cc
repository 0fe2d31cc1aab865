#include "train/training_part.h"

#include <algorithm>

namespace vitrine {

int64_t TrainingPart::end_time() const {
  const DatasetInfo& info = dataset->info();
  const int64_t last = info.split == Split::kTime ? info.cut_time : info.last_time + 1;
  return std::min(until, last);
}

Result<TrainingPlan> PlanTraining(const Dataset& dataset, const ValidationOptions& options) {
  TrainingPlan plan;
  plan.fit.dataset = plan.all.dataset = &dataset;
  const CaseOptions cases{.task = options.task,
                          .target = dataset.info().target,
                          .visit_gap_s = dataset.features().visit_gap_s};
  if (dataset.info().split == Split::kStrong) {
    plan.fit.held_out = HoldOutShoppers(dataset.train().size(), options.fraction, options.seed);
    plan.validation = CasesFromShoppers(dataset.train(), cases, plan.fit.held_out);
  } else {
    plan.fit.until = ValidationCut(dataset.info(), options.fraction);
    plan.validation = CasesFromTime(dataset.train(), cases, plan.fit.until);
  }
  if (plan.validation.size() == 0) {
    return Error{ErrorCode::kInvalidArgument,
                 dataset.folder() +
                     ": no shopper of the training part can be asked about in "
                     "validation (--validation-fraction " +
                     std::to_string(options.fraction) + "); use a larger fraction or a longer log"};
  }
  return plan;
}

Csr TrainingMatrix(const TrainingPart& part, const ProfileOptions& options) {
  Csr matrix;
  matrix.cols = part.n_items();
  const int64_t now = part.end_time();
  Profile profile;
  part.ForEachShopper([&](uint32_t, std::span<const Event> events) {
    BuildProfile(options, {events, now}, part.n_items(), profile);
    if (profile.items.empty()) return;
    matrix.indices.insert(matrix.indices.end(), profile.items.begin(), profile.items.end());
    if (!options.binary) {
      matrix.values.insert(matrix.values.end(), profile.weights.begin(), profile.weights.end());
    }
    matrix.EndRow();
  });
  return matrix;
}

std::vector<float> Popularity(const TrainingPart& part, int64_t since) {
  std::vector<float> counts(part.n_items());
  std::vector<uint32_t> items;
  part.ForEachShopper([&](uint32_t, std::span<const Event> events) {
    items.clear();
    for (const Event& event : events) {
      if (event.type == part.dataset->info().target && event.time >= since) {
        items.push_back(event.item);
      }
    }
    std::sort(items.begin(), items.end());
    items.erase(std::unique(items.begin(), items.end()), items.end());
    for (const uint32_t item : items) counts[item] += 1;
  });
  return counts;
}

}  // namespace vitrine
