#include "serve/rank_many.h"

#include <utility>

#include "kernels/top_k.h"
#include "models/factor_model.h"

namespace vitrine {

Result<std::vector<Ranking>> RankMany(const Recommender& recommender,
                                      std::span<const std::vector<Event>> shoppers,
                                      const Request& request) {
  VITRINE_RETURN_IF_ERROR(recommender.Check(request));
  const FactorModel* factors = recommender.model().AsFactors();
  std::vector<Ranking> rankings(shoppers.size());
  std::vector<size_t> places;  // in `shoppers`, of those who are ranked together
  std::vector<std::vector<uint32_t>> never;
  std::vector<std::vector<float>> vectors;
  for (size_t i = 0; i < shoppers.size(); ++i) {
    if (factors == nullptr || !request.context.empty() || !recommender.Knows(shoppers[i])) {
      VITRINE_ASSIGN_OR_RETURN(rankings[i], recommender.Rank(shoppers[i], request));
      continue;
    }
    places.push_back(i);
    never.push_back(recommender.NeverListed(shoppers[i], request));
    vectors.push_back(factors->Encode({shoppers[i], request.now}));
  }
  if (places.empty()) return rankings;
  std::vector<BestItems> bests;
  const size_t n_kept = std::min(request.count, recommender.n_items());
  for (const std::vector<uint32_t>& items : never) bests.emplace_back(n_kept, items);
  factors->item_table().ScanMany(vectors, factors->item_bias(), bests);
  for (size_t k = 0; k < places.size(); ++k) {
    Ranking& ranking = rankings[places[k]];
    ranking.source = Source::kModel;
    ranking.calibrated = recommender.IsPlain(request);
    bests[k].Take(ranking.items, ranking.scores);
  }
  return rankings;
}

}  // namespace vitrine
