#include "train/closed_form.h"

#include <algorithm>
#include <cmath>
#include <memory>

#include "backend/cpu/spd_inverse.h"
#include "core/parallel.h"
#include "kernels/top_k.h"
#include "train/model_writer.h"

namespace vitrine {
namespace {

// All that a shopper did counts alike; what was only shown or taken back does not.
ProfileOptions Binary() { return {}; }

ProfileOptions Decayed(float half_life_days) {
  ProfileOptions options;
  options.binary = false;
  options.half_life_days = half_life_days;
  return options;
}

Candidate PopularityCandidate(float window_days) {
  return {{{"window_days", window_days}}, [=](const TrainingPart& part) -> Result<AddModel> {
            const int64_t since =
                window_days > 0 ? part.end_time() - static_cast<int64_t>(window_days * 86400.0f)
                                : std::numeric_limits<int64_t>::min();
            auto table = std::make_shared<std::vector<float>>(Popularity(part, since));
            return AddModel(
                [table](TensorFileWriter& writer) { writer.Add("popularity.table", *table); });
          }};
}

// Events that are no purchases count little next to one, but a viewed product beats an unknown one.
ProfileOptions FrequencyProfile(float half_life_days, EventType target) {
  ProfileOptions options = Decayed(half_life_days);
  for (float& weight : options.type_weight) weight *= 0.05f;
  options.type_weight[static_cast<size_t>(target)] = 1;
  return options;
}

Candidate PersonalFrequencyCandidate(float half_life_days) {
  return {{{"half_life_days", half_life_days}}, [=](const TrainingPart& part) -> Result<AddModel> {
            const auto profile = FrequencyProfile(half_life_days, part.dataset->info().target);
            return AddModel([profile](TensorFileWriter& writer) { AddProfile(profile, writer); });
          }};
}

// Row i of x' x: how many shoppers have i and j, for every j.
void CoOccurrence(const Csr& x, const Csr& transposed, uint32_t item, float* counts) {
  for (const uint32_t shopper : transposed.view().Row(item)) {
    for (const uint32_t other : x.view().Row(shopper)) counts[other] += 1;
  }
}

Candidate ItemKnnCandidate(int neighbours, float shrink, float half_life_days) {
  const auto fit = [=](const TrainingPart& part) -> Result<AddModel> {
    struct Fitted {
      std::vector<uint32_t> neighbours;
      std::vector<float> similarity;
    };
    const Csr x = TrainingMatrix(part, Binary());
    const Csr transposed = Transpose(x);
    const size_t n = part.n_items();
    const size_t k = std::clamp(n - 1, size_t{1}, static_cast<size_t>(neighbours));
    auto fitted = std::make_shared<Fitted>();
    fitted->neighbours.resize(n * k);
    fitted->similarity.resize(n * k);
    ParallelForDynamic(n, 64, [&](size_t first, size_t last) {
      std::vector<float> row(n);
      std::vector<uint32_t> best;
      for (size_t i = first; i < last; ++i) {
        std::fill(row.begin(), row.end(), 0.0f);
        CoOccurrence(x, transposed, static_cast<uint32_t>(i), row.data());
        const auto norm = [&](size_t item) {
          return std::sqrt(static_cast<float>(transposed.view().Row(item).size()));
        };
        for (size_t j = 0; j < n; ++j) {
          row[j] = j == i || row[j] == 0 ? -INFINITY : row[j] / (norm(i) * norm(j) + shrink);
        }
        TopK(row, k, best);
        for (size_t place = 0; place < best.size(); ++place) {
          fitted->neighbours[i * k + place] = best[place];
          fitted->similarity[i * k + place] = row[best[place]];
        }
      }
    });
    // What to score by: with a half-life, later events count more.
    const ProfileOptions profile = half_life_days > 0 ? Decayed(half_life_days) : Binary();
    return AddModel([fitted, profile, n, k](TensorFileWriter& writer) {
      AddProfile(profile, writer);
      writer.Add<uint32_t>("knn.neighbours", {n, k}, fitted->neighbours);
      writer.Add<float>("knn.similarity", {n, k}, fitted->similarity);
    });
  };
  return {{{"neighbours", neighbours}, {"shrink", shrink}, {"half_life_days", half_life_days}},
          fit};
}

// EASE: with P = inverse(x' x + lambda I), the weights are -P(i, j) / P(j, j), the diagonal 0.
Candidate LinearCandidate(float lambda) {
  const auto fit = [=](const TrainingPart& part) -> Result<AddModel> {
    const Csr x = TrainingMatrix(part, Binary());
    const Csr transposed = Transpose(x);
    const size_t n = part.n_items();
    auto table = std::make_shared<Matrix>(n, n);
    ParallelForDynamic(n, 64, [&](size_t first, size_t last) {
      for (size_t i = first; i < last; ++i) {
        CoOccurrence(x, transposed, static_cast<uint32_t>(i), table->Row(i));
        (*table)(i, i) += lambda;
      }
    });
    VITRINE_RETURN_IF_ERROR(InvertSpd(*table));
    std::vector<float> diagonal(n);
    for (size_t i = 0; i < n; ++i) diagonal[i] = (*table)(i, i);
    ParallelFor(n, 64, [&](size_t first, size_t last, size_t) {
      for (size_t i = first; i < last; ++i) {
        for (size_t j = 0; j < n; ++j) (*table)(i, j) /= -diagonal[j];
        (*table)(i, i) = 0;
      }
    });
    return AddModel([table](TensorFileWriter& writer) {
      AddProfile(Binary(), writer);
      writer.Add("linear.table", *table);
      writer.SetMetadata("vitrine.tables", "linear.table");
    });
  };
  return {{{"lambda", lambda}}, fit};
}

template <class T>
std::vector<T> Or(const std::vector<T>& given, std::vector<T> grid) {
  return given.empty() ? std::move(grid) : given;
}

}  // namespace

std::vector<Candidate> ClosedFormCandidates(const std::string& model,
                                            const ClosedFormOptions& options) {
  std::vector<Candidate> candidates;
  if (model == "popularity") {
    for (const float days : Or(options.window_days, {0, 30})) {
      candidates.push_back(PopularityCandidate(days));
    }
  } else if (model == "personal-frequency") {
    for (const float days : Or(options.half_life_days, {0, 30, 60, 120, 240})) {
      candidates.push_back(PersonalFrequencyCandidate(days));
    }
  } else if (model == "item-knn") {
    for (const int k : Or(options.neighbours, {50, 200})) {
      for (const float shrink : Or(options.shrink, {0, 10, 50})) {
        for (const float days : Or(options.half_life_days, {0, 30, 90})) {
          candidates.push_back(ItemKnnCandidate(k, shrink, days));
        }
      }
    }
  } else if (model == "linear") {
    for (const float lambda : Or(options.lambda, {50, 100, 200, 400, 800})) {
      candidates.push_back(LinearCandidate(lambda));
    }
  }
  return candidates;
}

}  // namespace vitrine
