#include "train/closed_form.h"

#include <memory>

#include "models/tifu_knn.h"
#include "train/forward.h"
#include "train/item_item.h"
#include "train/markov.h"
#include "train/model_writer.h"
#include "train/progress.h"

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

// With a half-life, later events of a history count more; what is fitted is the same.
ProfileOptions BinaryOrDecayed(float half_life_days) {
  return half_life_days > 0 ? Decayed(half_life_days) : Binary();
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

Candidate ItemKnnCandidate(const NeighbourOptions& options, float half_life_days) {
  const auto fit = [=](const TrainingPart& part) -> Result<AddModel> {
    auto weights =
        std::make_shared<const Csr>(NearestNeighbours(TrainingMatrix(part, Binary()), options));
    const ProfileOptions profile = BinaryOrDecayed(half_life_days);
    return AddModel([weights, profile](TensorFileWriter& writer) {
      AddProfile(profile, writer);
      AddSparseTable(*weights, writer);
    });
  };
  return {{{"neighbours", options.neighbours},
           {"shrink", options.shrink},
           {"alpha", options.alpha},
           {"half_life_days", half_life_days}},
          fit};
}

// The latest fit, for candidates that differ only in how a history is read.
template <class Table>
struct LatestFit {
  const TrainingPart* part = nullptr;
  float lambda = 0;
  size_t neighbours = 0;
  std::shared_ptr<const Table> table;
};

nlohmann::ordered_json LinearSettings(nlohmann::ordered_json settings, float half_life_days) {
  if (half_life_days > 0) settings["half_life_days"] = half_life_days;
  return settings;
}

Candidate DenseLinearCandidate(float lambda, float half_life_days,
                               const std::shared_ptr<LatestFit<Matrix>>& latest) {
  const auto fit = [=](const TrainingPart& part) -> Result<AddModel> {
    if (latest->part != &part || latest->lambda != lambda) {
      *latest = {};  // its memory first
      VITRINE_ASSIGN_OR_RETURN(Matrix weights, DenseEase(TrainingMatrix(part, Binary()), lambda));
      *latest = {&part, lambda, 0, std::make_shared<const Matrix>(std::move(weights))};
    }
    return AddModel([table = latest->table, half_life_days](TensorFileWriter& writer) {
      AddProfile(BinaryOrDecayed(half_life_days), writer);
      AddDenseTable(*table, writer);
    });
  };
  return {LinearSettings({{"form", "dense"}, {"lambda", lambda}}, half_life_days), fit};
}

Candidate SparseLinearCandidate(float lambda, size_t neighbours, float half_life_days,
                                const std::shared_ptr<LatestFit<Csr>>& latest) {
  const auto fit = [=](const TrainingPart& part) -> Result<AddModel> {
    if (latest->part != &part || latest->lambda != lambda || latest->neighbours != neighbours) {
      *latest = {};
      VITRINE_ASSIGN_OR_RETURN(Csr weights, SparseEase(TrainingMatrix(part, Binary()), lambda,
                                                       neighbours, MemoryBytes() / 2));
      *latest = {&part, lambda, neighbours, std::make_shared<const Csr>(std::move(weights))};
    }
    return AddModel([table = latest->table, half_life_days](TensorFileWriter& writer) {
      AddProfile(BinaryOrDecayed(half_life_days), writer);
      AddSparseTable(*table, writer);
    });
  };
  return {LinearSettings({{"form", "sparse"}, {"lambda", lambda}, {"neighbours", neighbours}},
                         half_life_days),
          fit};
}

Candidate MarkovCandidate(bool to_target) {
  const auto fit = [=](const TrainingPart& part) -> Result<AddModel> {
    ProfileOptions profile = Binary();
    profile.last = 1;
    auto shares = std::make_shared<const Csr>(TransitionShares(part, profile, to_target));
    return AddModel([shares, profile](TensorFileWriter& writer) {
      AddProfile(profile, writer);
      AddSparseTable(*shares, writer);
    });
  };
  return {{{"to", std::string(to_target ? "target" : "event")}}, fit};
}

Candidate ForwardCandidate(Task task, float lambda, float half_life_days) {
  // What is bought again and again is more likely to be bought next; new products are found by
  // which the shopper had, however often.
  const ForwardOptions options{
      .task = task,
      .lambda = lambda,
      .profile = task == Task::kNextBasket ? Decayed(half_life_days) : Binary()};
  const auto fit = [options](const TrainingPart& part) -> Result<AddModel> {
    VITRINE_ASSIGN_OR_RETURN(ForwardWeights fitted, FitForward(part, options));
    auto weights = std::make_shared<const ForwardWeights>(std::move(fitted));
    return AddModel([weights, options](TensorFileWriter& writer) {
      AddProfile(options.profile, writer);
      AddDenseTable(weights->table, writer);
      writer.Add("linear.bias", weights->bias);
    });
  };
  nlohmann::ordered_json settings{{"lambda", lambda}};
  if (task == Task::kNextBasket) settings["half_life_days"] = half_life_days;
  return {settings, fit};
}

Candidate TifuKnnCandidate(TifuOptions options) {
  const auto fit = [options](const TrainingPart& part) -> Result<AddModel> {
    const EventType target = part.dataset->info().target;
    TifuOptions tifu = options;
    tifu.basket_gap_s = part.dataset->features().visit_gap_s;
    auto vectors = std::make_shared<Csr>();
    part.ForEachShopper([&](uint32_t, std::span<const Event> events) {
      const Profile vector = TifuVector(events, target, part.n_items(), tifu);
      vectors->indices.insert(vectors->indices.end(), vector.items.begin(), vector.items.end());
      vectors->values.insert(vectors->values.end(), vector.weights.begin(), vector.weights.end());
      vectors->EndRow();
    });
    return AddModel([vectors, tifu, target](TensorFileWriter& writer) {
      writer.Add("tifu.offsets", vectors->offsets);
      writer.Add("tifu.items", vectors->indices);
      writer.Add("tifu.values", vectors->values);
      writer.SetMetadata("tifu.groups", static_cast<int64_t>(tifu.groups));
      writer.SetMetadata("tifu.within", tifu.within);
      writer.SetMetadata("tifu.across", tifu.across);
      writer.SetMetadata("tifu.neighbours", static_cast<int64_t>(tifu.neighbours));
      writer.SetMetadata("tifu.alpha", tifu.alpha);
      writer.SetMetadata("tifu.basket_gap_s", tifu.basket_gap_s);
      writer.SetMetadata("tifu.target", static_cast<int64_t>(target));
    });
  };
  return {{{"groups", options.groups},
           {"within", options.within},
           {"across", options.across},
           {"neighbours", options.neighbours},
           {"alpha", options.alpha}},
          fit};
}

// The ranges of its authors.
std::vector<Candidate> TifuKnnGrid() {
  std::vector<Candidate> candidates;
  for (const size_t groups : {3, 7}) {
    for (const double within : {0.9, 1.0}) {
      for (const double across : {0.7, 1.0}) {
        for (const size_t neighbours : {100, 300, 900}) {
          for (const double alpha : {0.3, 0.5, 0.7, 0.9}) {
            candidates.push_back(TifuKnnCandidate({.groups = groups,
                                                   .within = within,
                                                   .across = across,
                                                   .neighbours = neighbours,
                                                   .alpha = alpha}));
          }
        }
      }
    }
  }
  return candidates;
}

// Three tables: a candidate's, what its inversion takes, and the same one as a file in memory.
bool DenseFits(size_t n_items) {
  return 3 * sizeof(float) * n_items * PaddedDim(n_items) <= MemoryBytes() / 2;
}

template <class T>
std::vector<T> Or(const std::vector<T>& given, std::vector<T> grid) {
  return given.empty() ? std::move(grid) : given;
}

}  // namespace

