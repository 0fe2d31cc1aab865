// Models that are computed rather than iterated, and the settings each is chosen among.
#ifndef VITRINE_TRAIN_CLOSED_FORM_H_
#define VITRINE_TRAIN_CLOSED_FORM_H_

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/result.h"
#include "evaluate/training_part.h"
#include "train/model_writer.h"

namespace vitrine {

// One choice of settings, and how to fit it.
struct Candidate {
  nlohmann::ordered_json settings;
  std::function<Result<AddModel>(const TrainingPart&)> fit;
};

// How a linear model keeps its table.
enum class LinearForm : uint8_t {
  kAuto,   // dense where that fits the memory, sparse elsewhere or where neighbours are given
  kDense,  // every product listens to every other
  kSparse,
};
inline constexpr const char* kLinearFormNames[] = {"auto", "dense", "sparse"};

// Settings to choose among. An empty list stands for the model's own grid.
struct ClosedFormOptions {
  std::vector<float> window_days;     // popularity; 0: all time
  std::vector<float> half_life_days;  // of all but popularity and markov; 0: no decay
  std::vector<int> neighbours;        // item-knn, sparse linear: others that an item listens to
  std::vector<float> shrink;          // item-knn
  std::vector<double> alpha;          // item-knn: of asymmetric cosine
  std::vector<float> lambda;          // linear, forward: weight of the ridge
  LinearForm form = LinearForm::kAuto;
};

// The candidates of a model of `n_items` for `task` by its name; none for a model that is not of
// this kind.
std::vector<Candidate> ClosedFormCandidates(const std::string& model, Task task, size_t n_items,
                                            const ClosedFormOptions& options);

}  // namespace vitrine

#endif  // VITRINE_TRAIN_CLOSED_FORM_H_
