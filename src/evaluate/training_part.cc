#include "evaluate/training_part.h"

#include <algorithm>

namespace vitrine {

int64_t TrainingPart::end_time() const {
  const DatasetInfo& info = dataset->info();
  const int64_t last = HasCut(info.split) ? info.cut_time : info.last_time + 1;
  return std::min(until, last);
}

Csr TrainingMatrix(const TrainingPart& part, const ProfileOptions& options) {
  Csr matrix;
  matrix.cols = part.n_items();
  const int64_t now = part.end_time();
  Profile profile;
  part.ForEachShopper([&](uint32_t, std::span<const Event> events) {
    BuildProfile(options, {events, now}, part.n_items(), profile);
    if (profile.items.empty()) return;
    matrix.indices.insert(matrix.indices.end(), profile.items.begin(), profile.items.end());
    if (!options.binary) {
      matrix.values.insert(matrix.values.end(), profile.weights.begin(), profile.weights.end());
    }
    matrix.EndRow();
  });
  return matrix;
}

std::vector<float> Popularity(const TrainingPart& part, int64_t since) {
  std::vector<float> counts(part.n_items());
  std::vector<uint32_t> items;
  part.ForEachShopper([&](uint32_t, std::span<const Event> events) {
    items.clear();
    for (const Event& event : events) {
      if (event.type == part.dataset->info().target && event.time >= since) {
        items.push_back(event.item);
      }
    }
    std::sort(items.begin(), items.end());
    items.erase(std::unique(items.begin(), items.end()), items.end());
    for (const uint32_t item : items) counts[item] += 1;
  });
  return counts;
}

}  // namespace vitrine
