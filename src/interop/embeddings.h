// The vectors of a model as NumPy arrays: for an index of nearest neighbours, or for a look at
// them.
#ifndef VITRINE_INTEROP_EMBEDDINGS_H_
#define VITRINE_INTEROP_EMBEDDINGS_H_

#include <nlohmann/json.hpp>
#include <string>

#include "core/result.h"
#include "data/dataset.h"
#include "format/tensor_file.h"

namespace vitrine {

// Writes the folder `out`, in one step: item_vectors.npy (n_items x width, F32) and item_ids.txt (a
// line per row); of a `dataset` also shopper_vectors.npy and shopper_ids.txt, a row per shopper of
// its training part. Their product is the model's scores: an item's bias is its last value, a
// shopper's last value is 1. Replaces a folder of this kind. unsupported for a model whose scores
// are no product of two vectors.
Result<nlohmann::ordered_json> WriteEmbeddings(const TensorFile& file, const Catalogue& catalogue,
                                               const Dataset* dataset, const std::string& out);

}  // namespace vitrine

#endif  // VITRINE_INTEROP_EMBEDDINGS_H_
