#include "train/forward.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <span>

#include "backend/cpu/gemm.h"
#include "backend/cpu/spd_inverse.h"
#include "core/csr.h"
#include "core/parallel.h"

namespace vitrine {
namespace {

constexpr size_t kGrain = 64;  // items that a thread takes at a time
constexpr float kConstant =
    0.3f;  // the input that the bias is the weight of; the ridge is on it too
constexpr size_t kMostPrefixes =
    20;                              // of a shopper, in discovery: later ones weigh next to nothing
constexpr double kRecencyDays = 90;  // half-life of a row's weight, next basket

// Inputs have a column more than there are items: the constant, where it is not 0.
struct Rows {
  float constant = 0;
  Csr before, after;
  std::vector<float> weight;

  void Add(const Profile& profile, std::span<const uint32_t> answers, double row_weight) {
    before.indices.insert(before.indices.end(), profile.items.begin(), profile.items.end());
    before.values.insert(before.values.end(), profile.weights.begin(), profile.weights.end());
    if (constant > 0) {
      before.indices.push_back(static_cast<uint32_t>(before.cols - 1));
      before.values.push_back(constant);
    }
    before.EndRow();
    after.indices.insert(after.indices.end(), answers.begin(), answers.end());
    after.EndRow();
    weight.push_back(static_cast<float>(row_weight));
  }
};

// What was wanted in `blocks`, ascending and distinct.
std::vector<uint32_t> WantedIn(std::span<const Block> blocks, std::span<const Event> events,
                               EventType target) {
  std::vector<uint32_t> items;
  for (const Block& block : blocks) {
    for (size_t i = block.first; i < block.last; ++i) {
      if (events[i].type == target) items.push_back(events[i].item);
    }
  }
  std::ranges::sort(items);
  items.erase(std::ranges::unique(items).begin(), items.end());
  return items;
}

class RowMaker {
 public:
  RowMaker(const TrainingPart& part, const ForwardOptions& options)
      : options_(options),
        n_items_(part.n_items()),
        end_(part.end_time()),
        target_(part.dataset->info().target),
        cases_({.task = options.task,
                .target = target_,
                .visit_gap_s = part.dataset->features().visit_gap_s}) {
    rows_.constant = options.task == Task::kDiscovery ? kConstant : 0;
    rows_.before.cols = n_items_ + 1;
    rows_.after.cols = n_items_;
  }

  void AddShopper(std::span<const Event> events) {
    const std::span<const Block> blocks = cases_.SplitBlocks(events);
    if (options_.task == Task::kNextBasket) {
      AddNextBaskets(events, blocks);
      return;
    }
    std::vector<Block> baskets;
    std::ranges::copy_if(blocks, std::back_inserter(baskets), &Block::basket);
    AddLater(events, baskets);
    AddWhole(events);
  }

  // With the weights of whole shoppers on the scale of an unweighted sum.
  Rows Take() {
    const double scale = whole_weight_ > 0 ? whole_items_ / whole_weight_ : 0;
    for (const size_t row : whole_) rows_.weight[row] *= static_cast<float>(scale);
    return std::move(rows_);
  }

 private:
  // A shop asks at any moment between two baskets: all of them share the weight of one.
  void AddNextBaskets(std::span<const Event> events, std::span<const Block> blocks) {
    std::vector<size_t> prefix_ends;  // since the last basket
    for (const Block& block : blocks) {
      if (block.basket && !prefix_ends.empty()) {
        const int64_t now = events[block.first].time;
        const double days = static_cast<double>(end_ - now) / 86400;
        const double share =
            std::exp2(-days / kRecencyDays) / static_cast<double>(prefix_ends.size());
        const std::vector<uint32_t> wanted = WantedIn({&block, 1}, events, target_);
        for (const size_t prefix_end : prefix_ends) {
          BuildProfile(options_.profile, {events.first(prefix_end), now}, n_items_, profile_);
          if (!profile_.items.empty()) rows_.Add(profile_, wanted, share);
        }
      }
      if (block.basket) prefix_ends.clear();
      prefix_ends.push_back(block.last);
    }
  }

  void AddLater(std::span<const Event> events, std::span<const Block> baskets) {
    for (size_t k = 1; k < baskets.size() && k <= kMostPrefixes; ++k) {
      const auto before = events.first(baskets[k - 1].last);
      BuildProfile(options_.profile, {before, events[baskets[k].first].time}, n_items_, profile_);
      if (profile_.items.empty()) continue;
      std::vector<uint32_t> fresh;
      std::ranges::set_difference(WantedIn(baskets.subspan(k), events, target_), profile_.items,
                                  std::back_inserter(fresh));
      if (!fresh.empty()) rows_.Add(profile_, fresh, 1 / static_cast<double>(k));
    }
  }

