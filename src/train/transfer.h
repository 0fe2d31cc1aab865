// What generated shoppers are worth to a model: EASE that has seen no others, asked about real ones
// beside EASE that has seen those. Esteban, Hyland and Ratsch, "Real-valued (medical) time series
// generation with recurrent conditional GANs", 2017: "train on synthetic, test on real".
#ifndef VITRINE_TRAIN_TRANSFER_H_
#define VITRINE_TRAIN_TRANSFER_H_

#include <nlohmann/json.hpp>
#include <span>
#include <string>

#include "core/result.h"
#include "data/dataset.h"
#include "evaluate/bootstrap.h"
#include "evaluate/item_facts.h"

namespace vitrine {

inline constexpr size_t kGeneratedPerReal = 4;

// `files` has a gan for each fold, which makes up as many shoppers as it was trained on, or up to
// kGeneratedPerReal times as many where those are few. Returns {"shoppers_real",
// "shoppers_generated", "cases", "real": {"ndcg@20": {"value", "low", "high"}, "settings": of each
// fold}, "generated": likewise, "relative": the generated's NDCG@20 as a share of the real's, with
// "relative_low" and "relative_high", paired over shoppers}; null of a gan that generates no
// shoppers. Ridges, and how sharply the generated choose ("sharpness"), are chosen on validation.
Result<nlohmann::ordered_json> JudgeTransfer(std::span<const Dataset> folds,
                                             std::span<const std::string> files,
                                             std::span<const ItemFacts> facts,
                                             const BootstrapOptions& bootstrap);

}  // namespace vitrine

#endif  // VITRINE_TRAIN_TRANSFER_H_
