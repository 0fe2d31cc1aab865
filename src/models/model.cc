#include "models/model.h"

#include "core/parallel.h"
#include "models/baselines.h"
#include "models/blend.h"
#include "models/linear.h"
#include "models/recvae.h"
#include "models/sequence.h"
#include "models/vae.h"

namespace vitrine {

void ScoreBatch(const Model& model, std::span<const History> histories, MatrixView scores) {
  ParallelForDynamic(histories.size(), 1, [&](size_t first, size_t last) {
    for (size_t i = first; i < last; ++i) model.Score(histories[i], scores.RowSpan(i));
  });
}

Result<std::unique_ptr<Model>> LoadModel(const TensorFile& file) {
  VITRINE_ASSIGN_OR_RETURN(const std::string name, file.Text("vitrine.model"));
  VITRINE_ASSIGN_OR_RETURN(const int64_t n_items, file.Integer("vitrine.items"));
  if (n_items < 1 || n_items > int64_t{1} << 31) {
    return Error{ErrorCode::kBadFormat, file.name() + ": impossible number of items"};
  }
  const auto n = static_cast<size_t>(n_items);
  if (name == "vae") {
    return file.metadata().contains("vae.kind") ? RecVaeModel::Read(file, n)
                                                : VaeModel::Read(file, n);
  }
  if (name == "blend") return BlendModel::Read(file, n);
  if (name == "sequence") return SequenceModel::Read(file, n);
  if (name == "linear") return LinearModel::Read(file, n);
  if (name == "popularity") return PopularityModel::Read(file, n);
  if (name == "personal-frequency") return PersonalFrequencyModel::Read(file, n);
  if (name == "item-knn") return ItemKnnModel::Read(file, n);
  return Error{ErrorCode::kUnsupported, file.name() + ": holds a model '" + name +
                                            "' that this build does not know; update vitrine"};
}

}  // namespace vitrine
