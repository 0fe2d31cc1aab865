// Blends trained models: weighs them on validation and writes them as one file.
#ifndef VITRINE_TRAIN_BLEND_H_
#define VITRINE_TRAIN_BLEND_H_

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/result.h"
#include "evaluate/cases.h"
#include "evaluate/metrics.h"
#include "format/safetensors.h"
#include "models/model.h"

namespace vitrine {

struct BlendWeights {
  std::vector<float> weights;  // of the parts; they add up to 1
  double value = 0;            // of `metric` on the cases
};

// The best weights on a grid of steps of a tenth, then around the best of ever smaller ones.
Result<BlendWeights> ChooseWeights(std::span<const Model* const> parts, const Cases& cases,
                                   Metric metric);

// The parts, at least one, as one model, which borrows them; a weight of each.
std::unique_ptr<Model> Blended(std::span<const Model* const> parts, std::vector<float> weights);

// Adds `part` (the whole file of a model) as part number `i`.
// The names of its item tables in the blend, separated by spaces.
std::string PartTables(const TensorFile& part, size_t i);
Status AddPart(const TensorFile& part, size_t i, float weight, TensorFileWriter& writer);

}  // namespace vitrine

#endif  // VITRINE_TRAIN_BLEND_H_