  void AddWhole(std::span<const Event> events) {
    BuildProfile(options_.profile, {events, end_}, n_items_, profile_);
    if (profile_.items.empty()) return;
    const auto n = static_cast<double>(profile_.items.size());
    whole_.push_back(rows_.weight.size());
    whole_items_ += n;
    whole_weight_ += std::sqrt(n);
    rows_.Add(profile_, profile_.items, 1 / std::sqrt(n));
  }

  const ForwardOptions& options_;
  const size_t n_items_;
  const int64_t end_;
  const EventType target_;
  CaseMaker cases_;
  Profile profile_;
  Rows rows_;
  std::vector<size_t> whole_;  // rows of whole shoppers
  double whole_items_ = 0, whole_weight_ = 0;
};

// out(i, j) += sum over rows r of weight[r] * x(r, i) * z(r, j); `x` has values.
void AddProduct(const Csr& x, const Csr& z, std::span<const float> weight, MatrixView out) {
  const Csr by_column = Transpose(x);
  ParallelForDynamic(x.cols, kGrain, [&](size_t first, size_t last) {
    for (size_t i = first; i < last; ++i) {
      const auto rows = by_column.view().Row(i);
      const auto values = by_column.view().Values(i);
      float* sum = out.Row(i);
      for (size_t k = 0; k < rows.size(); ++k) {
        const float scale = weight[rows[k]] * values[k];
        const auto columns = z.view().Row(rows[k]);
        const auto others = z.view().Values(rows[k]);
        for (size_t c = 0; c < columns.size(); ++c) {
          sum[columns[c]] += others.empty() ? scale : scale * others[c];
        }
      }
    }
  });
}

// What a product's weight on itself is pulled to: half of what repeats alone would make it.
float RepeatPrior(const Matrix& gram, const Matrix& answers) {
  double repeats = 0, all = 0;
  for (size_t i = 0; i < answers.cols(); ++i) {
    repeats += answers(i, i);
    all += gram(i, i);
  }
  return all > 0 ? static_cast<float>(0.5 * repeats / all) : 0;
}

}  // namespace

Result<ForwardWeights> FitForward(const TrainingPart& part, const ForwardOptions& options) {
  const size_t n = part.n_items();
  RowMaker maker(part, options);
  part.ForEachShopper([&](uint32_t, std::span<const Event> events) { maker.AddShopper(events); });
  const Rows rows = maker.Take();
  if (rows.weight.empty()) {
    return Error{ErrorCode::kInvalidArgument,
                 part.dataset->folder() +
                     ": no shopper of the training part came back, so there is nothing to learn "
                     "forward from; use --model linear"};
  }
  Matrix inverse(n + 1, n + 1);
  AddProduct(rows.before, rows.before, rows.weight, inverse);
  Matrix answers(n + 1, n);
  AddProduct(rows.before, rows.after, rows.weight, answers);
  const float prior = options.task == Task::kNextBasket ? RepeatPrior(inverse, answers) : 0;
  for (size_t i = 0; i <= n; ++i) {
    for (size_t j = 0; prior > 0 && j < n; ++j) answers(i, j) -= prior * inverse(i, j);
  }
  for (size_t i = 0; i <= n; ++i) inverse(i, i) += options.lambda;
  VITRINE_RETURN_IF_ERROR(InvertSpd(inverse));
  Matrix weights(n + 1, n);
  Gemm(Trans::kNo, Trans::kNo, 1, inverse, answers, 0, weights);
  for (size_t i = 0; i < n; ++i) weights(i, i) += prior;
  if (options.task == Task::kDiscovery) {
    std::vector<float> pull(n);
    for (size_t j = 0; j < n; ++j) pull[j] = weights(j, j) / inverse(j, j);
    ParallelFor(n + 1, kGrain, [&](size_t first, size_t last, size_t) {
      for (size_t i = first; i < last; ++i) {
        for (size_t j = 0; j < n; ++j) weights(i, j) -= inverse(i, j) * pull[j];
        if (i < n) weights(i, i) = 0;
      }
    });
  }
  ForwardWeights fitted{Matrix(n, n), std::vector<float>(n)};
  for (size_t i = 0; i < n; ++i) {
    std::copy_n(weights.Row(i), n, fitted.table.Row(i));
    fitted.bias[i] = rows.constant * weights(n, i);
  }
  return fitted;
}

}  // namespace vitrine
