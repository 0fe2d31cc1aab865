#include "train/blend.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <sstream>

#include "core/parallel.h"
#include "evaluate/evaluate.h"
#include "kernels/top_k.h"
#include "models/blend.h"

namespace vitrine {
namespace {

using Weights = std::vector<float>;

// Every way to share `total` steps among `n` parts.
void Shares(size_t n, int total, std::vector<int>& shares,
            const std::function<void(const std::vector<int>&)>& visit) {
  if (shares.size() + 1 == n) {
    shares.push_back(total);
    visit(shares);
    shares.pop_back();
    return;
  }
  for (int own = 0; own <= total; ++own) {
    shares.push_back(own);
    Shares(n, total - own, shares, visit);
    shares.pop_back();
  }
}

std::vector<Weights> Grid(size_t n, int steps) {
  std::vector<Weights> grid;
  std::vector<int> shares;
  Shares(n, steps, shares, [&](const std::vector<int>& chosen) {
    Weights weights;
    for (const int share : chosen) {
      weights.push_back(static_cast<float>(share) / static_cast<float>(steps));
    }
    grid.push_back(std::move(weights));
  });
  return grid;
}

// `best` with up to three steps moved from any part to any other.
std::vector<Weights> Around(const Weights& best, float step) {
  std::vector<Weights> grid;
  for (size_t from = 0; from < best.size(); ++from) {
    for (size_t to = 0; to < best.size(); ++to) {
      for (int n = 1; from != to && n <= 3; ++n) {
        const float moved = static_cast<float>(n) * step;
        if (best[from] < moved) continue;
        Weights weights = best;
        weights[from] -= moved;
        weights[to] += moved;
        grid.push_back(std::move(weights));
      }
    }
  }
  return grid;
}

// The metric of every candidate: each shopper is scored by each part once.
std::vector<double> MeasureAll(std::span<const Model* const> parts, const Cases& cases,
                               Metric metric, const std::vector<Weights>& candidates) {
  const size_t n_items = parts.front()->n_items();
  const ItemFacts facts{.n_items = n_items};
  std::vector<std::vector<CaseValues>> values(candidates.size());
  for (auto& column : values) column.resize(cases.size());
  ParallelForDynamic(cases.size(), 4, [&](size_t first, size_t last) {
    Matrix scores(parts.size(), n_items);
    std::vector<float> blended(n_items);
    std::vector<uint32_t> list;
    for (size_t i = first; i < last; ++i) {
      for (size_t p = 0; p < parts.size(); ++p) {
        const auto own = scores.view().RowSpan(p);
        parts[p]->Score(cases.HistoryOf(i), own);
        Standardize(own);
      }
      for (size_t k = 0; k < candidates.size(); ++k) {
        std::fill(blended.begin(), blended.end(), 0.0f);
        for (size_t p = 0; p < parts.size(); ++p) {
          const float weight = candidates[k][p];
          if (weight == 0) continue;
          const float* own = scores.Row(p);
          for (size_t item = 0; item < n_items; ++item) blended[item] += weight * own[item];
        }
        values[k][i] = RankCase(cases, i, blended, facts, list);
      }
    }
  });
  std::vector<double> measured;
  for (const auto& column : values) measured.push_back(MetricOf(column, metric));
  return measured;
}

// As BlendModel scores.
class WeighedParts : public Model {
 public:
  WeighedParts(std::span<const Model* const> parts, Weights weights)
      : parts_(parts.begin(), parts.end()), weights_(std::move(weights)) {}

  std::string_view name() const override { return "blend"; }
  size_t n_items() const override { return parts_.front()->n_items(); }
  void Score(const History& history, std::span<float> scores) const override {
    std::vector<float> own(n_items());
    std::ranges::fill(scores, 0.0f);
    for (size_t p = 0; p < parts_.size(); ++p) {
      if (weights_[p] == 0) continue;
      parts_[p]->Score(history, own);
      Standardize(own);
      for (size_t item = 0; item < own.size(); ++item) scores[item] += weights_[p] * own[item];
    }
  }

 private:
  std::vector<const Model*> parts_;
  Weights weights_;
};

}  // namespace

std::unique_ptr<Model> Blended(std::span<const Model* const> parts, std::vector<float> weights) {
  return std::make_unique<WeighedParts>(parts, std::move(weights));
}

Result<BlendWeights> ChooseWeights(std::span<const Model* const> parts, const Cases& cases,
                                   Metric metric) {
  BlendWeights best{.value = -1};
  const auto choose = [&](const std::vector<Weights>& candidates) {
    const std::vector<double> measured = MeasureAll(parts, cases, metric, candidates);
    for (size_t k = 0; k < candidates.size(); ++k) {
      if (measured[k] > best.value) best = {candidates[k], measured[k]};
    }
  };
  choose(Grid(parts.size(), 10));
  if (!(best.value >= 0)) {
    return Error{ErrorCode::kBadFormat,
                 "no blend gives finite scores; train its parts again with smaller learning rates"};
  }
  // The few products that a sparse part names stand far out of its scores, so that a hundredth of
  // it may be the best share.
  for (const float step : {0.025f, 0.00625f, 0.0015625f}) choose(Around(best.weights, step));
  return best;
}

std::string PartTables(const TensorFile& part, size_t i) {
  std::string tables;
  const auto own = part.metadata().find("vitrine.tables");
  if (own == part.metadata().end()) return tables;
  std::istringstream names(own->second);
  for (std::string name; names >> name;) {
    tables += (tables.empty() ? "part" : " part") + std::to_string(i) + "." + name;
  }
  return tables;
}

Status AddPart(const TensorFile& part, size_t i, float weight, TensorFileWriter& writer) {
  const std::string prefix = "part" + std::to_string(i) + ".";
  VITRINE_ASSIGN_OR_RETURN(const std::string kind, part.Text("vitrine.model"));
  for (const auto& [key, value] : part.metadata()) {
    const bool of_file = key == "vitrine.version" || key == "vitrine.requires" ||
                         key == "vitrine.sha256" || key == "vitrine.tables";
    // What a part's scores mean by themselves says nothing of their sum.
    const bool of_part_alone = key.starts_with("calibration.");
    if (!of_file && !of_part_alone) writer.SetMetadata(prefix + key, value);
  }
  writer.SetMetadata(prefix + "weight", static_cast<double>(weight));
  for (const TensorInfo& tensor : part.tensors()) {
    const bool of_blend = tensor.name == "catalogue" || tensor.name == "popularity" ||
                          tensor.name.starts_with("features.") || tensor.name.starts_with("pad.");
    if (!of_blend) {
      writer.Add(prefix + tensor.name, tensor.dtype, tensor.shape, part.Bytes(tensor));
    }
  }
  return {};
}

}  // namespace vitrine
