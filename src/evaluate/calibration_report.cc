#include "evaluate/calibration_report.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <numeric>
#include <tuple>
#include <utility>

namespace vitrine {
namespace {

using Json = nlohmann::ordered_json;

// What a row, which is a case, adds to the sums.
constexpr size_t kCount = 0, kBrier = 1, kLogLoss = 2;  // of the model
constexpr size_t kOverall = 3, kByPlace = 5;            // Brier and log loss of the base rates
constexpr size_t kBins = 7;                             // of each: count, said, came true
constexpr size_t kCols = kBins + 3 * kReliabilityBins;

double Squared(double said, bool hit) { return (said - (hit ? 1 : 0)) * (said - (hit ? 1 : 0)); }

double LogLoss(double said, bool hit) { return -std::log(hit ? said : 1 - said); }

struct Rate {
  double n = 0, hits = 0;

  void Add(bool hit) {
    ++n;
    hits += hit ? 1 : 0;
  }
  // Of the others; half a hit and half a miss more keep it off 0 and 1.
  double Without(const Rate& own) const { return (hits - own.hits + 0.5) / (n - own.n + 1); }
};

double Ece(const double* sums) {
  double off = 0;
  for (size_t bin = 0; bin < kReliabilityBins; ++bin) {
    const double* own = sums + kBins + 3 * bin;
    off += std::abs(own[1] - own[2]);
  }
  return off / sums[kCount];
}

// A statistic of the sums over all rows, and over each resample of them.
class Resampled {
 public:
  Resampled(const std::vector<float>& rows, const BootstrapOptions& bootstrap)
      : resamples_(ResampleSums(rows, kCols, bootstrap)) {
    for (size_t i = 0; i < rows.size(); ++i) sums_[i % kCols] += rows[i];
  }

  template <class Statistic>
  Json operator()(const Statistic& statistic, const char* name = "value") const {
    std::vector<double> drawn;
    for (size_t i = 0; i < resamples_.size(); i += kCols)
      drawn.push_back(statistic(&resamples_[i]));
    const Interval interval = PercentileInterval(std::move(drawn));
    return {{name, statistic(sums_.data())}, {"low", interval.low}, {"high", interval.high}};
  }

 private:
  std::vector<double> resamples_;
  std::array<double, kCols> sums_ = {};
};

// A sum divided by another.
struct Share {
  size_t sum, of;

  double operator()(const double* sums) const { return sums[sum] / sums[of]; }
};

// What one of the base rates comes to; its Brier score is in `column`, its log loss in the next.
Json BaseOf(const Resampled& resampled, size_t column) {
  Json base;
  for (const auto& [metric, own, other] :
       {std::tuple{"brier@20", kBrier, column}, {"log_loss@20", kLogLoss, column + 1}}) {
    base[metric] = resampled(Share{other, kCount})["value"];
    const size_t a = own, b = other;
    base["difference"][metric] = resampled(
        [a, b](const double* sums) { return (sums[a] - sums[b]) / sums[kCount]; }, "diff");
  }
  return base;
}

// Those with products: there may be fewer products than bins.
Json BinsOf(const Resampled& resampled) {
  Json bins = Json::array();
  for (size_t bin = 0; bin < kReliabilityBins; ++bin) {
    const size_t column = kBins + 3 * bin;
    const Json came_true = resampled(Share{column + 2, column}, "came_true");
    if (std::isnan(came_true["came_true"].get<double>())) continue;
    bins.push_back({{"said", resampled(Share{column + 1, column})["value"]}});
    bins.back().update(came_true);
  }
  return bins;
}

}  // namespace

void CalibrationReport::Add(const Calibration& calibration, std::span<const Listed> lists) {
  for (size_t first = 0; first < lists.size(); first += kRanked) {
    for (size_t place = 0; place < kShown; ++place) {
      const Listed& listed = lists[first + place];
      if (std::isnan(listed.score)) break;
      shown_.push_back(
          {n_rows_, place, calibration.Probability(listed.score, place + 1), listed.hit});
    }
    ++n_rows_;
  }
}

std::vector<float> CalibrationReport::Rows() const {
  Rate all;
  std::array<Rate, kShown> at_place;
  std::vector<Rate> of_row(n_rows_);
  for (const Shown& shown : shown_) {
    for (Rate* rate : {&all, &at_place[shown.place], &of_row[shown.row]}) rate->Add(shown.hit);
  }

  std::vector<size_t> order(shown_.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::stable_sort(order, {}, [this](size_t i) { return shown_[i].said; });
  std::vector<float> rows(n_rows_ * kCols);
  for (size_t i = 0; i < order.size(); ++i) {
    const Shown& shown = shown_[order[i]];
    float* row = rows.data() + shown.row * kCols;
    const auto add = [row](size_t column, double value) {
      row[column] += static_cast<float>(value);
    };
    add(kCount, 1);
    add(kBrier, Squared(shown.said, shown.hit));
    add(kLogLoss, LogLoss(shown.said, shown.hit));
    const double overall = all.Without(of_row[shown.row]);
    const double by_place = at_place[shown.place].Without({1, shown.hit ? 1.0 : 0.0});
    for (const auto& [column, base] : {std::pair{kOverall, overall}, {kByPlace, by_place}}) {
      add(column, Squared(base, shown.hit));
      add(column + 1, LogLoss(base, shown.hit));
    }
    const size_t bin = kBins + 3 * (i * kReliabilityBins / order.size());
    add(bin, 1);
    add(bin + 1, shown.said);
    add(bin + 2, shown.hit ? 1 : 0);
  }
  return rows;
}

Json CalibrationReport::ToJson(const BootstrapOptions& bootstrap) const {
  if (shown_.empty()) return nullptr;
  const Resampled resampled(Rows(), bootstrap);
  return {{"shown", shown_.size()},
          {"hits", std::ranges::count(shown_, true, &Shown::hit)},
          {"ece@20", resampled(Ece)},
          {"brier@20", resampled(Share{kBrier, kCount})},
          {"log_loss@20", resampled(Share{kLogLoss, kCount})},
          {"base",
           {{"overall", BaseOf(resampled, kOverall)}, {"by_place", BaseOf(resampled, kByPlace)}}},
          {"bins", BinsOf(resampled)}};
}

std::string ToTable(const Json& calibration) {
  if (calibration.is_null()) return "";
  const auto cell = [](const Json& estimate) {
    char text[64];
    std::snprintf(text, sizeof text, "%.4f [%.4f, %.4f]", estimate["value"].get<double>(),
                  estimate["low"].get<double>(), estimate["high"].get<double>());
    return std::string(text);
  };
  std::string text = "probabilities: ";
  for (const char* metric : {"ece@20", "brier@20", "log_loss@20"}) {
    text += std::string(metric) + " " + cell(calibration[metric]) + "  ";
  }
  text += "\n  base rates by place:";
  for (const char* metric : {"brier@20", "log_loss@20"}) {
    char value[32];
    std::snprintf(value, sizeof value, "  %s %.4f", metric,
                  calibration["base"]["by_place"][metric].get<double>());
    text += value;
  }
  return text + "\n";
}

}  // namespace vitrine
