#include "evaluate/evaluate.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>

#include "core/check.h"
#include "core/parallel.h"
#include "kernels/top_k.h"
#include "models/score_batch.h"

namespace vitrine {
namespace {

constexpr size_t kTileBytes = size_t{64} << 20;
constexpr float kNothing = std::numeric_limits<float>::quiet_NaN();
constexpr float kMasked = -std::numeric_limits<float>::infinity();

bool AllFinite(std::span<const float> scores) {
  bool finite = true;
  for (const float score : scores) finite &= std::abs(score) <= std::numeric_limits<float>::max();
  return finite;
}

// Place of the best target, from 1, among scores where ties go to the lower index.
size_t FirstRank(std::span<const float> scores, std::span<const uint32_t> targets) {
  uint32_t best = targets.front();
  for (const uint32_t target : targets) {
    if (scores[target] > scores[best]) best = target;
  }
  const float threshold = scores[best];
  size_t above = 0;
  for (uint32_t item = 0; item < best; ++item) above += scores[item] >= threshold;
  for (size_t item = best; item < scores.size(); ++item) above += scores[item] > threshold;
  return above + 1;
}

// One thread's work space.
struct Tile {
  Matrix scores;
  std::vector<History> histories;
  std::vector<uint32_t> list;
  size_t bad_case = std::numeric_limits<size_t>::max();  // the first without finite scores
};

}  // namespace

CaseValues RankCase(const Cases& cases, size_t i, std::span<float> scores, const ItemFacts& facts,
                    std::vector<uint32_t>& list) {
  if (cases.task == Task::kDiscovery) {
    for (const uint32_t item : cases.Seen(i)) scores[item] = kMasked;
  }
  TopK(scores, kRanked, list);
  return ScoreCase({.list = list,
                    .first_rank = FirstRank(scores, cases.Targets(i)),
                    .targets = cases.Targets(i),
                    .revenue = cases.Revenue(i),
                    .seen = cases.Seen(i)},
                   facts);
}

Result<Evaluation> Evaluate(const Model& model, const Cases& cases, const ItemFacts& facts,
                            size_t tile_cases, std::vector<Listed>* lists) {
  const size_t n_items = model.n_items();
  VITRINE_CHECK(tile_cases > 0 && facts.n_items == n_items);
  const auto start = std::chrono::steady_clock::now();
  Evaluation result;
  result.values.resize(cases.size());
  result.shown.assign(cases.size() * kShown, kNothingShown);
  if (lists != nullptr) lists->assign(cases.size() * kRanked, {.score = kNothing});

  std::vector<Tile> tiles(std::min(NumThreads(), (cases.size() + tile_cases - 1) / tile_cases));
  const size_t row_bytes = PaddedDim(n_items) * sizeof(float) * std::max<size_t>(tiles.size(), 1);
  const size_t n_rows = std::clamp<size_t>(kTileBytes / row_bytes, 1, tile_cases);
  for (Tile& tile : tiles) tile.scores = Matrix(n_rows, n_items);

  ParallelFor(cases.size(), tile_cases, [&](size_t first, size_t last, size_t thread) {
    Tile& tile = tiles[thread];
    for (size_t begin = first; begin < last; begin += n_rows) {
      const size_t end = std::min(last, begin + n_rows);
      tile.histories.clear();
      for (size_t i = begin; i < end; ++i) tile.histories.push_back(cases.HistoryOf(i));
      ScoreBatch(model, tile.histories, tile.scores.view().Rows(0, end - begin));
      for (size_t i = begin; i < end; ++i) {
        const auto scores = tile.scores.view().RowSpan(i - begin);
        if (!AllFinite(scores)) {
          tile.bad_case = i;
          return;
        }
        result.values[i] = RankCase(cases, i, scores, facts, tile.list);
        std::copy_n(tile.list.begin(), std::min(tile.list.size(), kShown),
                    result.shown.begin() + static_cast<ptrdiff_t>(i * kShown));
        if (lists == nullptr) continue;
        for (size_t place = 0; place < tile.list.size(); ++place) {
          const uint32_t item = tile.list[place];
          (*lists)[i * kRanked + place] = {scores[item],
                                           std::ranges::binary_search(cases.Targets(i), item)};
        }
      }
    }
  });

  for (const Tile& tile : tiles) {  // in the order of the cases
    if (tile.bad_case == std::numeric_limits<size_t>::max()) continue;
    return Error{ErrorCode::kBadFormat,
                 "the model \"" + std::string(model.name()) +
                     "\" gives a score that is not a finite number for the history of " +
                     std::to_string(cases.HistoryOf(tile.bad_case).events.size()) +
                     " events of shopper " + std::to_string(cases.shopper[tile.bad_case]) +
                     "; train it again with a smaller --learning-rate or more regularisation"};
  }
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return result;
}

size_t ChooseByNdcg(const Cases& cases, size_t n_items, size_t n_candidates,
                    const ScoreCandidates& score) {
  std::vector<std::vector<float>> values(n_candidates, std::vector<float>(cases.size()));
  const ItemFacts facts{.n_items = n_items};
  ParallelForDynamic(cases.size(), 1, [&](size_t first, size_t last) {
    std::vector<std::vector<float>> scores(n_candidates, std::vector<float>(n_items));
    std::vector<uint32_t> list;
    for (size_t i = first; i < last; ++i) {
      score(i, scores);
      for (size_t k = 0; k < n_candidates; ++k) {
        values[k][i] = RankCase(cases, i, scores[k], facts, list)[kNdcg20];
      }
    }
  });
  size_t best = 0;
  double most = -1;
  for (size_t k = 0; k < n_candidates; ++k) {
    const double sum = std::accumulate(values[k].begin(), values[k].end(), 0.0);
    if (sum <= most) continue;
    best = k;
    most = sum;
  }
  return best;
}

Evaluation WithAtMostBaskets(const Evaluation& evaluation, const Cases& cases, size_t n_baskets) {
  Evaluation group;
  for (size_t i = 0; i < cases.size(); ++i) {
    if (cases.n_baskets[i] > n_baskets) continue;
    group.values.push_back(evaluation.values[i]);
    const auto shown = std::span(evaluation.shown).subspan(i * kShown, kShown);
    group.shown.insert(group.shown.end(), shown.begin(), shown.end());
  }
  return group;
}

}  // namespace vitrine
