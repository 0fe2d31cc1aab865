#include "data/dataset_writer.h"

#include <cstdio>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/sha256.h"
#include "data/feature_fit.h"
#include "format/files.h"
#include "format/safetensors.h"

namespace vitrine {
namespace {

using Json = nlohmann::ordered_json;

void UpdateLine(Sha256& sha, std::string_view line) {
  sha.Update(std::as_bytes(std::span(line)));
  sha.Update(std::as_bytes(std::span("\n", 1)));
}

}  // namespace

Result<DatasetWriter> DatasetWriter::Create(const std::string& folder, bool replace,
                                            size_t shard_events) {
  VITRINE_ASSIGN_OR_RETURN(StagedFolder staged,
                           StagedFolder::Create(folder, replace, kDatasetFile));
  return DatasetWriter(std::move(staged), shard_events);
}

void DatasetWriter::Columns::Clear() {
  offsets.assign(1, 0);
  time.clear();
  item.clear();
  basket.clear();
  price.clear();
  quantity.clear();
  value.clear();
  context.clear();
  type.clear();
  name_offsets.assign(1, 0);
  names.clear();
}

Status DatasetWriter::Add(Part& part, std::string_view shopper, std::span<const Event> events) {
  Columns& columns = part.columns;
  for (const Event& event : events) {
    columns.time.push_back(event.time);
    columns.item.push_back(event.item);
    columns.basket.push_back(event.basket);
    columns.price.push_back(event.price);
    columns.quantity.push_back(event.quantity);
    columns.value.push_back(event.value);
    columns.context.push_back(event.context);
    columns.type.push_back(static_cast<uint8_t>(event.type));
  }
  columns.offsets.push_back(columns.time.size());
  columns.names.insert(columns.names.end(), shopper.begin(), shopper.end());
  columns.name_offsets.push_back(columns.names.size());
  ++part.n_shoppers;
  part.n_events += events.size();
  return columns.time.size() >= shard_events_ ? Flush(part) : Status();
}

Status DatasetWriter::Flush(Part& part) {
  const Columns& columns = part.columns;
  if (columns.offsets.size() == 1) return {};
  char number[16];
  std::snprintf(number, sizeof number, "-%05zu", part.shards.size());
  const std::string file = part.name + number + ".safetensors";
  TensorFileWriter writer;
  writer.Add("offsets", columns.offsets);
  writer.Add("time", columns.time);
  writer.Add("item", columns.item);
  writer.Add("basket", columns.basket);
  writer.Add("price", columns.price);
  writer.Add("quantity", columns.quantity);
  writer.Add("value", columns.value);
  writer.Add("context", columns.context);
  writer.Add("type", columns.type);
  writer.Add("name_offsets", columns.name_offsets);
  writer.Add("names", columns.names);
  VITRINE_RETURN_IF_ERROR(writer.Write(staged_.path() + "/" + file));
  VITRINE_ASSIGN_OR_RETURN(const TensorFile written, ReadTensorFile(staged_.path() + "/" + file));
  VITRINE_ASSIGN_OR_RETURN(std::string hash, written.Text("vitrine.sha256"));
  part.shards.push_back(file);
  part.hashes.push_back(std::move(hash));
  part.columns.Clear();
  return {};
}

Result<std::string> DatasetWriter::Commit(Rest rest) {
  VITRINE_RETURN_IF_ERROR(Flush(train_));
  VITRINE_RETURN_IF_ERROR(Flush(test_));
  DatasetInfo& info = rest.info;
  info.n_items = rest.catalogue->size();

  const std::string features_path = staged_.path() + "/features.safetensors";
  TensorFileWriter features;
  AddFeatures(*rest.features, features);
  VITRINE_RETURN_IF_ERROR(features.Write(features_path));
  VITRINE_ASSIGN_OR_RETURN(const TensorFile written, ReadTensorFile(features_path));

  // All that a model may learn from, and nothing of the test part.
  Sha256 sha;
  for (const std::string& hash : train_.hashes) UpdateLine(sha, hash);
  for (size_t i = 0; i < info.n_items; ++i) UpdateLine(sha, (*rest.catalogue)[i].id);
  for (const std::string& context : rest.contexts) UpdateLine(sha, context);
  for (const auto& [key, value] : written.metadata()) UpdateLine(sha, key + "=" + value);
  UpdateLine(sha, kEventTypeNames[static_cast<size_t>(info.target)]);
  info.hash = sha.Finish();

  const auto describe = [](const Part& part) {
    return Json{{"shoppers", part.n_shoppers}, {"events", part.n_events}, {"shards", part.shards}};
  };
  const Json root = {{"format", kDatasetFormat},
                     {"version", kDatasetVersion},
                     {"split", kSplitNames[static_cast<size_t>(info.split)]},
                     {"cut_time", info.cut_time},
                     {"seed", static_cast<int64_t>(info.seed)},
                     {"n_items", info.n_items},
                     {"n_baskets", info.n_baskets},
                     {"first_time", info.first_time},
                     {"last_time", info.last_time},
                     {"target", kEventTypeNames[static_cast<size_t>(info.target)]},
                     {"hash", info.hash},
                     {"contexts", rest.contexts},
                     {"train", describe(train_)},
                     {"test", describe(test_)}};
  VITRINE_RETURN_IF_ERROR(
      WriteTextFile(staged_.path() + "/catalogue.json", rest.catalogue->ToJson()));
  VITRINE_RETURN_IF_ERROR(WriteTextFile(staged_.path() + "/report.json", rest.report));
  VITRINE_RETURN_IF_ERROR(
      WriteTextFile(staged_.path() + "/" + std::string(kDatasetFile),
                    root.dump(2, ' ', false, Json::error_handler_t::replace) + "\n"));
  VITRINE_RETURN_IF_ERROR(staged_.Commit());
  return info.hash;
}

}  // namespace vitrine
