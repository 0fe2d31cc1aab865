#include "evaluate/generated.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <memory>
#include <numeric>
#include <set>

#include "core/matrix.h"
#include "core/parallel.h"
#include "core/rng.h"
#include "features/profile.h"
#include "models/model.h"

namespace vitrine {
namespace {

constexpr size_t kClassifierNeighbours = 5;
constexpr size_t kManifoldNeighbour = 3;

float Distance(const Behaviour& a, const Behaviour& b) {
  if (a.empty() || b.empty()) return a.empty() && b.empty() ? 0.0f : 1.0f;
  size_t shared = 0;
  for (size_t i = 0, j = 0; i < a.size() && j < b.size();) {
    if (a[i] == b[j]) ++shared;
    const bool steps_a = a[i] <= b[j], steps_b = b[j] <= a[i];
    i += steps_a;
    j += steps_b;
  }
  return 1.0f - static_cast<float>(shared) /
                    std::sqrt(static_cast<float>(a.size()) * static_cast<float>(b.size()));
}

// Of scores of which the first half should be high; ties count half.
double AreaUnderCurve(std::span<const double> scores) {
  const size_t n = scores.size() / 2;
  double sum = 0;
  for (size_t i = 0; i < n; ++i) {
    for (size_t j = n; j < 2 * n; ++j) {
      sum += scores[i] > scores[j] ? 1.0 : scores[i] == scores[j] ? 0.5 : 0.0;
    }
  }
  return sum / (static_cast<double>(n) * static_cast<double>(n));
}

// Share of [first, last) that lies within the manifold of [others, others + n): no farther from one
// of them than that one's own k-th neighbour among them.
double ShareWithin(const Matrix& distance, size_t first, size_t others, size_t n) {
  std::vector<float> radius(n), row(n);
  for (size_t i = 0; i < n; ++i) {
    std::copy_n(distance.Row(others + i) + others, n, row.begin());
    row[i] = -1;  // itself, ahead of all
    std::ranges::nth_element(row, row.begin() + kManifoldNeighbour);
    radius[i] = row[kManifoldNeighbour];
  }
  size_t n_within = 0;
  for (size_t i = 0; i < n; ++i) {
    bool is_within = false;
    for (size_t j = 0; j < n && !is_within; ++j) {
      is_within = distance(first + i, others + j) <= radius[j];
    }
    n_within += is_within;
  }
  return static_cast<double>(n_within) / static_cast<double>(n);
}

double Correlation(std::span<const double> x, std::span<const double> y) {
  const auto n = static_cast<double>(x.size());
  const double mean_x = std::accumulate(x.begin(), x.end(), 0.0) / n;
  const double mean_y = std::accumulate(y.begin(), y.end(), 0.0) / n;
  double xy = 0, xx = 0, yy = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    xy += (x[i] - mean_x) * (y[i] - mean_y);
    xx += (x[i] - mean_x) * (x[i] - mean_x);
    yy += (y[i] - mean_y) * (y[i] - mean_y);
  }
  return xx > 0 && yy > 0 ? xy / std::sqrt(xx * yy) : 0.0;
}

// Per bin of `bin_of` (or product), the share of all choices.
std::vector<double> SharesOf(std::span<const Behaviour> behaviours, size_t n_bins,
                             std::span<const uint32_t> bin_of) {
  std::vector<double> shares(n_bins);
  double total = 0;
  for (const Behaviour& behaviour : behaviours) {
    for (const uint32_t item : behaviour) shares[bin_of.empty() ? item : bin_of[item]] += 1;
    total += static_cast<double>(behaviour.size());
  }
  for (double& share : shares) share /= std::max(total, 1.0);
  return shares;
}

double SizeDistance(std::span<const Behaviour> a, std::span<const Behaviour> b) {
  std::map<size_t, double> steps;
  for (const Behaviour& x : a) steps[x.size()] += 1.0 / static_cast<double>(a.size());
  for (const Behaviour& x : b) steps[x.size()] -= 1.0 / static_cast<double>(b.size());
  double gap = 0, most = 0;
  for (const auto& [size, step] : steps) most = std::max(most, std::abs(gap += step));
  return most;
}

double MeanSize(std::span<const Behaviour> behaviours) {
  double sum = 0;
  for (const Behaviour& x : behaviours) sum += static_cast<double>(x.size());
  return sum / static_cast<double>(behaviours.size());
}

// `n` items by the odds of their chances to the power of `sharpness`, without replacement: those
// with the largest sums of the logarithm and Gumbel noise. Vieira, "Gumbel-max trick and weighted
// reservoir sampling", 2014.
Behaviour DrawItems(std::span<const float> chances, size_t n, double sharpness, Rng& rng) {
  std::vector<std::pair<double, uint32_t>> keys;
  for (uint32_t item = 0; item < chances.size(); ++item) {
    const double chance = std::clamp<double>(chances[item], 1e-30, 1 - 1e-7);
    const double gumbel = -std::log(-std::log(std::clamp<double>(rng.Uniform(), 1e-12, 1 - 1e-12)));
    keys.emplace_back(sharpness * std::log(chance / (1 - chance)) + gumbel, item);
  }
  n = std::min(n, keys.size());
  std::ranges::nth_element(keys, keys.begin() + static_cast<ptrdiff_t>(n), std::greater<>());
  Behaviour items;
  for (size_t i = 0; i < n; ++i) items.push_back(keys[i].second);
  std::ranges::sort(items);
  return items;
}

// A whole behaviour of `size` products: one from noise alone, then twice as many in every round,
// given those before. Each round is what the generator was trained to do, which is to complete part
// of a behaviour, and has noise of its own.
Behaviour GenerateInRounds(const GanModel& model, uint32_t shopper, size_t size, double sharpness,
                           Rng& rng, std::vector<float>& chances) {
  constexpr uint32_t kMostRounds = 64;
  uint32_t draw = shopper * kMostRounds;
  Behaviour items;
  std::vector<Event> events;
  for (size_t n = 1; items.size() < size; n *= 2) {
    model.Generate({.events = events}, draw++, chances);
    for (const uint32_t item : items) chances[item] = 0;
    for (const uint32_t item :
         DrawItems(chances, std::min(n, size) - items.size(), sharpness, rng)) {
      items.push_back(item);
      events.push_back({.item = item});
    }
  }
  std::ranges::sort(items);
  return items;
}

// The products of `most` shoppers at most, spread over all.
std::vector<Behaviour> ReadPart(const Shoppers& shoppers, size_t n_items, size_t most) {
  std::vector<Behaviour> behaviours;
  const size_t step = std::max<size_t>(1, shoppers.size() / most);
  std::vector<Event> events;
  Profile profile;
  for (size_t i = 0; i < shoppers.size() && behaviours.size() < most; i += step) {
    shoppers.Read(i, events);
    BuildProfile(ProfileOptions{}, {.events = events}, n_items, profile);
    if (!profile.items.empty()) behaviours.push_back(profile.items);
  }
  return behaviours;
}

}  // namespace

