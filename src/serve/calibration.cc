#include "serve/calibration.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <sstream>
#include <string>

#include "core/parse_real.h"

namespace vitrine {
namespace {

// NaN stands for what is no number.
std::vector<double> Numbers(const std::string& text) {
  std::vector<double> numbers;
  std::istringstream words(text);
  for (std::string word; words >> word;) numbers.push_back(ParseReal(word));
  return numbers;
}

bool IsCurve(const std::vector<double>& values) {
  return std::ranges::all_of(values, [](double value) { return std::isfinite(value); }) &&
         std::ranges::is_sorted(values);
}

}  // namespace

double Calibration::Probability(double score, size_t rank) const {
  const auto above = std::ranges::upper_bound(scores, score);
  const auto i = static_cast<size_t>(above - scores.begin());
  double odds = i == scores.size() ? log_odds.back() : log_odds[i];
  if (i > 0 && i < scores.size()) {
    odds -= (odds - log_odds[i - 1]) * (scores[i] - score) / (scores[i] - scores[i - 1]);
  }
  return 1 / (1 + std::exp(-odds - place * std::log(static_cast<double>(rank))));
}

std::vector<double> Calibration::Probabilities(const Ranking& ranking) const {
  std::vector<double> probabilities;
  if (empty() || !ranking.calibrated) return probabilities;
  const size_t n_certain = ranking.items.size() - ranking.propensities.size();
  for (const float score : std::span(ranking.scores).first(n_certain)) {
    probabilities.push_back(Probability(score, probabilities.size() + 1));
  }
  return probabilities;
}

Result<Calibration> Calibration::Read(const TensorFile& file) {
  if (!file.metadata().contains("calibration.scores")) return Calibration{};
  VITRINE_ASSIGN_OR_RETURN(const std::string scores, file.Text("calibration.scores"));
  VITRINE_ASSIGN_OR_RETURN(const std::string log_odds, file.Text("calibration.log_odds"));
  VITRINE_ASSIGN_OR_RETURN(const double place, file.Real("calibration.place"));
  Calibration read{Numbers(scores), Numbers(log_odds), place};
  if (read.scores.empty() || read.scores.size() > kMostKnots ||
      read.scores.size() != read.log_odds.size() || !IsCurve(read.scores) ||
      !IsCurve(read.log_odds) || place > 0) {
    return Error{ErrorCode::kBadFormat,
                 file.name() +
                     ": its calibration is no rising curve of 1 to 16 knots with a place of 0 or "
                     "below; train the model again"};
  }
  return read;
}

}  // namespace vitrine
