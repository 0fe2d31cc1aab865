// Lists for every shopper of a log, on all cores.
#ifndef VITRINE_CLI_BATCH_LISTS_H_
#define VITRINE_CLI_BATCH_LISTS_H_

#include <cstddef>
#include <string>

#include "core/result.h"
#include "data/catalogue.h"
#include "data/dataset.h"
#include "serve/recommender.h"

namespace vitrine {

struct BatchSummary {
  size_t shoppers = 0;
  size_t unknown_events = 0;  // on products that the model does not rank; passed over
  double seconds = 0;         // of reading and ranking, not of loading the model
};

// Writes a line of JSON for each shopper of both parts of `data` to `out`, which is there whole or
// not at all: {"shopper", "source": "model" | "popular", "items": [{"id", "score", "probability"
// (of calibrated models)}]}. Products are matched by their ids, so that the log may be newer than
// the model.
Result<BatchSummary> WriteLists(const Recommender& recommender, const Catalogue& catalogue,
                                const Dataset& data, const Request& request,
                                const std::string& out);

}  // namespace vitrine

#endif  // VITRINE_CLI_BATCH_LISTS_H_
