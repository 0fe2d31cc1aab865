// Vectors like those that shoppers' histories become, without any shopper's history.
#ifndef VITRINE_MODELS_SAMPLE_QUERIES_H_
#define VITRINE_MODELS_SAMPLE_QUERIES_H_

#include <span>

#include "core/matrix.h"
#include "models/factor_model.h"

namespace vitrine {

// Encodings (count x padded_dim) of made-up histories: 1 to 32 products, the first drawn by
// `popularity` (n_items), each of the others among those that the model would then list.
Matrix SampleQueries(const FactorModel& model, std::span<const float> popularity);

}  // namespace vitrine

#endif  // VITRINE_MODELS_SAMPLE_QUERIES_H_
