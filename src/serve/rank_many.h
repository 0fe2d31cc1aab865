// Lists for many shoppers at once, as a server makes them.
#ifndef VITRINE_SERVE_RANK_MANY_H_
#define VITRINE_SERVE_RANK_MANY_H_

#include <span>
#include <vector>

#include "core/result.h"
#include "serve/recommender.h"

namespace vitrine {

// What Recommender::Rank gives for each of `shoppers`, to the bit. Models of factors read their
// item table once for all of them.
Result<std::vector<Ranking>> RankMany(const Recommender& recommender,
                                      std::span<const std::vector<Event>> shoppers,
                                      const Request& request);

}  // namespace vitrine

#endif  // VITRINE_SERVE_RANK_MANY_H_
