#include "models/model.h"

#include "core/parallel.h"
#include "models/baselines.h"
#include "models/linear.h"
#include "models/vae.h"

namespace vitrine {

void Model::ScoreBatch(std::span<const History> histories, MatrixView scores) const {
  ParallelForDynamic(histories.size(), 1, [&](size_t first, size_t last) {
    for (size_t i = first; i < last; ++i) Score(histories[i], scores.RowSpan(i));
  });
}

Result<std::unique_ptr<Model>> LoadModel(const TensorFile& file) {
  VITRINE_ASSIGN_OR_RETURN(const std::string name, file.Text("vitrine.model"));
  VITRINE_ASSIGN_OR_RETURN(const int64_t n_items, file.Integer("vitrine.items"));
  if (n_items < 1 || n_items > int64_t{1} << 31) {
    return Error{ErrorCode::kBadFormat, file.name() + ": impossible number of items"};
  }
  const auto n = static_cast<size_t>(n_items);
  if (name == "vae") return VaeModel::Read(file, n);
  if (name == "linear") return LinearModel::Read(file, n);
  if (name == "popularity") return PopularityModel::Read(file, n);
  if (name == "personal-frequency") return PersonalFrequencyModel::Read(file, n);
  if (name == "item-knn") return ItemKnnModel::Read(file, n);
  return Error{ErrorCode::kUnsupported, file.name() + ": holds a model '" + name +
                                            "' that this build does not know; update vitrine"};
}

}  // namespace vitrine
