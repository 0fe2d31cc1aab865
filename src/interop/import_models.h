// The models that are imported, by the names that their public implementations give the weights.
#ifndef VITRINE_INTEROP_IMPORT_MODELS_H_
#define VITRINE_INTEROP_IMPORT_MODELS_H_

#include <optional>
#include <span>
#include <string_view>

#include "core/result.h"
#include "interop/weight_reader.h"
#include "train/model_writer.h"

namespace vitrine {

// Where sequences were filled up to their full length in training, and so which of the position
// embeddings an event gets: the last of them for the last event (left), or the first for the first.
enum class Padding : uint8_t { kLeft, kRight };

struct ImportQuestion {
  std::span<const uint32_t> places;  // of our items among those that are named
  size_t n_named = 0;                // products that the weights know
  // Of a sequence model; no weight tells them.
  size_t heads = 0;
  std::optional<Padding> padding;  // absent: as the implementation does whose names the file has
};

struct ImportKind {
  std::string_view name;   // of --model
  std::string_view model;  // metadata "vitrine.model"
  std::span<const Renaming> layout;
  std::span<const std::string_view> passed_over;  // how names begin that serving does not need
  Result<AddModel> (*read)(const ImportQuestion& question, WeightReader& reader);
};

// "vae", "recvae", "sasrec", "ease".
std::span<const ImportKind> ImportKinds();

}  // namespace vitrine

#endif  // VITRINE_INTEROP_IMPORT_MODELS_H_
