// How likely a listed product is one of those that the shopper goes on to do: from its score and
// its place in the list. Neither says it alone: scores of two shoppers are on scales of their own,
// and a place says nothing of how sure the model is.
//
//   probability = 1 / (1 + exp(-(f(score) + place * log(rank)))),  rank from 1
//
// f is linear between knots, never falls, and is flat beyond them, so that probabilities never rise
// down a list. A page computes the same: web/src/calibration.ts.
#ifndef VITRINE_SERVE_CALIBRATION_H_
#define VITRINE_SERVE_CALIBRATION_H_

#include <cstddef>
#include <vector>

#include "core/result.h"
#include "format/tensor_file.h"
#include "serve/recommender.h"

namespace vitrine {

inline constexpr size_t kMostKnots = 16;

struct Calibration {
  std::vector<double> scores;    // of the knots, never falling; none: nothing is known
  std::vector<double> log_odds;  // f there, never falling
  double place = 0;              // 0 or below

  bool empty() const { return scores.empty(); }
  double Probability(double score, size_t rank) const;
  // Of each product in the model's own order, which explored ones, at the end of a list, are not
  // in; empty for lists that are not calibrated.
  std::vector<double> Probabilities(const Ranking& ranking) const;

  // Metadata "calibration.*"; empty where the file has none, bad-format where it cannot be meant.
  static Result<Calibration> Read(const TensorFile& file);
};

}  // namespace vitrine

#endif  // VITRINE_SERVE_CALIBRATION_H_