nlohmann::ordered_json GeneratedQuality::ToJson() const {
  nlohmann::ordered_json json{{"behaviours", n},
                              {"auc", auc},
                              {"precision", precision},
                              {"recall", recall},
                              {"popularity_correlation", popularity},
                              {"size_real", real_size},
                              {"size_generated", generated_size},
                              {"size_distance", size_distance}};
  if (category_distance.has_value()) json["category_distance"] = *category_distance;
  json["distinct"] = distinct;
  json["collapsed"] = collapsed();
  return json;
}

GeneratedQuality CompareBehaviour(std::span<const Behaviour> real,
                                  std::span<const Behaviour> generated, const ItemFacts& facts) {
  const size_t n = std::min(real.size(), generated.size());
  real = real.first(n);
  generated = generated.first(n);
  const auto at = [&](size_t i) -> const Behaviour& { return i < n ? real[i] : generated[i - n]; };
  Matrix distance(2 * n, 2 * n);
  ParallelForDynamic(2 * n, 16, [&](size_t first, size_t last) {
    for (size_t i = first; i < last; ++i) {
      for (size_t j = 0; j < 2 * n; ++j) distance(i, j) = Distance(at(i), at(j));
    }
  });

  GeneratedQuality quality{.n = n};
  std::vector<double> scores(2 * n);
  std::vector<std::pair<float, bool>> neighbours;
  for (size_t i = 0; i < 2 * n; ++i) {
    neighbours.clear();
    for (size_t j = 0; j < 2 * n; ++j) {
      if (j != i) neighbours.emplace_back(distance(i, j), j < n);
    }
    std::ranges::nth_element(neighbours, neighbours.begin() + kClassifierNeighbours - 1, {},
                             &std::pair<float, bool>::first);
    for (size_t k = 0; k < kClassifierNeighbours; ++k) scores[i] += neighbours[k].second;
  }
  quality.auc = AreaUnderCurve(scores);
  quality.precision = ShareWithin(distance, n, 0, n);
  quality.recall = ShareWithin(distance, 0, n, n);
  quality.popularity =
      Correlation(SharesOf(real, facts.n_items, {}), SharesOf(generated, facts.n_items, {}));
  quality.real_size = MeanSize(real);
  quality.generated_size = MeanSize(generated);
  quality.size_distance = SizeDistance(real, generated);
  if (!facts.category.empty()) {
    // Products without a category make up one of their own, the last.
    std::vector<uint32_t> category = facts.category;
    uint32_t none = 0;
    for (const uint32_t c : category) none = c == kNoCategory ? none : std::max(none, c + 1);
    std::ranges::replace(category, kNoCategory, none);
    const size_t n_categories = size_t{none} + 1;
    const std::vector<double> a = SharesOf(real, n_categories, category);
    const std::vector<double> b = SharesOf(generated, n_categories, category);
    double sum = 0;
    for (size_t c = 0; c < n_categories; ++c) sum += std::abs(a[c] - b[c]);
    quality.category_distance = sum / 2;
  }
  std::map<Behaviour, size_t> times;
  for (const Behaviour& behaviour : generated) ++times[behaviour];
  quality.distinct = static_cast<double>(std::ranges::count_if(
                         times, [](const auto& entry) { return entry.second == 1; })) /
                     static_cast<double>(n);
  return quality;
}

