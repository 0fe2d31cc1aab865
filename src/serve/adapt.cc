#include "serve/adapt.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>

#include "core/sha256.h"
#include "core/sort.h"
#include "math/exponential.h"
#include "models/layer_reader.h"

namespace vitrine {
namespace {

// How much of the past is looked at, and from which event on there is something to foresee with.
constexpr size_t kMostMoments = 10;
constexpr size_t kLeastBefore = 2;

// The climb: Newton-like steps, from a tenth of the settings' gain to eight times.
constexpr float kPull = 3;
constexpr int kSteps = 3;
constexpr float kLongestStep = 0.5f;
constexpr float kLeastLogFactor = -2.3f, kMostLogFactor = 2.1f;

// A saved adaptation: this text, the model's hash and the header, then the products, then the
// SHA-256 of all of it.
constexpr std::string_view kMagic = "vitrine adaptation 1 ";
constexpr size_t kHashChars = 64;
struct Header {
  float gain;
  uint32_t n_products;
};

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
  Adaptation adaptation{.gain = settings_.gain, .products = {}};
  // The latest kMostTouched products lie where as many differ, counted from the end.
  std::vector<uint32_t> items;
  size_t first = events.size();
  while (first > 0 && items.size() <= kMostTouched) {
    const Event& event = events[--first];
    if (std::find(items.begin(), items.end(), event.item) == items.end()) {
      items.push_back(event.item);
    }
  }
  for (const Event& event : events.subspan(first)) Follow(event, adaptation);
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
  std::vector<Touched>& products = adaptation.products;
  std::erase_if(products, [&](const Touched& touched) { return touched.item == event.item; });
  products.insert(products.begin(), {event.item, weight});
  if (products.size() > kMostTouched) products.pop_back();
}

template <class Visit>
void Adapter::ForEach(const Adaptation& adaptation, const Visit& visit) const {
  float share = adaptation.gain;
  for (const Touched& touched : adaptation.products) {
    visit(touched.item, share * touched.weight);
    share *= settings_.decay;
  }
}

// What was turned down is as close to itself as can be.
std::vector<ItemBias> Adapter::Biases(const Adaptation& adaptation) const {
  std::vector<ItemBias> entries;
  ForEach(adaptation, [&](uint32_t product, float weight) {
    if (weight < 0) entries.push_back({product, weight});
    table_.ForEach(product, [&](uint32_t item, float value) {
      entries.push_back({item, weight * value});
    });
  });
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
  const Header header{adaptation.gain, static_cast<uint32_t>(adaptation.products.size())};
  std::string bytes = std::string(kMagic) + model_hash_;
  bytes.append(reinterpret_cast<const char*>(&header), sizeof header);
  for (const Touched& touched : adaptation.products) {
    bytes.append(reinterpret_cast<const char*>(&touched), sizeof touched);
  }
  return bytes + DigestOf(bytes);
}

Result<Adaptation> Adapter::Restore(std::string_view bytes) const {
  constexpr size_t kBefore = kMagic.size() + kHashChars + sizeof(Header);
  constexpr size_t kFixed = kBefore + kHashChars;
  const Error damaged{ErrorCode::kBadFormat,
                      "the saved adaptation is damaged, or none; leave it out and adapt again"};
  if (bytes.size() < kFixed || (bytes.size() - kFixed) % sizeof(Touched) != 0) return damaged;
  const std::string_view content = bytes.substr(0, bytes.size() - kHashChars);
  if (!content.starts_with(kMagic) || bytes.substr(content.size()) != DigestOf(content)) {
    return damaged;
  }
  if (content.substr(kMagic.size(), kHashChars) != model_hash_) {
    return Error{ErrorCode::kInvalidArgument,
                 "the saved adaptation is that of another model file; leave it out and adapt again"};
  }
  Header header;
  std::memcpy(&header, content.data() + kBefore - sizeof header, sizeof header);
  Adaptation adaptation{.gain = header.gain, .products = {}};
  adaptation.products.resize((bytes.size() - kFixed) / sizeof(Touched));
  for (size_t i = 0; i < adaptation.products.size(); ++i) {
    Touched& touched = adaptation.products[i];
    std::memcpy(&touched, content.data() + kBefore + i * sizeof touched, sizeof touched);
    if (touched.item >= n_items_ || !std::isfinite(touched.weight)) return damaged;
  }
  if (!std::isfinite(adaptation.gain) || adaptation.products.size() > kMostTouched ||
      adaptation.products.size() != header.n_products) {
    return damaged;
  }
  return adaptation;
}

AdaptRun::AdaptRun(const Adapter& adapter, const Model& model, std::span<const Event> events,
                   bool masked)
    : adapter_(adapter), model_(model), events_(events), masked_(masked) {
  if (adapter.settings().sharpness == 0) return;
  for (size_t end = events.size(); end > kLeastBefore && starts_.size() < kMostMoments;) {
    size_t start = end - 1;
    while (start > 0 && SameMoment(events[start - 1], events[end - 1])) --start;
    bool is_new = false;
    for (size_t i = start; i < end && !is_new; ++i) {
      is_new = IsNew(i);
    }
    if (is_new && start >= kLeastBefore) starts_.insert(starts_.begin(), start);
    end = start;
  }
  scores_.resize(starts_.empty() ? 0 : model.n_items());
}

// Whether event number i is the first on its product, and a good sign.
bool AdaptRun::IsNew(size_t i) const {
  return adapter_.WeightOf(events_[i]) > 0 && !HasItem(events_.first(i), events_[i].item);
}

bool AdaptRun::Step() {
  if (starts_.empty()) return false;
  const size_t start = starts_.back();
  starts_.pop_back();
  const std::span<const Event> before = events_.first(start);
  const float sharpness = adapter_.settings().sharpness;
  model_.Score({before, events_[start].time}, scores_);
  for (float& score : scores_) score *= sharpness;
  if (masked_) {
    for (const Event& event : before) scores_[event.item] = -std::numeric_limits<float>::infinity();
  }

  // What the shopper turned to, each once.
  std::vector<uint32_t> turned_to;
  for (size_t i = start; i < events_.size() && SameMoment(events_[i], events_[start]); ++i) {
    if (IsNew(i)) turned_to.push_back(events_[i].item);
  }
  Moment moment;
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
    moment.chances.push_back(scores_[bias.item] / moment.partition);
    moment.biases.push_back(bias.value);
  }
  moments_.push_back(std::move(moment));
  return true;
}

AdaptRun::Partition AdaptRun::PartitionOf(const Moment& moment, float gain) const {
  const float scale = adapter_.settings().sharpness * gain;
  Partition partition;
  for (size_t i = 0; i < moment.biases.size(); ++i) {
    const float more = Exp(scale * moment.biases[i]);
    partition.ratio += moment.chances[i] * (more - 1);
    partition.slope += moment.chances[i] * more * moment.biases[i];
  }
  return partition;
}

double AdaptRun::LogLikelihood(float gain) const {
  double sum = 0;
  for (const Moment& moment : moments_) {
    sum += moment.score + adapter_.settings().sharpness * gain * moment.bias -
           std::log(moment.partition) - std::log(PartitionOf(moment, gain).ratio);
  }
  return sum;
}

Adaptation AdaptRun::Finish() const {
  const AdaptSettings& settings = adapter_.settings();
  Adaptation adaptation = adapter_.Of(events_);
  const auto n = static_cast<float>(moments_.size());
  float log_factor = 0;  // of the gain over the settings'
  for (int step = 0; step < kSteps; ++step) {
    const float gain = settings.gain * Exp(log_factor);
    float slope = -2 * kPull * log_factor;
    for (const Moment& moment : moments_) {
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
