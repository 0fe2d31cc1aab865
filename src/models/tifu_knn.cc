#include "models/tifu_knn.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "models/layer_reader.h"

namespace vitrine {
namespace {

Error Malformed(const TensorFile& file, const char* tensor) {
  return {ErrorCode::kBadFormat, file.name() + ": tensor '" + tensor + "' does not fit the others"};
}

}  // namespace

Profile TifuVector(std::span<const Event> events, EventType target, size_t n_items,
                   const TifuOptions& options) {
  std::vector<std::pair<uint32_t, uint32_t>> bought;  // item, number of the basket
  uint32_t n_baskets = 0;
  const Event* last = nullptr;
  for (const Event& event : events) {
    if (event.type != target || event.item >= n_items) continue;
    const bool together =
        last != nullptr && (event.basket != kNoBasket || last->basket != kNoBasket
                                ? event.basket == last->basket
                                : event.time - last->time <= options.basket_gap_s);
    if (!together) ++n_baskets;
    bought.emplace_back(event.item, n_baskets - 1);
    last = &event;
  }
  std::ranges::sort(bought);
  bought.erase(std::ranges::unique(bought).begin(), bought.end());

  // Group g has the baskets [n g / m, n (g + 1) / m).
  const size_t n_groups = std::min<size_t>(options.groups, n_baskets);
  std::vector<float> weight(n_baskets);
  for (size_t g = 0; g < n_groups; ++g) {
    const size_t first = n_baskets * g / n_groups, end = n_baskets * (g + 1) / n_groups;
    for (size_t b = first; b < end; ++b) {
      const double decay = std::pow(options.across, static_cast<double>(n_groups - 1 - g)) *
                           std::pow(options.within, static_cast<double>(end - 1 - b));
      weight[b] = static_cast<float>(decay / static_cast<double>((end - first) * n_groups));
    }
  }
  Profile vector;
  for (const auto& [item, basket] : bought) {
    if (vector.items.empty() || vector.items.back() != item) {
      vector.items.push_back(item);
      vector.weights.push_back(0);
    }
    vector.weights.back() += weight[basket];
  }
  return vector;
}

Result<std::unique_ptr<Model>> TifuKnnModel::Read(const TensorFile& file, size_t n_items) {
  auto model = std::make_unique<TifuKnnModel>();
  model->n_items_ = n_items;
  LayerReader reader(file);
  model->options_ = {
      .groups = reader.Size("tifu.groups", 1, 1000000),
      .within = reader.Real("tifu.within"),
      .across = reader.Real("tifu.across"),
      .neighbours = reader.Size("tifu.neighbours", 1, size_t{1} << 31),
      .alpha = reader.Real("tifu.alpha"),
      .basket_gap_s = static_cast<int64_t>(reader.Size("tifu.basket_gap_s", 0, size_t{1} << 31))};
  model->target_ = static_cast<EventType>(reader.Size("tifu.target", 0, kEventTypes - 1));
  VITRINE_RETURN_IF_ERROR(reader.status());
  VITRINE_ASSIGN_OR_RETURN(model->offsets_, file.Values<uint64_t>("tifu.offsets"));
  VITRINE_ASSIGN_OR_RETURN(model->items_, file.Values<uint32_t>("tifu.items"));
  VITRINE_ASSIGN_OR_RETURN(model->values_, file.Values<float>("tifu.values"));
  const auto offsets = model->offsets_;
  if (offsets.empty() || offsets.front() != 0 || !std::ranges::is_sorted(offsets) ||
      offsets.back() != model->items_.size()) {
    return Malformed(file, "tifu.offsets");
  }
  if (model->values_.size() != model->items_.size()) return Malformed(file, "tifu.values");
  if (std::ranges::any_of(model->items_, [&](uint32_t item) { return item >= n_items; })) {
    return Malformed(file, "tifu.items");
  }
  for (size_t s = 0; s + 1 < offsets.size(); ++s) {
    float square = 0;
    for (size_t i = offsets[s]; i < offsets[s + 1]; ++i) {
      square += model->values_[i] * model->values_[i];
    }
    model->square_.push_back(square);
  }
  return std::unique_ptr<Model>(std::move(model));
}

void TifuKnnModel::Score(const History& history, std::span<float> scores) const {
  std::ranges::fill(scores, 0.0f);
  const Profile own = TifuVector(history.events, target_, n_items_, options_);
  float square = 0;
  for (size_t i = 0; i < own.items.size(); ++i) {
    scores[own.items[i]] = own.weights[i];
    square += own.weights[i] * own.weights[i];
  }
  std::vector<std::pair<float, size_t>> distances;  // squared
  for (size_t s = 0; s < square_.size(); ++s) {
    float product = 0;
    for (size_t i = offsets_[s]; i < offsets_[s + 1]; ++i)
      product += scores[items_[i]] * values_[i];
    const float distance = square + square_[s] - 2 * product;
    // The shopper's own vector, or one just like it, says nothing new.
    if (distance > 1e-6f * square) distances.emplace_back(distance, s);
  }
  const size_t k = std::min(options_.neighbours, distances.size());
  if (k < distances.size()) {
    std::ranges::nth_element(distances, distances.begin() + static_cast<ptrdiff_t>(k));
  }
  for (float& score : scores) score *= static_cast<float>(options_.alpha);
  const auto share =
      static_cast<float>((1 - options_.alpha) / static_cast<double>(std::max<size_t>(k, 1)));
  std::sort(distances.begin(), distances.begin() + static_cast<ptrdiff_t>(k));
  for (size_t n = 0; n < k; ++n) {
    const size_t s = distances[n].second;
    for (size_t i = offsets_[s]; i < offsets_[s + 1]; ++i) scores[items_[i]] += share * values_[i];
  }
}

}  // namespace vitrine
