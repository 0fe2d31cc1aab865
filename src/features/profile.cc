#include "features/profile.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include "core/parse_real.h"
#include "core/sort.h"
#include "math/exponential.h"

namespace vitrine {

Result<ProfileOptions> ProfileOptions::Read(const TensorFile& file) {
  ProfileOptions options;
  VITRINE_ASSIGN_OR_RETURN(const int64_t binary, file.Integer("profile.binary"));
  VITRINE_ASSIGN_OR_RETURN(const double half_life, file.Real("profile.half_life_days"));
  VITRINE_ASSIGN_OR_RETURN(const std::string weights, file.Text("profile.type_weight"));
  if (file.metadata().contains("profile.last")) {
    VITRINE_ASSIGN_OR_RETURN(const int64_t last, file.Integer("profile.last"));
    options.last = static_cast<size_t>(std::max<int64_t>(last, 0));
  }
  options.binary = binary != 0;
  options.half_life_days = static_cast<float>(half_life);
  size_t begin = 0;
  for (float& weight : options.type_weight) {
    const size_t end = std::min(weights.find(' ', begin), weights.size());
    weight = static_cast<float>(ParseReal(weights.substr(begin, end - begin)));
    if (!std::isfinite(weight)) {
      return Error{ErrorCode::kBadFormat, file.name() + ": metadata 'profile.type_weight' is not " +
                                              std::to_string(kEventTypes) + " numbers"};
    }
    begin = std::min(end + 1, weights.size());
  }
  if (options.half_life_days < 0) {
    return Error{ErrorCode::kBadFormat,
                 file.name() + ": metadata 'profile.half_life_days' is negative"};
  }
  return options;
}

void BuildProfile(const ProfileOptions& options, const History& history, size_t n_items,
                  Profile& profile) {
  // Item, place in the history, weight: so that the sum's order is the events' order on every
  // machine.
  struct Entry {
    uint32_t item;
    uint32_t place;
    float weight;
  };
  std::vector<Entry> entries;
  entries.reserve(history.events.size());
  const double per_second =
      options.half_life_days > 0 ? 1.0 / (options.half_life_days * 86400.0) : 0;
  const auto weight_of = [&](const Event& event) {
    return event.item < n_items ? options.type_weight[static_cast<size_t>(event.type)] : 0.0f;
  };
  size_t first = options.last > 0 ? history.events.size() : 0;
  for (size_t n = 0; first > 0 && n < options.last;) n += weight_of(history.events[--first]) > 0;
  for (const Event& event : history.events.subspan(first)) {
    const float weight = weight_of(event);
    if (weight <= 0) continue;
    const double age = static_cast<double>(std::max<int64_t>(0, history.now - event.time));
    entries.push_back({event.item, static_cast<uint32_t>(entries.size()),
                       weight * Exp(static_cast<float>(-age * per_second * std::numbers::ln2))});
  }
  Sort(entries, [](const Entry& a, const Entry& b) {
    return a.item != b.item ? a.item < b.item : a.place < b.place;
  });
  profile.items.clear();
  profile.weights.clear();
  for (const auto& [item, place, weight] : entries) {
    if (!profile.items.empty() && profile.items.back() == item) {
      profile.weights.back() += weight;
    } else {
      profile.items.push_back(item);
      profile.weights.push_back(weight);
    }
  }
  if (options.binary) std::fill(profile.weights.begin(), profile.weights.end(), 1.0f);
}

void ScaleToUnit(Profile& profile) {
  double square = 0;
  for (const float weight : profile.weights) square += static_cast<double>(weight) * weight;
  if (square == 0) return;
  const auto inverse_norm = static_cast<float>(1.0 / std::sqrt(square));
  for (float& weight : profile.weights) weight *= inverse_norm;
}

}  // namespace vitrine