std::vector<Candidate> ClosedFormCandidates(const std::string& model, Task task, size_t n_items,
                                            const ClosedFormOptions& options) {
  std::vector<Candidate> candidates;
  if (model == "popularity") {
    for (const float days : Or(options.window_days, {0, 30})) {
      candidates.push_back(PopularityCandidate(days));
    }
  } else if (model == "personal-frequency") {
    for (const float days : Or(options.half_life_days, {0, 30, 60, 120, 240, 480})) {
      candidates.push_back(PersonalFrequencyCandidate(days));
    }
  } else if (model == "item-knn") {
    for (const int neighbours : Or(options.neighbours, {20, 50, 200, 600})) {
      for (const float shrink : Or(options.shrink, {0, 50, 200, 800})) {
        for (const double alpha : Or(options.alpha, {0.5, 0.7})) {
          for (const float days : Or(options.half_life_days, {0, 30, 90})) {
            candidates.push_back(
                ItemKnnCandidate({static_cast<size_t>(neighbours), shrink, alpha}, days));
          }
        }
      }
    }
  } else if (model == "markov") {
    for (const bool to_target : {false, true}) candidates.push_back(MarkovCandidate(to_target));
  } else if (model == "tifu-knn") {
    candidates = TifuKnnGrid();
  } else if (model == "forward") {
    for (const float lambda : Or(options.lambda, {300, 1000, 3000, 10000, 30000})) {
      if (task == Task::kDiscovery) {
        candidates.push_back(ForwardCandidate(task, lambda, 0));
        continue;
      }
      for (const float days : Or(options.half_life_days, {0, 120, 240})) {
        candidates.push_back(ForwardCandidate(task, lambda, days));
      }
    }
  } else if (model == "linear") {
    const bool dense =
        options.form == LinearForm::kDense ||
        (options.form == LinearForm::kAuto && options.neighbours.empty() && DenseFits(n_items));
    const auto dense_fit = std::make_shared<LatestFit<Matrix>>();
    const auto sparse_fit = std::make_shared<LatestFit<Csr>>();
    for (const float lambda :
         Or(options.lambda, {10, 20, 50, 100, 200, 400, 800, 1600, 3200, 6400})) {
      for (const int neighbours : dense ? std::vector<int>{0} : Or(options.neighbours, {200})) {
        for (const float days : Or(options.half_life_days, {0})) {
          candidates.push_back(dense
                                   ? DenseLinearCandidate(lambda, days, dense_fit)
                                   : SparseLinearCandidate(lambda, static_cast<size_t>(neighbours),
                                                           days, sparse_fit));
        }
      }
    }
  }
  return candidates;
}

}  // namespace vitrine
