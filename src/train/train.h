// `vitrine train` as a library call: choose on validation, refit on everything, write the model.
#ifndef VITRINE_TRAIN_TRAIN_H_
#define VITRINE_TRAIN_TRAIN_H_

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "data/dataset.h"
#include "train/adapt.h"
#include "train/closed_form.h"
#include "train/gan_trainer.h"
#include "train/recvae_trainer.h"
#include "train/sequence_trainer.h"
#include "train/vae_trainer.h"

namespace vitrine {

inline constexpr const char* kModelNames[] = {
    "vae",      "gan",    "sequence", "linear", "forward", "popularity", "personal-frequency",
    "item-knn", "markov", "tifu-knn", "blend"};

enum class VaeVariant : uint8_t {
  kMultVae,  // Liang et al., 2018
  kRecVae,   // Shenbin et al., 2020
  kCompact,  // RecVAE with one narrow table for encoder and decoder: what a page can afford
  kDae,      // Mult-DAE of Liang et al.: Mult-VAE without its noise and KL term
};
inline constexpr const char* kVaeVariantNames[] = {"mult-vae", "recvae", "compact", "dae"};
constexpr bool IsRecVae(VaeVariant variant) {
  return variant == VaeVariant::kRecVae || variant == VaeVariant::kCompact;
}

struct TrainOptions {
  std::string model = "vae";
  Task task = Task::kDiscovery;      // judged on validation, and how the model serves
  double validation_fraction = 0.1;  // of the training period, or of the shoppers
  uint64_t seed = 1;                 // of every random draw
  size_t twin = 0;                   // another draw of the model alone: validation is the seed's
  Prefixes prefixes;                 // of validation, where shoppers are held out whole
  std::optional<bool> refit;         // on all of the training part; absent: as the protocol does
  VaeVariant variant = VaeVariant::kMultVae;  // of a vae
  VaeOptions vae;                             // kMultVae, kDae
  RecVaeOptions recvae;                       // the others
  GanOptions gan;
  SequenceOptions sequence;
  ClosedFormOptions closed_form;
  // Of a blend, each at its own settings; one of chance named twice has another seed.
  std::vector<std::string> parts = {"linear", "vae"};

  // Iterated models only.
  size_t epochs = 200;   // at most
  size_t patience = 20;  // epochs without a better validation, then stop
  bool resume = false;   // from the checkpoint in the output folder, if there is one
  double checkpoint_seconds = 30;
  bool adapt = false;  // lets the model adapt on the device, where validation gains by it
  AdaptGrid adapt_grid;
  bool keep_fit = false;  // also write `out`/fit.safetensors: the model without validation's part
  size_t stop_after = 0;  // epochs to run before stopping as if interrupted; 0: run on
  size_t pause_at = 0;    // epochs in all after which to do the same, before a refit; 0: run on
  std::string label;      // what the line of progress says beside the model
};

// Of the model's own draws. Twins are far apart, so that those of several seeds differ, too.
constexpr uint64_t ModelSeed(const TrainOptions& options) {
  return options.seed + 1000 * options.twin;
}

// Makes the batches of `options` no larger than `dataset` has samples, and gives RecVAE's class a
// twentieth of its shoppers at most, so that an epoch of a small shop has steps enough.
void FitBatches(const Dataset& dataset, TrainOptions& options);

// Whether a model of this name is trained epoch by epoch, from a draw, rather than computed.
bool IsIterated(std::string_view model);

// Whether another seed gives another model.
bool IsStochastic(const TrainOptions& options);

// Writes `out`/model.safetensors and `out`/train.json, and keeps `out`/checkpoint.safetensors while
// it works. Returns what train.json holds: settings, validation, curve, seconds, memory.
Result<nlohmann::ordered_json> TrainModel(const Dataset& dataset, const TrainOptions& options,
                                          const std::string& out);

}  // namespace vitrine

#endif  // VITRINE_TRAIN_TRAIN_H_
