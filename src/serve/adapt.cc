#include "serve/adapt.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <type_traits>

#include "core/sha256.h"
#include "core/sort.h"
#include "math/exponential.h"
#include "models/layer_reader.h"

namespace vitrine {
namespace {

// Events that there must be to foresee another with.
constexpr size_t kLeastBefore = 2;

// The climb: Newton-like steps, from a tenth of the settings' gain to eight times.
constexpr float kPull = 3;
constexpr int kSteps = 3;
constexpr float kLongestStep = 0.5f;
constexpr float kLeastLogFactor = -2.3f, kMostLogFactor = 2.1f;

// A saved adaptation: this text, the model's hash, the adaptation, and the SHA-256 of all of it.
constexpr std::string_view kMagic = "vitrine adaptation 1 ";
constexpr size_t kHashChars = 64;
static_assert(std::is_trivially_copyable_v<Adaptation>);

// A longer history is cut off: a budget holds however much came before.
std::span<const Event> Latest(std::span<const Event> events) {
  return events.last(std::min(events.size(), 64 * kMostTouched));
}

bool SameMoment(const Event& a, const Event& b) {
  return a.time == b.time || (a.basket != kNoBasket && a.basket == b.basket);
}

bool HasItem(std::span<const Event> events, uint32_t item) {
  return std::any_of(events.begin(), events.end(),
                     [item](const Event& event) { return event.item == item; });
}

std::string DigestOf(std::string_view bytes) {
  Sha256 hash;
  hash.Update(std::as_bytes(std::span(bytes.data(), bytes.size())));
  return hash.Finish();
}

}  // namespace

Result<std::unique_ptr<Adapter>> Adapter::Read(const TensorFile& file, size_t n_items) {
  VITRINE_ASSIGN_OR_RETURN(const SparseTable table,
                           SparseTable::Read(file, "adapt.table", n_items));
  AdaptSettings settings;
  LayerReader reader(file);
  settings.gain = static_cast<float>(reader.Real("adapt.gain"));
  settings.decay = static_cast<float>(reader.Real("adapt.decay"));
  settings.sharpness = static_cast<float>(reader.Real("adapt.sharpness"));
  settings.purchase_weight = static_cast<float>(reader.Real("adapt.purchase_weight"));
  settings.rating_mean = static_cast<float>(reader.Real("features.rating_mean"));
  VITRINE_RETURN_IF_ERROR(reader.status());
  if (!(settings.gain > 0 && settings.decay >= 0 && settings.decay <= 1 &&
        settings.sharpness >= 0 && settings.sharpness < 1e6f && settings.purchase_weight > 0)) {
    return Error{ErrorCode::kBadFormat,
                 file.name() + ": its settings 'adapt.*' are out of range; train it again"};
  }
  auto adapter = std::make_unique<Adapter>(table, settings, n_items);
  if (const auto hash = file.Text("vitrine.sha256"); hash.ok()) adapter->model_hash_ = *hash;
  adapter->model_hash_.resize(kHashChars, '-');
  return adapter;
}

Adaptation Adapter::Of(std::span<const Event> events) const {
  Adaptation adaptation{.gain = settings_.gain};
  for (const Event& event : Latest(events)) Follow(event, adaptation);
  return adaptation;
}

float Adapter::WeightOf(const Event& event) const {
  switch (event.type) {
    case EventType::kImpression:
      return 0;
    case EventType::kUncart:
      return -1;
    case EventType::kRate:
      return std::clamp(event.value - settings_.rating_mean, -1.0f, 1.0f);
    case EventType::kCart:
    case EventType::kPurchase:
      return settings_.purchase_weight;
    default:
      return 1;
  }
}

void Adapter::Follow(const Event& event, Adaptation& adaptation) const {
  const float weight = WeightOf(event);
  if (weight == 0 || event.item >= n_items_) return;
  auto& [gain, n, products] = adaptation;
  size_t at = 0;
  while (at < n && products[at].item != event.item) ++at;
  if (at == n && n < kMostTouched) ++n;
  for (at = std::min<size_t>(at, n - 1); at > 0; --at) products[at] = products[at - 1];
  products[0] = {event.item, weight};
}

// What was turned down is as close to itself as can be.
std::vector<ItemBias> Adapter::Biases(const Adaptation& adaptation) const {
  std::vector<ItemBias> entries;
  float share = adaptation.gain;
  for (const auto& [product, sign] : adaptation.Latest()) {
    const float weight = share * sign;
    if (weight < 0) entries.push_back({product, weight});
    table_.ForEach(product, [&](uint32_t item, float value) {
      entries.push_back({item, weight * value});
    });
    share *= settings_.decay;
  }
  // By the value within an item, so that sums have one order.
  Sort(entries, [](const ItemBias& a, const ItemBias& b) {
    return a.item != b.item ? a.item < b.item : a.value < b.value;
  });
  std::vector<ItemBias> biases;
  for (const ItemBias& entry : entries) {
    if (!biases.empty() && biases.back().item == entry.item) {
      biases.back().value += entry.value;
    } else {
      biases.push_back(entry);
    }
  }
  return biases;
}

float Adapter::Bias(const Adaptation& adaptation, uint32_t item) const {
  for (const ItemBias& bias : Biases(adaptation)) {
    if (bias.item == item) return bias.value;
  }
  return 0;
}

std::string Adapter::Save(const Adaptation& adaptation) const {
  std::string bytes = std::string(kMagic) + model_hash_;
  bytes.append(reinterpret_cast<const char*>(&adaptation), sizeof adaptation);
  return bytes + DigestOf(bytes);
}

Result<Adaptation> Adapter::Restore(const std::string& bytes) const {
  const Error damaged{ErrorCode::kBadFormat,
                      "the saved adaptation is damaged, or none; leave it out and adapt again"};
  Adaptation adaptation;
  const size_t before = kMagic.size() + kHashChars;
  const size_t end = before + sizeof adaptation;
  if (bytes.size() != end + kHashChars || bytes.compare(0, kMagic.size(), kMagic) != 0 ||
      bytes.compare(end, kHashChars, DigestOf({bytes.data(), end})) != 0) {
    return damaged;
  }
  if (bytes.compare(kMagic.size(), kHashChars, model_hash_) != 0) {
    return Error{
        ErrorCode::kInvalidArgument,
        "the saved adaptation is that of another model file; leave it out and adapt again"};
  }
  std::memcpy(&adaptation, bytes.data() + before, sizeof adaptation);
  bool sound = adaptation.n_products <= kMostTouched && std::isfinite(adaptation.gain);
  for (const auto& [item, weight] : adaptation.products) {
    sound = sound && item < n_items_ && std::isfinite(weight);
  }
  if (!sound) return damaged;
  return adaptation;
}

AdaptRun::AdaptRun(const Adapter& adapter, const Model& model, std::span<const Event> events,
                   bool masked)
    : adapter_(adapter), model_(model), events_(Latest(events)), masked_(masked) {
  if (adapter.settings().sharpness > 0) end_ = events_.size();
}

// Whether event number i is the first on its product, and a good sign.
bool AdaptRun::IsNew(size_t i) const {
  return adapter_.WeightOf(events_[i]) > 0 && !HasItem(events_.first(i), events_[i].item);
}

bool AdaptRun::Step() {
  if (n_moments_ == kMostMoments) return false;
  std::vector<uint32_t> turned_to;  // each once
  size_t start = end_;
  while (turned_to.empty()) {
    if (end_ <= kLeastBefore) return false;
    for (start = end_ - 1; start > 0 && SameMoment(events_[start - 1], events_[end_ - 1]);) --start;
    if (start < kLeastBefore) return false;
    for (size_t i = start; i < end_; ++i) {
      if (IsNew(i)) turned_to.push_back(events_[i].item);
    }
    end_ = start;
  }
  const std::span<const Event> before = events_.first(start);
  scores_.resize(model_.n_items());
  model_.Score({before, events_[start].time}, scores_);
  for (float& score : scores_) score *= adapter_.settings().sharpness;
  if (masked_) {
    for (const Event& event : before) scores_[event.item] = -std::numeric_limits<float>::infinity();
  }

  Moment& moment = moments_[n_moments_++];
  moment.first = biased_.size();
  const float share = 1 / static_cast<float>(turned_to.size());
  for (const uint32_t item : turned_to) moment.score += scores_[item] * share;
  // The highest score is 0 from here on, so that no power overflows.
  const float highest = *std::max_element(scores_.begin(), scores_.end());
  moment.score -= highest;
  for (float& score : scores_) {
    score = Exp(score - highest);
    moment.partition += score;
  }
  Adaptation adaptation = adapter_.Of(before);
  adaptation.gain = 1;
  for (const ItemBias& bias : adapter_.Biases(adaptation)) {
    if (std::find(turned_to.begin(), turned_to.end(), bias.item) != turned_to.end()) {
      moment.bias += bias.value * share;
    }
    biased_.push_back({scores_[bias.item] / moment.partition, bias.value});
  }
  moment.last = biased_.size();
  return true;
}

AdaptRun::Partition AdaptRun::PartitionOf(const Moment& moment, float gain) const {
  const float scale = adapter_.settings().sharpness * gain;
  Partition partition;
  for (size_t i = moment.first; i < moment.last; ++i) {
    const auto [chance, bias] = biased_[i];
    const float more = Exp(scale * bias);
    partition.ratio += chance * (more - 1);
    partition.slope += chance * more * bias;
  }
  return partition;
}

double AdaptRun::LogLikelihood(float gain) const {
  double sum = 0;
  for (const Moment& moment : std::span(moments_).first(n_moments_)) {
    sum += moment.score + adapter_.settings().sharpness * gain * moment.bias -
           std::log(moment.partition) - std::log(PartitionOf(moment, gain).ratio);
  }
  return sum;
}

Adaptation AdaptRun::Finish() const {
  const AdaptSettings& settings = adapter_.settings();
  Adaptation adaptation = adapter_.Of(events_);
  const auto n = static_cast<float>(n_moments_);
  float log_factor = 0;  // of the gain over the settings'
  for (int step = 0; step < kSteps; ++step) {
    const float gain = settings.gain * Exp(log_factor);
    float slope = -2 * kPull * log_factor;
    for (const Moment& moment : std::span(moments_).first(n_moments_)) {
      const Partition partition = PartitionOf(moment, gain);
      slope += settings.sharpness * gain * (moment.bias - partition.slope / partition.ratio);
    }
    log_factor += std::clamp(slope / (2 * kPull + 0.1f * n), -kLongestStep, kLongestStep);
    log_factor = std::clamp(log_factor, kLeastLogFactor, kMostLogFactor);
  }
  adaptation.gain = settings.gain * Exp(log_factor);
  return adaptation;
}

}  // namespace vitrine
