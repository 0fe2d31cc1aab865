// How far the reasons that a model gives can be trusted: what happens to a product's score when the
// history is taken away, or given back, in the order of the reasons.
#ifndef VITRINE_EVALUATE_REASONS_H_
#define VITRINE_EVALUATE_REASONS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <vector>

#include "core/result.h"
#include "evaluate/bootstrap.h"
#include "evaluate/cases.h"
#include "evaluate/metrics.h"
#include "serve/recommender.h"

namespace vitrine {

struct ReasonOptions {
  size_t most_cases = 500;    // drawn from those asked
  size_t least_products = 4;  // of a history; of fewer the order says little
  uint64_t seed = 1;
  BootstrapOptions bootstrap;
};

// Deletion and insertion (Petsiuk, Das and Saenko, "RISE: randomized input sampling for explanation
// of black-box models", BMVC 2018), of the first product that each case is recommended. Its score
// counts in deviations above the catalogue's mean, both of the whole history.
struct ReasonQuality {
  static constexpr size_t kSteps = 11;  // 0, 10, ... 100 % of the history's products
  enum Order { kReasons, kRecency, kRandom, kOrders };
  using Curve = std::array<double, kSteps>;  // means over the cases

  size_t n_cases = 0;
  std::array<Curve, kOrders> deletion = {}, insertion = {};
  // By how much the area under the curve of the reasons is better than that of the other orders,
  // lower in deletion and higher in insertion, paired case by case.
  std::array<Estimate, kOrders> deletion_gain, insertion_gain;  // of kReasons: none

  // Shares of what speaks for a product: by how late the product of the history comes, and by the
  // type of its last event.
  static constexpr std::array<size_t, 4> kPlaces = {1, 5, 20, SIZE_MAX};  // ends of the groups
  std::array<double, kPlaces.size()> by_place = {};
  std::array<double, kEventTypes> by_type = {};

  nlohmann::ordered_json ToJson() const;
};

// invalid-argument where no case has a history of enough products.
Result<ReasonQuality> MeasureReasons(const Recommender& recommender, const Cases& cases,
                                     const ReasonOptions& options);

}  // namespace vitrine

#endif  // VITRINE_EVALUATE_REASONS_H_
