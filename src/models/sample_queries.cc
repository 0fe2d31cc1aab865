#include "models/sample_queries.h"

#include <algorithm>
#include <vector>

#include "core/parallel.h"
#include "core/rng.h"

namespace vitrine {
namespace {

constexpr size_t kQueries = 1024, kListed = 200, kLengths = 6;
constexpr uint64_t kSeed = 1;

// The first product at which the running sum of `popularity` reaches a share of all.
class PopularDraw {
 public:
  explicit PopularDraw(std::span<const float> popularity) {
    for (const float shoppers : popularity) sums_.push_back(sums_.back() + 1e-3 + shoppers);
  }
  uint32_t operator()(Rng& rng) const {
    const double wanted = static_cast<double>(rng.Uniform()) * sums_.back();
    const auto above = std::upper_bound(sums_.begin(), sums_.end() - 1, wanted);
    return static_cast<uint32_t>(std::max<ptrdiff_t>(above - sums_.begin(), 1) - 1);
  }

 private:
  std::vector<double> sums_{0};
};

}  // namespace

Matrix SampleQueries(const FactorModel& model, std::span<const float> popularity) {
  const PopularDraw draw(popularity);
  const size_t width = model.item_table().padded_dim();
  Matrix queries(kQueries, width);
  ParallelForDynamic(kQueries, 1, [&](size_t first, size_t) {
    Rng rng(kSeed, first);
    const auto event = [](uint32_t item, int64_t time) {
      return Event{.time = time, .item = item, .type = EventType::kPurchase};
    };
    std::vector<Event> events = {event(draw(rng), 0)};
    const size_t length = size_t{1} << first % kLengths;
    if (length > 1) {
      BestItems best(std::min(kListed, model.n_items()));
      model.Scan({events, 0}, best);
      std::vector<uint32_t> listed;
      std::vector<float> scores;
      best.Take(listed, scores);
      Shuffle(listed, rng);
      listed.resize(std::min(listed.size(), length - 1));
      for (const uint32_t item : listed) {
        events.push_back(event(item, events.back().time + 60));
      }
    }
    const std::vector<float> query = model.Encode({events, events.back().time});
    std::copy_n(query.begin(), width, queries.Row(first));
  });
  return queries;
}

}  // namespace vitrine
