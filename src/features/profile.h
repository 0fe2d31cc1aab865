// A history as a sparse vector over the catalogue: what most models take in.
#ifndef VITRINE_FEATURES_PROFILE_H_
#define VITRINE_FEATURES_PROFILE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/result.h"
#include "features/event.h"
#include "format/tensor_file.h"

namespace vitrine {

// Items ascending and distinct, with positive weights.
struct Profile {
  std::vector<uint32_t> items;
  std::vector<float> weights;
};

// How events add up. An item's weight is the sum over its events of
// type_weight[type] * 2^(-age / half_life), or 1 where `binary`.
struct ProfileOptions {
  bool binary = true;
  float half_life_days = 0;  // 0: no decay
  size_t last = 0;           // only so many of the latest events that weigh anything; 0: all
  std::array<float, kEventTypes> type_weight = {1, 1, 1, 0, 1, 1, 1, 1, 0, 0};

  // From metadata "profile.binary", "profile.half_life_days", "profile.type_weight" and, where it
  // is there, "profile.last".
  static Result<ProfileOptions> Read(const TensorFile& file);
};

// Sums `history` into `profile`. Events of unknown items (>= n_items) are passed over.
void BuildProfile(const ProfileOptions& options, const History& history, size_t n_items,
                  Profile& profile);

// Divides the weights by their Euclidean norm; an empty profile stays empty.
void ScaleToUnit(Profile& profile);

}  // namespace vitrine

#endif  // VITRINE_FEATURES_PROFILE_H_
