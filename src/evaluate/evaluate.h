// Ranks the whole catalogue for every case, a tile of shoppers at a time.
#ifndef VITRINE_EVALUATE_EVALUATE_H_
#define VITRINE_EVALUATE_EVALUATE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "core/result.h"
#include "evaluate/cases.h"
#include "evaluate/metrics.h"
#include "models/model.h"

namespace vitrine {

// What a model did with each case, in the order of the cases.
struct Evaluation {
  std::vector<CaseValues> values;
  std::vector<uint32_t> shown;  // the first kShown items of each list; kNothingShown fills up
  double seconds = 0;           // scoring and ranking
};

inline constexpr size_t kTileCases = 64;

// A place of a case's list.
struct Listed {
  float score = 0;  // NaN: there was nothing more to list
  bool hit = false;
};

// Memory beyond the result: for each thread one tile of at most `tile_cases` score rows, and no
// more than 64 MiB of tiles in all (or one row for each thread). The ranking does not depend on
// either. `lists`, where there is one, gets kRanked places for each case. An error names the first
// case for which the model gave a score that is not a finite number.
Result<Evaluation> Evaluate(const Model& model, const Cases& cases, const ItemFacts& facts,
                            size_t tile_cases = kTileCases, std::vector<Listed>* lists = nullptr);

// Scores the list that `scores` (n_items, written over) make for case `i`. `list` is work space,
// and holds the list afterwards.
CaseValues RankCase(const Cases& cases, size_t i, std::span<float> scores, const ItemFacts& facts,
                    std::vector<uint32_t>& list);

// The candidate of `n_candidates` whose lists have the highest mean NDCG@20; the first of equals.
// score(i, scores) writes what each candidate k gives case `i` to scores[k] (n_items), and is
// called by any thread.
using ScoreCandidates = std::function<void(size_t i, std::span<std::vector<float>> scores)>;
size_t ChooseByNdcg(const Cases& cases, size_t n_items, size_t n_candidates,
                    const ScoreCandidates& score);

// The cases of shoppers with at most `n_baskets` baskets before the question.
Evaluation WithAtMostBaskets(const Evaluation& evaluation, const Cases& cases, size_t n_baskets);

}  // namespace vitrine

#endif  // VITRINE_EVALUATE_EVALUATE_H_
