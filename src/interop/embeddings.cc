#include "interop/embeddings.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "core/parallel.h"
#include "evaluate/training_part.h"
#include "format/files.h"
#include "format/staged_folder.h"
#include "interop/npy.h"
#include "models/factor_model.h"

namespace vitrine {
namespace {

constexpr const char* kItemVectors = "item_vectors.npy";

// A row per index below n_rows, each of `cols` values that fill(i, row) writes.
template <class Fill>
Status WriteVectors(const std::string& path, size_t n_rows, size_t cols, const Fill& fill) {
  constexpr size_t kRowsAtOnce = 1024;
  VITRINE_ASSIGN_OR_RETURN(AtomicFile file, AtomicFile::Create(path));
  VITRINE_RETURN_IF_ERROR(file.Write(NpyHeader(n_rows, cols)));
  std::vector<float> rows;
  for (size_t first = 0; first < n_rows; first += kRowsAtOnce) {
    const size_t n = std::min(kRowsAtOnce, n_rows - first);
    rows.assign(n * cols, 0.0f);
    ParallelForDynamic(n, 16, [&](size_t begin, size_t end) {
      for (size_t i = begin; i < end; ++i) fill(first + i, rows.data() + i * cols);
    });
    VITRINE_RETURN_IF_ERROR(file.Write(std::as_bytes(std::span(rows))));
  }
  return file.Commit();
}

template <class IdOf>
Status WriteIds(const std::string& path, size_t n, const IdOf& id_of) {
  VITRINE_ASSIGN_OR_RETURN(AtomicFile file, AtomicFile::Create(path));
  std::string text;
  for (size_t i = 0; i < n; ++i) {
    const std::string_view id = id_of(i);
    if (id.find('\n') != std::string_view::npos) {
      return {ErrorCode::kInvalidArgument, "the id '" + std::string(id) +
                                               "' has a line break, so that no list of ids can "
                                               "hold it; prepare the data with other ids"};
    }
    text.append(id) += '\n';
  }
  VITRINE_RETURN_IF_ERROR(file.Write(text));
  return file.Commit();
}

}  // namespace

Result<nlohmann::ordered_json> WriteEmbeddings(const TensorFile& file, const Catalogue& catalogue,
                                               const Dataset* dataset, const std::string& out) {
  VITRINE_ASSIGN_OR_RETURN(const std::unique_ptr<Model> loaded, LoadModel(file));
  const auto* model = dynamic_cast<const FactorModel*>(loaded.get());
  if (model == nullptr) {
    return Error{ErrorCode::kUnsupported,
                 file.name() + ": a " + std::string(loaded->name()) +
                     " has no vectors of products; export them from a vae, a gan "
                     "or a sequence model"};
  }
  if (catalogue.size() != model->n_items()) {
    return Error{ErrorCode::kBadFormat, file.name() + ": its catalogue has " +
                                            std::to_string(catalogue.size()) +
                                            " products, its model " +
                                            std::to_string(model->n_items()) + "; train it again"};
  }
  VITRINE_ASSIGN_OR_RETURN(StagedFolder folder, StagedFolder::Create(out, true, kItemVectors));
  const ItemTable& table = model->item_table();
  const auto bias = model->item_bias();
  const size_t width = table.dim() + (bias.empty() ? 0 : 1);
  const auto fill_item = [&](size_t i, float* row) {
    constexpr float kOne = 1;
    const auto item = static_cast<uint32_t>(i);
    std::vector<float> vector(table.padded_dim());
    table.Accumulate({&item, 1}, {&kOne, 1}, vector);
    std::copy_n(vector.begin(), table.dim(), row);
    if (!bias.empty()) row[table.dim()] = bias[i];
  };
  const auto path = [&](const char* name) { return folder.path() + "/" + name; };
  VITRINE_RETURN_IF_ERROR(WriteVectors(path(kItemVectors), table.n_items(), width, fill_item));
  VITRINE_RETURN_IF_ERROR(WriteIds(path("item_ids.txt"), table.n_items(),
                                   [&](size_t i) -> std::string_view { return catalogue[i].id; }));
  nlohmann::ordered_json result = {
      {"folder", out}, {"items", table.n_items()}, {"width", width}, {"shoppers", 0}};

  if (dataset != nullptr) {
    const Shoppers& shoppers = dataset->train();
    const int64_t now = TrainingPart{.dataset = dataset}.end_time();
    const auto fill_shopper = [&](size_t i, float* row) {
      std::vector<Event> events;
      shoppers.Read(i, events);
      const std::vector<float> vector = model->Encode({events, now});
      std::copy_n(vector.begin(), table.dim(), row);
      if (!bias.empty()) row[table.dim()] = 1;
    };
    VITRINE_RETURN_IF_ERROR(
        WriteVectors(path("shopper_vectors.npy"), shoppers.size(), width, fill_shopper));
    VITRINE_RETURN_IF_ERROR(WriteIds(path("shopper_ids.txt"), shoppers.size(),
                                     [&](size_t i) { return shoppers.Name(i); }));
    result["shoppers"] = shoppers.size();
  }
  VITRINE_RETURN_IF_ERROR(folder.Commit());
  return result;
}

}  // namespace vitrine
