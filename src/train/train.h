// `vitrine train` as a library call: choose on validation, refit on everything, write the model.
#ifndef VITRINE_TRAIN_TRAIN_H_
#define VITRINE_TRAIN_TRAIN_H_

#include <nlohmann/json.hpp>
#include <string>

#include "core/result.h"
#include "data/dataset.h"
#include "train/closed_form.h"
#include "train/vae_trainer.h"

namespace vitrine {

inline constexpr const char* kModelNames[] = {"vae", "linear", "popularity", "personal-frequency",
                                              "item-knn"};

struct TrainOptions {
  std::string model = "vae";
  Task task = Task::kDiscovery;      // judged on validation, and how the model serves
  double validation_fraction = 0.1;  // of the training period, or of the shoppers
  bool refit = true;                 // on all of the training part, once settings are chosen
  VaeOptions vae;
  ClosedFormOptions closed_form;

  // Iterated models only.
  size_t epochs = 200;   // at most
  size_t patience = 20;  // epochs without a better validation, then stop
  bool resume = false;   // from the checkpoint in the output folder, if there is one
  double checkpoint_seconds = 30;
  size_t stop_after = 0;  // epochs to run before stopping as if interrupted; 0: run on
};

// Writes `out`/model.safetensors and `out`/train.json, and keeps `out`/checkpoint.safetensors while
// it works. Returns what train.json holds: settings, validation, curve, seconds, memory.
Result<nlohmann::ordered_json> TrainModel(const Dataset& dataset, const TrainOptions& options,
                                          const std::string& out);

}  // namespace vitrine

#endif  // VITRINE_TRAIN_TRAIN_H_
