#include "data/dataset.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "core/check.h"
#include "data/dataset_writer.h"
#include "format/files.h"
#include "format/safetensors.h"

namespace vitrine {
namespace {

using Json = nlohmann::ordered_json;

Error Bad(const std::string& path, const std::string& what) {
  return {ErrorCode::kBadFormat,
          path + ": " + what + "; the data set is damaged, run vitrine prepare again"};
}

// Typed look-ups in dataset.json: nothing where the key is absent or its value is of another kind.
std::optional<std::string> TextAt(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_string()) return std::nullopt;
  return found->get<std::string>();
}

std::optional<int64_t> WholeAt(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number_integer()) return std::nullopt;
  return found->get<int64_t>();
}

// The place of `name` in `names`, if it is there.
template <class Names>
std::optional<size_t> PlaceOf(const std::optional<std::string>& name, const Names& names) {
  if (!name) return std::nullopt;
  const auto found = std::find(std::begin(names), std::end(names), *name);
  if (found == std::end(names)) return std::nullopt;
  return static_cast<size_t>(found - std::begin(names));
}

Result<DatasetInfo> ReadInfo(const std::string& path, const Json& root) {
  const auto version = WholeAt(root, "version");
  if (TextAt(root, "format") != kDatasetFormat || !version) {
    return Error{ErrorCode::kBadFormat,
                 path + ": is no data set; name a folder written by vitrine prepare"};
  }
  if (*version > kDatasetVersion) {
    return Error{ErrorCode::kUnsupportedVersion,
                 path + ": data set version " + std::to_string(*version) +
                     " is newer than this build reads; update vitrine"};
  }
  const auto split = PlaceOf(TextAt(root, "split"), kSplitNames);
  const auto target = PlaceOf(TextAt(root, "target"), kEventTypeNames);
  const auto cut_time = WholeAt(root, "cut_time");
  const auto seed = WholeAt(root, "seed");
  const auto n_items = WholeAt(root, "n_items");
  const auto n_baskets = WholeAt(root, "n_baskets");
  const auto first_time = WholeAt(root, "first_time");
  const auto last_time = WholeAt(root, "last_time");
  auto hash = TextAt(root, "hash");
  if (!split || !target || !cut_time || !seed || !n_items || *n_items < 1 ||
      *n_items >= int64_t{kNoBasket} || !n_baskets || *n_baskets < 0 ||
      *n_baskets > int64_t{kNoBasket} || !first_time || !last_time || !hash) {
    return Bad(path, "a setting is missing or impossible");
  }
  DatasetInfo info;
  info.split = static_cast<Split>(*split);
  info.target = static_cast<EventType>(*target);
  info.cut_time = *cut_time;
  info.seed = static_cast<uint64_t>(*seed);
  info.n_items = static_cast<size_t>(*n_items);
  info.n_baskets = static_cast<uint32_t>(*n_baskets);
  info.first_time = *first_time;
  info.last_time = *last_time;
  info.hash = std::move(*hash);
  return info;
}

// Starts at 0, never falls, and ends at `last`.
bool AreOffsets(std::span<const uint64_t> offsets, uint64_t last) {
  return !offsets.empty() && offsets.front() == 0 && offsets.back() == last &&
         std::is_sorted(offsets.begin(), offsets.end());
}

bool AllFinite(std::span<const float> values) {
  return std::all_of(values.begin(), values.end(), [](float x) { return std::isfinite(x); });
}

}  // namespace

Status Shoppers::AddShard(const std::string& path, const DatasetInfo& info, size_t n_contexts) {
  VITRINE_ASSIGN_OR_RETURN(TensorFile opened, ReadTensorFile(path));
  VITRINE_RETURN_IF_ERROR(opened.CheckHash());
  const auto file = std::make_shared<const TensorFile>(std::move(opened));
  Shard shard{.file = file};
  VITRINE_ASSIGN_OR_RETURN(shard.offsets, file->Values<uint64_t>("offsets"));
  VITRINE_ASSIGN_OR_RETURN(shard.time, file->Values<int64_t>("time"));
  const size_t n = shard.time.size();
  VITRINE_ASSIGN_OR_RETURN(shard.item, file->Vector<uint32_t>("item", n));
  VITRINE_ASSIGN_OR_RETURN(shard.basket, file->Vector<uint32_t>("basket", n));
  VITRINE_ASSIGN_OR_RETURN(shard.price, file->Vector<float>("price", n));
  VITRINE_ASSIGN_OR_RETURN(shard.quantity, file->Vector<float>("quantity", n));
  VITRINE_ASSIGN_OR_RETURN(shard.value, file->Vector<float>("value", n));
  VITRINE_ASSIGN_OR_RETURN(shard.context, file->Vector<uint16_t>("context", n));
  VITRINE_ASSIGN_OR_RETURN(shard.type, file->Vector<uint8_t>("type", n));
  if (!AreOffsets(shard.offsets, n)) return Bad(path, "'offsets' do not cover the events");
  VITRINE_ASSIGN_OR_RETURN(shard.name_offsets,
                           file->Vector<uint64_t>("name_offsets", shard.offsets.size()));
  VITRINE_ASSIGN_OR_RETURN(shard.names, file->Values<uint8_t>("names"));
  if (!AreOffsets(shard.name_offsets, shard.names.size())) {
    return Bad(path, "'name_offsets' do not cover the names");
  }

  const size_t n_shoppers = shard.offsets.size() - 1;
  for (size_t s = 0; s < n_shoppers; ++s) {
    const auto times =
        shard.time.subspan(shard.offsets[s], shard.offsets[s + 1] - shard.offsets[s]);
    if (!std::is_sorted(times.begin(), times.end())) {
      return Bad(path, "the times of shopper " + std::to_string(s) + " do not ascend");
    }
  }
  const auto all_below = [](const auto& values, uint64_t limit) {
    return std::all_of(values.begin(), values.end(), [limit](auto x) { return x < limit; });
  };
  if (!all_below(shard.item, info.n_items)) return Bad(path, "an item is outside the catalogue");
  if (!all_below(shard.type, kEventTypes)) return Bad(path, "an event type is unknown");
  if (!all_below(shard.context, n_contexts)) return Bad(path, "a context is unknown");
  if (!std::all_of(shard.basket.begin(), shard.basket.end(),
                   [&](uint32_t b) { return b < info.n_baskets || b == kNoBasket; })) {
    return Bad(path, "a basket number is too high");
  }
  if (!AllFinite(shard.price) || !AllFinite(shard.quantity) || !AllFinite(shard.value)) {
    return Bad(path, "a price, quantity or value is not finite");
  }
  if (first_shopper_.empty()) first_shopper_.push_back(0);
  first_shopper_.push_back(first_shopper_.back() + n_shoppers);
  n_events_ += n;
  shards_.push_back(std::move(shard));
  return {};
}

