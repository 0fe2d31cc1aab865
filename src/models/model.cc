#include "models/model.h"

#include <vector>

#include "models/baselines.h"
#include "models/blend.h"
#include "models/gan.h"
#include "models/layer_reader.h"
#include "models/linear.h"
#include "models/recvae.h"
#include "models/sequence.h"
#include "models/tifu_knn.h"
#include "models/vae.h"

namespace vitrine {

namespace {

Result<std::unique_ptr<Model>> ReadVae(const TensorFile& file, size_t n_items) {
  return file.metadata().contains("vae.kind") ? RecVaeModel::Read(file, n_items)
                                              : VaeModel::Read(file, n_items);
}

// How each kind of model is read, by metadata "vitrine.model".
struct Kind {
  std::string_view name;
  Result<std::unique_ptr<Model>> (*read)(const TensorFile& file, size_t n_items);
};
constexpr Kind kKinds[] = {{"vae", ReadVae},
                           {"sequence", SequenceModel::Read},
                           {"gan", GanModel::Read},
                           {"linear", LinearModel::Read},
                           {"popularity", PopularityModel::Read},
                           {"personal-frequency", PersonalFrequencyModel::Read},
                           {"item-knn", LinearModel::Read},
                           {"markov", LinearModel::Read},
                           {"forward", LinearModel::Read},
#if !defined(__EMSCRIPTEN__)
                           {"tifu-knn", TifuKnnModel::Read},  // to compare with, never served
#endif
                           {"blend", BlendModel::Read}};

}  // namespace

void Model::Scan(const History& history, BestItems& best) const {
  std::vector<float> scores(n_items());
  Score(history, scores);
  best.Push(0, scores);
}

void Model::ScoreItem(uint32_t item, std::span<const History> histories,
                      std::span<float> scores) const {
  std::vector<float> all(n_items());
  for (size_t i = 0; i < histories.size(); ++i) {
    Score(histories[i], all);
    scores[i] = all[item];
  }
}

Result<std::unique_ptr<Model>> LoadModel(const TensorFile& file) {
  VITRINE_ASSIGN_OR_RETURN(const std::string name, file.Text("vitrine.model"));
  LayerReader reader(file);
  const size_t n_items = reader.Size("vitrine.items", 1, size_t{1} << 31);
  VITRINE_RETURN_IF_ERROR(reader.status());
  for (const Kind& kind : kKinds) {
    if (kind.name == name) return kind.read(file, n_items);
  }
  return Error{ErrorCode::kUnsupported, file.name() + ": holds a model '" + name +
                                            "' that this build does not know; update vitrine"};
}

}  // namespace vitrine
