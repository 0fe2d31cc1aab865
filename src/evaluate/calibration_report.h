// Whether probabilities come true: what was said of listed products beside what shoppers did.
#ifndef VITRINE_EVALUATE_CALIBRATION_REPORT_H_
#define VITRINE_EVALUATE_CALIBRATION_REPORT_H_

#include <cstddef>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "evaluate/bootstrap.h"
#include "evaluate/evaluate.h"
#include "serve/calibration.h"

namespace vitrine {

inline constexpr size_t kReliabilityBins = 15;

// The first kShown places of each case.
class CalibrationReport {
 public:
  // Adds `lists`, kRanked places for each case as Evaluate leaves them, of a model that has
  // `calibration`, which is not empty.
  void Add(const Calibration& calibration, std::span<const Listed> lists);

  // {"shown": how many products, "hits": how many of them came true,
  //  "ece@20": expected calibration error, the mean of |said - came true| over kReliabilityBins
  //    bins of as many products each (Naeini, Cooper and Hauskrecht, AAAI 2015),
  //  "brier@20": mean of (said - came true)^2 (Brier, 1950), "log_loss@20": in nats,
  //  "base": {"overall", "by_place": {"brier@20", "log_loss@20",
  //      "difference": {metric: {"diff", "low", "high"}}}}:
  //    what saying the same of every product, or of every place, comes to, at the rates of all the
  //    other cases, which no one knows beforehand; differences are the model's value minus its,
  //  "bins": [{"said", "came_true", "low", "high"}], ascending}
  // with 95 % intervals over cases; null where nothing was added.
  nlohmann::ordered_json ToJson(const BootstrapOptions& bootstrap) const;

 private:
  struct Shown {
    size_t row, place;
    double said;
    bool hit;
  };
  // Of each case, what it adds to the sums that every statistic is made of.
  std::vector<float> Rows() const;

  std::vector<Shown> shown_;
  size_t n_rows_ = 0;
};

// What ToJson gives in two lines for people; nothing of null.
std::string ToTable(const nlohmann::ordered_json& calibration);

}  // namespace vitrine

#endif  // VITRINE_EVALUATE_CALIBRATION_REPORT_H_