std::pair<const Shoppers::Shard*, size_t> Shoppers::Find(size_t shopper) const {
  VITRINE_CHECK(shopper < size());
  const auto next = std::upper_bound(first_shopper_.begin(), first_shopper_.end(), shopper);
  const auto shard = static_cast<size_t>(next - first_shopper_.begin()) - 1;
  return {&shards_[shard], shopper - first_shopper_[shard]};
}

void Shoppers::Read(size_t shopper, std::vector<Event>& events) const {
  const auto [shard, row] = Find(shopper);
  const uint64_t begin = shard->offsets[row];
  events.resize(shard->offsets[row + 1] - begin);
  for (size_t i = 0; i < events.size(); ++i) {
    const uint64_t at = begin + i;
    events[i] = {.time = shard->time[at],
                 .item = shard->item[at],
                 .basket = shard->basket[at],
                 .price = shard->price[at],
                 .quantity = shard->quantity[at],
                 .value = shard->value[at],
                 .context = shard->context[at],
                 .type = static_cast<EventType>(shard->type[at])};
  }
}

std::string_view Shoppers::Name(size_t shopper) const {
  const auto [shard, row] = Find(shopper);
  const uint64_t begin = shard->name_offsets[row];
  const auto name = shard->names.subspan(begin, shard->name_offsets[row + 1] - begin);
  return {reinterpret_cast<const char*>(name.data()), name.size()};
}

Result<Dataset> Dataset::Open(const std::string& folder) {
  Dataset dataset;
  dataset.folder_ = folder;
  const std::string path = folder + "/dataset.json";
  if (!std::filesystem::exists(path)) {
    return Error{ErrorCode::kNotFound,
                 folder + ": is no data set; name the folder that `vitrine prepare` wrote"};
  }
  VITRINE_ASSIGN_OR_RETURN(const std::string text, ReadTextFile(path));
  const Json root = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!root.is_object()) return Bad(path, "is not a JSON object");
  VITRINE_ASSIGN_OR_RETURN(dataset.info_, ReadInfo(path, root));
  const size_t n_items = dataset.info_.n_items;

  const auto contexts = root.find("contexts");
  if (contexts == root.end() || !contexts->is_array() || contexts->empty()) {
    return Bad(path, "'contexts' is missing");
  }
  for (const Json& context : *contexts) {
    if (!context.is_string()) return Bad(path, "a context is not text");
    dataset.contexts_.push_back(context.get<std::string>());
  }

  const std::string catalogue_path = folder + "/catalogue.json";
  VITRINE_ASSIGN_OR_RETURN(const std::string catalogue, ReadTextFile(catalogue_path));
  VITRINE_ASSIGN_OR_RETURN(dataset.catalogue_, Catalogue::FromJson(catalogue_path, catalogue));
  if (dataset.catalogue_.size() != n_items) {
    return Bad(catalogue_path, "holds " + std::to_string(dataset.catalogue_.size()) +
                                   " products where dataset.json says " + std::to_string(n_items));
  }
  VITRINE_ASSIGN_OR_RETURN(const TensorFile features,
                           ReadTensorFile(folder + "/features.safetensors"));
  VITRINE_ASSIGN_OR_RETURN(dataset.features_, FeatureParams::Read(features, n_items));

  const std::pair<const char*, Shoppers*> parts[] = {{"train", &dataset.train_},
                                                     {"test", &dataset.test_}};
  for (const auto& [part, shoppers] : parts) {
    const auto found = root.find(part);
    if (found == root.end() || !found->is_object() || !found->contains("shards") ||
        !(*found)["shards"].is_array()) {
      return Bad(path, std::string("the shards of '") + part + "' are missing");
    }
    for (const Json& shard : (*found)["shards"]) {
      // A name alone, so that a data set reads nothing outside its folder.
      if (!shard.is_string() || shard.get<std::string>().find('/') != std::string::npos) {
        return Bad(path, "a shard has no plain name");
      }
      VITRINE_RETURN_IF_ERROR(shoppers->AddShard(folder + "/" + shard.get<std::string>(),
                                                 dataset.info_, dataset.contexts_.size()));
    }
    const std::optional<int64_t> n_shoppers = WholeAt(*found, "shoppers");
    const std::optional<int64_t> n_events = WholeAt(*found, "events");
    if (n_shoppers != static_cast<int64_t>(shoppers->size()) ||
        n_events != static_cast<int64_t>(shoppers->n_events())) {
      return Bad(path, std::string("the shards of '") + part + "' hold another number of events");
    }
  }
  return dataset;
}

}  // namespace vitrine
