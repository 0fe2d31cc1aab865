#include "serve/recommender.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "core/sort.h"
#include "format/item_values.h"
#include "kernels/top_k.h"

namespace vitrine {
namespace {

// Shows that the shopper has the product in sight already, for Repeats::kExclude.
bool Counts(EventType type) { return type != EventType::kImpression && type != EventType::kUncart; }

}  // namespace

Result<std::unique_ptr<Recommender>> Recommender::Create(TensorFile file) {
  std::unique_ptr<Recommender> made(new Recommender(std::move(file)));
  VITRINE_ASSIGN_OR_RETURN(made->model_, LoadModel(made->file_));
  VITRINE_ASSIGN_OR_RETURN(made->features_, FeatureParams::Read(made->file_, made->n_items()));
  VITRINE_ASSIGN_OR_RETURN(made->popularity_, ItemValues(made->file_, "popularity", made->n_items(),
                                                         made->own_popularity_));
  VITRINE_ASSIGN_OR_RETURN(const int64_t repeats, made->file_.Integer("serve.repeats"));
  made->repeats_ = repeats != 0;
  if (made->model_->name() == "gan") {
    made->generator_ = static_cast<const GanModel*>(made->model_.get());
  }
  // A model that looks at no history has no profile.
  if (made->file_.Text("profile.type_weight").ok()) {
    VITRINE_ASSIGN_OR_RETURN(made->profile_, ProfileOptions::Read(made->file_));
  }
  if (made->file_.Has("adapt.table.offsets")) {
    VITRINE_ASSIGN_OR_RETURN(made->adapter_, Adapter::Read(made->file_, made->n_items()));
  }
  return made;
}

void Recommender::SetAdaptation(Adaptation adaptation) {
  biases_ = adapter_->Biases(adaptation);
  adaptation_ = std::move(adaptation);
}

void Recommender::ResetAdaptation() {
  adaptation_.reset();
  biases_.clear();
}

Status Recommender::Track(const Event& event) {
  if (event.item >= n_items()) {
    return {ErrorCode::kNotFound, "item " + std::to_string(event.item) +
                                      " is not among the model's " + std::to_string(n_items()) +
                                      " products"};
  }
  if (!std::isfinite(event.price) || !std::isfinite(event.quantity) ||
      !std::isfinite(event.value)) {
    return {ErrorCode::kInvalidArgument,
            "an event's price, quantity or value is not a finite number"};
  }
  const auto after =
      std::upper_bound(events_.begin(), events_.end(), event.time,
                       [](int64_t time, const Event& other) { return time < other.time; });
  const bool is_latest = after == events_.end();
  events_.insert(after, event);
  if (adaptation_ && is_latest) {
    adapter_->Follow(event, *adaptation_);
    biases_ = adapter_->Biases(*adaptation_);
  }
  return {};
}

Status Recommender::Check(const Request& request) const {
  if (request.count < 1) {
    return {ErrorCode::kInvalidArgument, "count is 0; ask for a product or more"};
  }
  if (!(request.explore.share >= 0 && request.explore.share <= 1)) {
    return {ErrorCode::kInvalidArgument, "explore is not a share of the slots, from 0 to 1"};
  }
  for (const uint32_t item : request.exclude) {
    if (item >= n_items()) {
      return {ErrorCode::kInvalidArgument,
              "item " + std::to_string(item) + " to exclude is not in the catalogue"};
    }
  }
  size_t least = 0;  // each value counts once
  for (const uint32_t value : request.context) {
    if (value < least || value >= n_context()) {
      return {ErrorCode::kInvalidArgument,
              "context " + std::to_string(value) + " is not known to the model, or out of order"};
    }
    least = size_t{value} + 1;
  }
  return {};
}

std::vector<uint32_t> Recommender::NeverListed(std::span<const Event> events,
                                               const Request& request) const {
  std::vector<uint32_t> never(request.exclude.begin(), request.exclude.end());
  if (!ListsRepeats(request)) {
    for (const Event& event : events) {
      if (Counts(event.type)) never.push_back(event.item);
    }
  }
  Sort(never);
  return never;
}

bool Recommender::Knows(std::span<const Event> events) const {
  return std::any_of(events.begin(), events.end(), [this](const Event& event) {
    return profile_.type_weight[static_cast<size_t>(event.type)] > 0;
  });
}

void Recommender::ScoreItem(uint32_t item, std::span<const History> histories,
                            std::span<const uint32_t> context, std::span<float> scores) const {
  if (context.empty()) return model_->ScoreItem(item, histories, scores);
  for (size_t i = 0; i < histories.size(); ++i) {
    scores[i] = generator_->ScoreItemBy(generator_->Encode(histories[i], context), item);
  }
}

Result<Ranking> Recommender::Rank(std::span<const Event> events, const Request& request,
                                  std::span<const ItemBias> biases) const {
  VITRINE_RETURN_IF_ERROR(Check(request));
  const std::vector<uint32_t> never = NeverListed(events, request);
  Ranking ranking;
  const History read{events.last(std::min(events.size(), kMostRead)), request.now};
  const bool knows = Knows(read.events);
  const Exploring& explore = request.explore;
  const size_t n_kept = explore.share > 0 ? std::max(request.count, kMostExplored) : request.count;
  BestItems best(std::min(n_kept, n_items()), never, knows ? biases : std::span<const ItemBias>());
  if (!request.context.empty()) {
    const std::vector<float> shopper = generator_->Encode(read, request.context);
    generator_->item_table().Scan(shopper, generator_->item_bias(), best);
    ranking.source = knows ? Source::kModel : Source::kGenerated;
  } else if (knows) {
    model_->Scan(read, best);
    ranking.source = Source::kModel;
  } else {
    best.Push(0, popularity_);
    ranking.source = Source::kPopular;
  }
  ranking.calibrated = knows && biases.empty() && IsPlain(request);
  auto& [items, scores, source, calibrated, propensities] = ranking;
  best.Take(items, scores);
  if (explore.share > 0) {
    const size_t length = std::min(request.count, items.size());
    const auto n = static_cast<size_t>(explore.share * static_cast<float>(length) + 0.5f);
    propensities = Explore(explore, n, events, popularity_, std::span(items).subspan(length - n),
                           std::span(scores).subspan(length - n));
    items.resize(length);
    scores.resize(length);
  }
  return ranking;
}

}  // namespace vitrine
