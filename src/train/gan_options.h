// What a gan is, and how it is trained, as its flags say.
#ifndef VITRINE_TRAIN_GAN_OPTIONS_H_
#define VITRINE_TRAIN_GAN_OPTIONS_H_

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <vector>

#include "backend/cpu/gemm.h"
#include "core/result.h"
#include "models/gan_train.h"

namespace vitrine {

// What a behaviour vector is: the products of a shopper, or the shoppers of a product, as in the
// user-based and the item-based CFGAN.
enum class GanSide : uint8_t { kShopper, kItem };
inline constexpr const char* kGanSideNames[] = {"shopper", "item"};

struct GanOptions {
  GanSide side = GanSide::kShopper;
  std::vector<size_t> generator = {300};
  std::vector<size_t> discriminator = {125};
  size_t noise = 64;
  bool conditional = true;
  bool rectified = false;
  GanWeights weights;
  double dropout = 0.5;        // of the behaviour, to make the condition
  double unconditional = 0.1;  // share of the shoppers without a condition
  double context_only = 0.3;   // share of those that have their context and no behaviour
  bool context_month = false;  // whether the month of the first event is a context, too
  double learning_rate = 1e-3;
  double discriminator_rate = 1e-4;
  size_t batch_size = 64;
  Precision precision = Precision::kF32;                // of dense products
  size_t generator_steps = 1, discriminator_steps = 1;  // of a batch
  double average = 0.99;  // decay of the running average that is the model

  // The network of the article that the product follows: 100-d noise, 256-512-1024 to a sigmoid
  // behaviour vector, 1024-512-256 to a verdict, binary cross entropy, Adam 1e-4 on both.
  static GanOptions Paper();

  // invalid-argument, naming the flag, for what cannot be trained with.
  Status Check() const;
  nlohmann::ordered_json ToJson() const;
};

}  // namespace vitrine

#endif  // VITRINE_TRAIN_GAN_OPTIONS_H_
