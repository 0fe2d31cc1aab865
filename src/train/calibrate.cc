#include "train/calibrate.h"

#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>

namespace vitrine {
namespace {

constexpr size_t kLeast = 20;         // of hits, and of misses
constexpr size_t kMostLists = 10000;  // of more, at most so many are drawn at even distances
constexpr size_t kMostSteps = 50;     // of Newton's method
constexpr double kLongestStep = 2;    // in any of the coefficients
constexpr double kClose = 1e-9;       // a step this short is the last

// A listed product, as it is learnt from.
struct Sample {
  double score = 0;
  double odds = 0;  // what the isotonic curve says, as log odds
  double log_rank = 0;
  bool hit = false;
};

std::vector<Sample> SamplesOf(std::span<const Listed> lists) {
  const size_t n_lists = lists.size() / kRanked;
  const size_t stride = std::max<size_t>(1, (n_lists + kMostLists - 1) / kMostLists);
  std::vector<Sample> samples;
  for (size_t list = 0; list < n_lists; list += stride) {
    for (size_t place = 0; place < kRanked; ++place) {
      const Listed& listed = lists[list * kRanked + place];
      if (std::isnan(listed.score)) break;
      samples.push_back({listed.score, 0, std::log(static_cast<double>(place + 1)), listed.hit});
    }
  }
  return samples;
}

void Merge(const Pool& from, Pool& into) {
  into.n += from.n;
  into.hits += from.hits;
  into.scores += from.scores;
}

// Equal scores are one pool from the start.
std::vector<Pool> PoolsOf(std::vector<Sample> samples) {
  std::ranges::sort(samples, {}, &Sample::score);
  std::vector<Pool> pools;
  double last = 0;
  for (const Sample& sample : samples) {
    const Pool own{1, sample.hit ? 1.0 : 0.0, sample.score};
    if (!pools.empty() && last == sample.score) {
      Merge(own, pools.back());
    } else {
      pools.push_back(own);
    }
    last = sample.score;
  }
  return pools;
}

// The isotonic curve as a calibration of its own. Half a hit and half a miss more in every pool
// keep its log odds finite; pools so small that their rates would fall by it stay level.
Calibration CurveOf(const std::vector<Pool>& pools) {
  Calibration curve;
  for (const Pool& pool : pools) {
    const double rate = (pool.hits + 0.5) / (pool.n + 1);
    const double odds = std::log(rate / (1 - rate));
    curve.scores.push_back(pool.scores / pool.n);
    curve.log_odds.push_back(curve.log_odds.empty() ? odds : std::max(odds, curve.log_odds.back()));
  }
  return curve;
}

// log odds = slope * odds + place * log rank + level.
using Coefficients = Eigen::Vector3d;

// Newton's method for the logistic regression with the prior N((1, 0, 0), 1). Coefficients whose
// `is_free` is 0 stay 0.
Coefficients FitLogistic(std::span<const Sample> samples, const Eigen::Vector3d& is_free) {
  const Coefficients prior = Coefficients(1, 0, 0).cwiseProduct(is_free);
  Coefficients fitted = prior;
  for (size_t step = 0; step < kMostSteps; ++step) {
    Eigen::Vector3d gradient = prior - fitted;
    Eigen::Matrix3d curvature = Eigen::Matrix3d::Identity();
    for (const Sample& sample : samples) {
      const Eigen::Vector3d x =
          Eigen::Vector3d(sample.odds, sample.log_rank, 1).cwiseProduct(is_free);
      const double p = 1 / (1 + std::exp(-fitted.dot(x)));
      gradient += ((sample.hit ? 1 : 0) - p) * x;
      curvature += p * (1 - p) * x * x.transpose();
    }
    Eigen::Vector3d move = curvature.ldlt().solve(gradient);
    const double longest = move.cwiseAbs().maxCoeff();
    if (longest > kLongestStep) move *= kLongestStep / longest;
    fitted += move;
    if (longest < kClose) break;
  }
  return fitted;
}

std::string TextOf(const std::vector<double>& values) {
  std::string text;
  for (const double value : values) {
    char digits[32];
    std::snprintf(digits, sizeof digits, "%.6g", value);
    text += (text.empty() ? "" : " ") + std::string(digits);
  }
  return text;
}

}  // namespace

std::vector<Pool> PoolViolators(const std::vector<Pool>& pools) {
  std::vector<Pool> rising;
  for (const Pool& pool : pools) {
    rising.push_back(pool);
    while (rising.size() > 1 && rising[rising.size() - 2].rate() >= rising.back().rate()) {
      const Pool last = rising.back();
      rising.pop_back();
      Merge(last, rising.back());
    }
  }
  return rising;
}

void ReducePools(size_t most, std::vector<Pool>& pools) {
  while (pools.size() > most) {
    size_t best = 0;
    double least = 0;
    for (size_t i = 0; i + 1 < pools.size(); ++i) {
      const Pool &a = pools[i], &b = pools[i + 1];
      const double apart = a.rate() - b.rate();
      const double cost = a.n * b.n / (a.n + b.n) * apart * apart;
      if (i == 0 || cost < least) {
        best = i;
        least = cost;
      }
    }
    Merge(pools[best + 1], pools[best]);
    pools.erase(pools.begin() + static_cast<ptrdiff_t>(best) + 1);
  }
}

Calibration FitCalibration(std::span<const Listed> lists) {
  std::vector<Sample> samples = SamplesOf(lists);
  const auto n_hits = static_cast<size_t>(std::ranges::count(samples, true, &Sample::hit));
  if (n_hits < kLeast || samples.size() - n_hits < kLeast) return {};
  std::vector<Pool> pools = PoolViolators(PoolsOf(samples));
  ReducePools(kMostKnots, pools);
  Calibration curve = CurveOf(pools);
  for (Sample& sample : samples) {
    const double p = curve.Probability(sample.score, 1);
    sample.odds = std::log(p / (1 - p));
  }
  // A probability may not rise down a list: what would make it is left out, and the rest fitted
  // anew, so that probabilities add up to the hits all the same.
  Coefficients fitted = FitLogistic(samples, {1, 1, 1});
  if (fitted[1] > 0) fitted = FitLogistic(samples, {1, 0, 1});
  if (fitted[0] < 0) fitted = FitLogistic(samples, {0, 1, 1});
  if (fitted[1] > 0) fitted = FitLogistic(samples, {0, 0, 1});
  for (double& odds : curve.log_odds) odds = fitted[0] * odds + fitted[2];
  curve.place = fitted[1];
  return curve;
}

void AddCalibration(const Calibration& calibration, TensorFileWriter& writer) {
  if (calibration.empty()) return;
  writer.SetMetadata("calibration.scores", TextOf(calibration.scores));
  writer.SetMetadata("calibration.log_odds", TextOf(calibration.log_odds));
  writer.SetMetadata("calibration.place", TextOf({calibration.place}));
}

Status SetCalibration(const Calibration& calibration, const std::string& path) {
  VITRINE_ASSIGN_OR_RETURN(const TensorFile file, ReadTensorFile(path));
  TensorFileWriter writer;
  for (const auto& [key, value] : file.metadata()) {
    if (!key.starts_with("calibration.")) writer.SetMetadata(key, value);
  }
  AddCalibration(calibration, writer);
  writer.AddAll(file, "", "");
  return writer.Write(path);
}

nlohmann::ordered_json ToJson(const Calibration& calibration) {
  return {{"scores", calibration.scores},
          {"log_odds", calibration.log_odds},
          {"place", calibration.place}};
}

Calibration CalibrationOf(const nlohmann::ordered_json& json) {
  return {.scores = json["scores"].get<std::vector<double>>(),
          .log_odds = json["log_odds"].get<std::vector<double>>(),
          .place = json["place"].get<double>()};
}

}  // namespace vitrine