std::vector<Behaviour> GenerateBehaviour(const GanModel& model, size_t n, uint64_t seed,
                                         std::span<const size_t> sizes, double sharpness) {
  std::vector<Behaviour> behaviours(n);
  ParallelForDynamic(n, 4, [&](size_t first, size_t last) {
    std::vector<float> chances(model.n_items());
    for (size_t i = first; i < last; ++i) {
      Rng rng(seed, i);
      if (model.GeneratesSizes()) {
        model.Generate({}, static_cast<uint32_t>(i), chances);
        for (uint32_t item = 0; item < chances.size(); ++item) {
          if (rng.Uniform() < chances[item]) behaviours[i].push_back(item);
        }
        continue;
      }
      const auto at = static_cast<size_t>(rng.Uniform() * static_cast<double>(sizes.size()));
      const size_t size = std::min(sizes[std::min(at, sizes.size() - 1)], model.n_items());
      behaviours[i] =
          GenerateInRounds(model, static_cast<uint32_t>(i), size, sharpness, rng, chances);
    }
  });
  return behaviours;
}

std::vector<size_t> TrainingSizes(const Dataset& dataset, size_t most) {
  std::vector<size_t> sizes;
  for (const Behaviour& behaviour : ReadPart(dataset.train(), dataset.info().n_items, most)) {
    sizes.push_back(behaviour.size());
  }
  return sizes;
}

RealBehaviour ReadBehaviour(const Dataset& dataset, size_t most) {
  const bool is_held_out = dataset.info().split == Split::kStrong;
  return {.behaviours = ReadPart(is_held_out ? dataset.test() : dataset.train(),
                                 dataset.info().n_items, most),
          .source = is_held_out ? "held-out" : "training"};
}

RealBehaviour TrainingBehaviour(const Dataset& dataset, size_t most) {
  return {.behaviours = ReadPart(dataset.train(), dataset.info().n_items, most),
          .source = "training"};
}

Result<nlohmann::ordered_json> JudgeGenerated(const TensorFile& file, const Dataset& dataset,
                                              const RealBehaviour& real, const ItemFacts& facts) {
  constexpr size_t kLeastBehaviours = 8;
  VITRINE_ASSIGN_OR_RETURN(const std::unique_ptr<Model> model, LoadModel(file));
  const auto* gan = dynamic_cast<const GanModel*>(model.get());
  if (gan == nullptr || !gan->Generates() || real.behaviours.size() < kLeastBehaviours) {
    return nlohmann::ordered_json();
  }
  const std::vector<size_t> sizes = TrainingSizes(dataset, kBehavioursJudged);
  const auto generate = [&](double sharpness) {
    return GenerateBehaviour(*gan, real.behaviours.size(), /*seed=*/1, sizes, sharpness);
  };
  nlohmann::ordered_json judged{{"against", real.source},
                                {"sizes", gan->GeneratesSizes() ? "learned" : "drawn"}};
  double sharpness = 1;
  if (!gan->GeneratesSizes()) {
    // By shoppers of the training part, even where others judge.
    const std::vector<Behaviour> training =
        TrainingBehaviour(dataset, real.behaviours.size()).behaviours;
    double least = 2;
    for (const double own : kSharpnesses) {
      const double auc = CompareBehaviour(training, generate(own), facts).auc;
      if (auc >= least) continue;
      least = auc;
      sharpness = own;
    }
    judged["sharpness"] = sharpness;
  }
  const std::vector<Behaviour> generated = generate(sharpness);
  judged.update(CompareBehaviour(real.behaviours, generated, facts).ToJson());
  return judged;
}

}  // namespace vitrine
