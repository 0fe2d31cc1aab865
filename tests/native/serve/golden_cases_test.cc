// The golden cases of tests/cases/serve, which Node and the page read too: small model files, and
// histories with the lists that the reference model makes of them in double precision.
//
// VITRINE_UPDATE_CASES=1 writes them anew.
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <numeric>

#include "core/aligned_buffer.h"
#include "core/rng.h"
#include "data/catalogue.h"
#include "data/feature_fit.h"
#include "format/files.h"
#include "format/quantize.h"
#include "layers/frequency.h"
#include "models/sequence_shape.h"
#include "serve/recommender.h"
#include "serve/reference_model.h"
#include "train/blend.h"
#include "train/model_writer.h"

namespace vitrine {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kItems = 40, kHidden = 24, kLatent = 6, kNeighbours = 5;
constexpr int64_t kNow = 1700000000;
const std::string kFolder = std::string(VITRINE_TEST_CASES) + "/serve/";

Matrix RandomMatrix(size_t rows, size_t cols, uint64_t stream) {
  Matrix m(rows, cols);
  Rng rng(11, stream);
  for (size_t r = 0; r < rows; ++r) {
    for (size_t c = 0; c < cols; ++c) m(r, c) = 0.5f * rng.Normal();
  }
  return m;
}

using Add = std::function<void(const std::string& name, size_t rows, size_t cols)>;

// One of `tied` tables is as wide as its latent, and is its decoder, too.
void AddRandomRecVae(bool tied, const Add& add, TensorFileWriter& writer) {
  constexpr size_t kLayers = 3;
  const size_t latent = tied ? kHidden : kLatent;
  writer.SetMetadata("vitrine.tables",
                     tied ? "vae.encoder.table" : "vae.encoder.table vae.item.table");
  writer.SetMetadata("vae.kind", "recvae");
  writer.SetMetadata("vae.hidden", int64_t{kHidden});
  writer.SetMetadata("vae.latent", static_cast<int64_t>(latent));
  writer.SetMetadata("vae.layers", int64_t{kLayers});
  add("vae.encoder.table", kItems, kHidden);
  add("vae.encoder.bias", 1, kHidden);
  for (size_t i = 0; i < kLayers; ++i) {
    const std::string name = "vae.encoder" + std::to_string(i);
    if (i > 0) {
      add(name + ".weight", kHidden, kHidden);
      add(name + ".bias", 1, kHidden);
    }
    add(name + ".norm.gain", 1, kHidden);
    add(name + ".norm.bias", 1, kHidden);
  }
  add("vae.latent.weight", 2 * latent, kHidden);
  add("vae.latent.bias", 1, 2 * latent);
  if (!tied) add("vae.item.table", kItems, kLatent);
  add("vae.item.bias", 1, kItems);
}

// What the gan that knows contexts can be told.
constexpr std::array<const char*, 3> kContext = {"country=DE", "country=FR", "device=phone"};

// `kind` is shopper, context (a shopper's, too), item or noise.
void AddRandomGan(const std::string& kind, const Add& add, TensorFileWriter& writer) {
  constexpr size_t kFirst = 20, kNoise = 5;
  writer.SetMetadata("gan.kind", kind == "context" ? "shopper" : kind);
  writer.SetMetadata("gan.layers", int64_t{2});
  writer.SetMetadata("gan.width", int64_t{kHidden});
  add("gan.item.table", kItems, kHidden);
  if (kind == "shopper" || kind == "context") {
    writer.SetMetadata("vitrine.tables", "gan.condition.table gan.item.table");
    writer.SetMetadata("gan.noise", int64_t{kNoise});
    writer.SetMetadata("gan.seed", int64_t{7});
    writer.SetMetadata("gan.rectified", int64_t{0});
    writer.SetMetadata("gan.layer0.width", int64_t{kFirst});
    add("gan.condition.table", kItems, kFirst);
    add("gan.noise.weight", kFirst, kNoise);
    add("gan.layer0.bias", 1, kFirst);
    add("gan.layer1.weight", kHidden, kFirst);
    add("gan.layer1.bias", 1, kHidden);
    add("gan.item.bias", 1, kItems);
    if (kind == "shopper") return;
    writer.SetMetadata("gan.context", int64_t{kContext.size()});
    writer.SetMetadata("gan.context.fade", 3.0);
    add("gan.context.table", kContext.size(), kFirst);
    writer.AddText("gan.context.names", Json(kContext).dump());
    return;
  }
  writer.SetMetadata("vitrine.tables", "gan.item.table");
  if (kind == "item") {
    add("gan.shopper.weight", kHidden, kHidden);
    add("gan.shopper.bias", 1, kHidden);
    add("gan.item.bias", 1, kItems);
  } else {
    add("gan.sample.size", 1, kHidden);
  }
}

constexpr size_t kWindow = 3, kLowFrequencies = 2;  // shorter than the longest history

void AddRandomSequence(const Add& add, TensorFileWriter& writer) {
  constexpr size_t kDim = 12, kInner = 20, kBlocks = 2, kHeads = 2;
  writer.SetMetadata("vitrine.tables", "sequence.item.table");
  writer.SetMetadata("sequence.dim", int64_t{kDim});
  writer.SetMetadata("sequence.inner", int64_t{kInner});
  writer.SetMetadata("sequence.blocks", int64_t{kBlocks});
  writer.SetMetadata("sequence.heads", int64_t{kHeads});
  writer.SetMetadata("sequence.max_length", int64_t{kWindow});
  writer.SetMetadata("sequence.types", int64_t{1});
  writer.SetMetadata("sequence.gaps", int64_t{1});
  writer.SetMetadata("sequence.frequency", 0.7);
  add("sequence.item.table", kItems, kDim);
  add("sequence.place.table", kWindow, kDim);
  add("sequence.type.table", kEventTypes, kDim);
  add("sequence.gap.table", SequenceShape::kGaps, kDim);
  add("sequence.input.gain", 1, kDim);
  add("sequence.input.bias", 1, kDim);
  for (size_t i = 0; i < kBlocks; ++i) {
    const std::string name = "sequence.block" + std::to_string(i) + ".";
    for (const char* layer : {"query", "key", "value", "output"}) {
      add(name + layer + ".weight", kDim, kDim);
      add(name + layer + ".bias", 1, kDim);
    }
    add(name + "inner.weight", kInner, kDim);
    add(name + "inner.bias", 1, kInner);
    add(name + "outer.weight", kDim, kInner);
    add(name + "outer.bias", 1, kDim);
    add(name + "frequency.rescale", 1, kDim);
    for (const char* norm : {"attention", "frequency", "final"}) {
      add(name + norm + ".gain", 1, kDim);
      add(name + norm + ".bias", 1, kDim);
    }
  }
}

void LowPass(Matrix& kernel) {
  std::ranges::copy(LowPassKernel<float>(kWindow, kLowFrequencies), kernel.data());
}

// Every product says something of `kNeighbours` others, and the last one nothing.
Csr RandomSparseTable() {
  Csr table;
  table.cols = kItems;
  Rng rng(5, 5);
  for (uint32_t i = 0; i < kItems; ++i) {
    std::vector<uint32_t> others;
    for (uint32_t k = 1; k <= kNeighbours && i + 1 < kItems; ++k) {
      others.push_back((i + 3 * k) % kItems);
    }
    std::ranges::sort(others);
    for (const uint32_t other : others) {
      table.indices.push_back(other);
      table.values.push_back(rng.Normal());
    }
    table.EndRow();
  }
  return table;
}

// A blend of the models that are already there.
void WriteBlend() {
  const std::vector<std::pair<std::string, float>> parts = {
      {"linear", 0.5f}, {"sequence", 0.3f}, {"personal-frequency", 0.2f}};
  std::vector<TensorFile> files;
  TensorFileWriter writer;
  for (const auto& [name, weight] : parts) {
    files.push_back(*ReadTensorFile(kFolder + name + ".safetensors"));
  }
  const TensorFile& first = files.front();
  for (const auto& [key, value] : first.metadata()) {
    if (key != "vitrine.tables" && key != "vitrine.sha256") writer.SetMetadata(key, value);
  }
  writer.SetMetadata("vitrine.model", "blend");
  writer.SetMetadata("blend.parts", static_cast<int64_t>(parts.size()));
  writer.AddAll(first, "catalogue", "catalogue");
  writer.AddAll(first, "popularity", "popularity");
  writer.AddAll(first, "features.", "features.");
  std::string tables;
  for (size_t i = 0; i < parts.size(); ++i) {
    ASSERT_TRUE(AddPart(files[i], i, parts[i].second, writer).ok());
    tables += (tables.empty() ? "" : " ") + PartTables(files[i], i);
  }
  writer.SetMetadata("vitrine.tables", tables.substr(0, tables.find_last_not_of(' ') + 1));
  ASSERT_TRUE(writer.Write(kFolder + "blend.safetensors").ok());
  ASSERT_TRUE(WriteAs(*ReadTensorFile(kFolder + "blend.safetensors"), DType::kI8,
                      kFolder + "blend-int8.safetensors")
                  .ok());
}

const std::vector<std::string> kFiles = {"vae",
                                         "vae-f16",
                                         "vae-int8",
                                         "vae-int4",
                                         "recvae",
                                         "recvae-int8",
                                         "compact",
                                         "compact-int8",
                                         "compact-pq",
                                         "sequence-pq",
                                         "gan",
                                         "gan-int8",
                                         "gan-context",
                                         "gan-context-int8",
                                         "gan-item",
                                         "gan-item-int8",
                                         "gan-noise",
                                         "gan-noise-int8",
                                         "sequence",
                                         "sequence-int8",
                                         "linear",
                                         "linear-f16",
                                         "linear-int8",
                                         "linear-int4",
                                         "linear-sparse",
                                         "linear-sparse-int8",
                                         "linear-adapt",
                                         "item-knn",
                                         "markov",
                                         "forward",
                                         "forward-int8",
                                         "popularity",
                                         "personal-frequency",
                                         "blend",
                                         "blend-int8",
                                         "vae-int8-adapt",
                                         "sequence-int8-adapt",
                                         "gan-int8-adapt",
                                         "blend-int8-adapt"};

void AddAdapter(const Csr& table, TensorFileWriter& writer) {
  writer.Add("adapt.table.offsets", table.offsets);
  writer.Add("adapt.table.items", table.indices);
  writer.Add("adapt.table.values", table.values);
  writer.SetMetadata("adapt.gain", 0.5);
  writer.SetMetadata("adapt.decay", 0.75);
  writer.SetMetadata("adapt.purchase_weight", 2.0);
  writer.SetMetadata("adapt.sharpness", 1.5);
}

// A model of the kind `model` with random weights.
void WriteRandomModel(const std::string& model) {
  TensorFileWriter writer;
  const bool is_gan = model.starts_with("gan");
  const bool is_recvae = model == "recvae" || model == "compact";
  writer.SetMetadata("vitrine.model", is_recvae                     ? "vae"
                                      : model.starts_with("linear") ? "linear"
                                      : is_gan                      ? "gan"
                                                                    : model);
  writer.SetMetadata("vitrine.items", int64_t{kItems});
  writer.SetMetadata("serve.repeats", int64_t{model == "personal-frequency"});
  writer.SetMetadata("data.hash", "golden");
  ProfileOptions profile;
  if (model == "item-knn" || model == "personal-frequency" || model == "forward") {
    profile.binary = false;
    profile.half_life_days = 20;
  }
  if (model == "markov") profile.last = 1;
  AddProfile(profile, writer);

  std::vector<Product> products(kItems);
  for (size_t i = 0; i < kItems; ++i) {
    products[i] = {.id = "P" + std::to_string(i),
                   .title = "Product \xE2\x84\x96 " + std::to_string(i),
                   .category = i % 2 == 0 ? "even" : "odd",
                   .price = 1.5f * static_cast<float>(i + 1)};
  }
  writer.AddText("catalogue", Catalogue::Create(std::move(products))->ToJson());
  const FeatureParams features{.price_quantiles = {5, 10, 20, 40},
                               .rating_mean = 3.5f,
                               .item_repeat_days = std::vector<float>(kItems, 14)};
  AddFeatures(features, writer);
  std::vector<float> popularity(kItems);
  for (size_t i = 0; i < kItems; ++i) popularity[i] = static_cast<float>(i * 7 % 31);
  writer.Add("popularity", popularity);

  std::vector<Matrix> kept;
  kept.reserve(100);  // the writer borrows them
  const Add add = [&](const std::string& name, size_t rows, size_t cols) {
    kept.push_back(RandomMatrix(rows, cols, kept.size()));
    writer.Add(name, kept.back());
  };
  const Csr sparse = RandomSparseTable();
  if (is_recvae) {
    AddRandomRecVae(model == "compact", add, writer);
  } else if (is_gan) {
    AddRandomGan(model == "gan" ? "shopper" : model.substr(4), add, writer);
  } else if (model == "sequence") {
    AddRandomSequence(add, writer);
    LowPass(kept.emplace_back(1, kWindow));
    writer.Add("sequence.frequency.kernel", kept.back());
  } else if (model == "vae") {
    writer.SetMetadata("vitrine.tables", "vae.encoder.table vae.item.table");
    writer.SetMetadata("vae.hidden", int64_t{kHidden});
    writer.SetMetadata("vae.latent", int64_t{kLatent});
    add("vae.encoder.table", kItems, kHidden);
    add("vae.encoder.bias", 1, kHidden);
    add("vae.latent.weight", 2 * kLatent, kHidden);
    add("vae.latent.bias", 1, 2 * kLatent);
    add("vae.decoder.weight", kHidden, kLatent);
    add("vae.decoder.bias", 1, kHidden);
    add("vae.item.table", kItems, kHidden);
    add("vae.item.bias", 1, kItems);
  } else if (model == "linear" || model == "forward") {
    writer.SetMetadata("vitrine.tables", "linear.table");
    add("linear.table", kItems, kItems);
    if (model == "forward") writer.Add("linear.bias", popularity);
  } else if (model == "item-knn" || model == "markov" || model == "linear-sparse") {
    AddSparseTable(sparse, writer);
  } else if (model == "popularity") {
    writer.Add("popularity.table", popularity);
  }
  const std::string path = kFolder + model + ".safetensors";
  ASSERT_TRUE(writer.Write(path).ok());
  const std::pair<const char*, DType> precisions[] = {
      {"-f16", DType::kF16}, {"-int8", DType::kI8}, {"-int4", DType::kU8}};
  for (const auto& [suffix, dtype] : precisions) {
    const std::string name = model + suffix;
    if (std::ranges::count(kFiles, name) == 0) continue;
    ASSERT_TRUE(WriteAs(*ReadTensorFile(path), dtype, kFolder + name + ".safetensors").ok());
  }
  if (std::ranges::count(kFiles, model + "-pq") > 0) {
    const std::string coded = kFolder + model + "-pq.safetensors";
    ASSERT_TRUE(WriteCoded(*ReadTensorFile(path), {}, coded).ok());
  }
}

Event ParseEvent(const Json& json) {
  Event event{.time = json["time"].get<int64_t>(),
              .item = static_cast<uint32_t>(std::stoul(json["item"].get<std::string>().substr(1))),
              .price = json.value("price", 0.0f),
              .quantity = json.value("quantity", 1.0f),
              .value = json.value("value", 0.0f)};
  for (size_t type = 0; type < kEventTypes; ++type) {
    if (kEventTypeNames[type] == json["type"]) event.type = static_cast<EventType>(type);
  }
  return event;
}

Json Histories() {
  const auto event = [](const char* type, int item, int64_t days_ago) {
    return Json{
        {"type", type}, {"item", "P" + std::to_string(item)}, {"time", kNow - days_ago * 86400}};
  };
  return {{{"name", "nothing known"}, {"history", Json::array()}, {"count", 5}},
          {{"name", "one view"}, {"history", {event("view", 3, 0)}}, {"count", 5}},
          {{"name", "only impressions say nothing"},
           {"history", {event("impression", 3, 1)}},
           {"count", 4}},
          {{"name", "purchases over months, one of them twice"},
           {"history",
            {event("purchase", 1, 90), event("purchase", 8, 60), event("purchase", 1, 20),
             event("cart", 13, 1)}},
           {"count", 10}},
          {{"name", "some products are excluded"},
           {"history", {event("purchase", 2, 3), event("view", 4, 2)}},
           {"exclude", {"P0", "P6", "P12"}},
           {"count", 8}},
          {{"name", "repeats are wanted"},
           {"history", {event("purchase", 2, 3), event("purchase", 5, 2)}},
           {"repeats", true},
           {"count", 6}},
          {{"name", "the whole catalogue"},
           {"history", {event("purchase", 20, 3)}},
           {"repeats", true},
           {"count", kItems}}};
}

// Of a model that can be told a context.
Json ContextHistories() {
  return {{{"name", "a context alone"},
           {"history", Json::array()},
           {"context", {{"country", "DE"}, {"device", "phone"}}},
           {"count", 8}},
          {{"name", "a context of which one value is unknown"},
           {"history", Json::array()},
           {"context", {{"country", "FR"}, {"season", "winter"}}},
           {"exclude", {"P3"}},
           {"count", kItems - 1}},
          {{"name", "a context beside two products"},
           {"history",
            {{{"type", "purchase"}, {"item", "P4"}, {"time", kNow - 7200}},
             {{"type", "view"}, {"item", "P9"}, {"time", kNow - 3600}}}},
           {"context", {{"country", "DE"}}},
           {"count", 9}},
          {{"name", "a context that says nothing"},
           {"history", Json::array()},
           {"context", {{"country", "IT"}}},
           {"count", 5}}};
}

// Places in kContext.
std::vector<uint32_t> ContextOf(const Json& request) {
  std::vector<uint32_t> context;
  if (!request.contains("context")) return context;
  for (uint32_t i = 0; i < kContext.size(); ++i) {
    for (const auto& [name, value] : request["context"].items()) {
      if (name + "=" + value.get<std::string>() == kContext[i]) context.push_back(i);
    }
  }
  return context;
}

// Shoppers whom a model adapts to first.
Json AdaptedHistories() {
  Json histories = Json::array();
  const char* const types[] = {"view", "purchase", "cart", "impression", "view", "uncart"};
  for (const int n : {2, 6, 25}) {
    Json events = Json::array();
    for (int i = 0; i < n; ++i) {
      events.push_back({{"type", types[i % 6]},
                        {"item", "P" + std::to_string((7 * i + i * i) % 40)},
                        {"time", kNow - (n - i) * 3600}});
    }
    histories.push_back({{"name", "adapted to " + std::to_string(n) + " events"},
                         {"history", events},
                         {"adapt", true},
                         {"count", 12}});
  }
  return histories;
}

// A model that is already there, able to adapt.
void WriteAdapting(const std::string& model) {
  const TensorFile file = *ReadTensorFile(kFolder + model + ".safetensors");
  const Csr table = RandomSparseTable();
  TensorFileWriter writer;
  for (const auto& [key, value] : file.metadata()) writer.SetMetadata(key, value);
  writer.AddAll(file, "", "");
  AddAdapter(table, writer);
  ASSERT_TRUE(writer.Write(kFolder + model + "-adapt.safetensors").ok());
}

// What the reference says to `request`, a case of the file.
Json ReferenceAnswer(const TensorFile& file, const Json& request) {
  std::vector<Event> events;
  for (const Json& event : request["history"]) events.push_back(ParseEvent(event));
  std::vector<bool> hidden(kItems);
  bool known = false;
  const bool repeats = request.value("repeats", *file.Integer("serve.repeats") != 0);
  for (const Event& event : events) {
    if (event.type == EventType::kImpression || event.type == EventType::kUncart) continue;
    known = true;
    if (!repeats) hidden[event.item] = true;
  }
  for (const Json& id : request.value("exclude", Json::array())) {
    hidden[std::stoul(id.get<std::string>().substr(1))] = true;
  }
  const std::vector<uint32_t> context = ContextOf(request);
  std::map<uint32_t, double> weights;
  for (const uint32_t value : context) {
    weights[value] = 1 / std::sqrt(static_cast<double>(context.size()));
  }
  std::vector<double> scores;
  if (!context.empty()) {
    const auto profile = ReferenceProfile(file, {events, kNow});
    const auto own = ReferenceGan(file, kItems, profile, weights);
    const auto seed = ReferenceGan(file, kItems, {}, weights);
    const double fade = *file.Real("gan.context.fade");
    const double share = fade / (fade + static_cast<double>(profile.size()));
    for (size_t i = 0; i < kItems; ++i) scores.push_back(share * seed[i] + (1 - share) * own[i]);
  } else if (known) {
    scores = ReferenceScores(file, {events, kNow});
    if (request.value("adapt", false)) {
      const auto biases = ReferenceBiases(file, events, ReferenceGain(file, events));
      for (size_t i = 0; i < kItems; ++i) scores[i] += biases[i];
    }
  } else {
    scores = ReferenceItemValues(file, "popularity");
  }
  std::vector<uint32_t> order(kItems);
  std::iota(order.begin(), order.end(), 0u);
  std::erase_if(order, [&](uint32_t item) { return hidden[item]; });
  std::stable_sort(order.begin(), order.end(),
                   [&](uint32_t a, uint32_t b) { return scores[a] > scores[b]; });
  order.resize(std::min(order.size(), request["count"].get<size_t>()));
  Json answer{{"source", known             ? "model"
                         : context.empty() ? "popular"
                                           : "generated"},
              {"items", Json::array()},
              {"scores", Json::array()}};
  for (const uint32_t item : order) {
    answer["items"].push_back("P" + std::to_string(item));
    answer["scores"].push_back(static_cast<float>(scores[item]));
  }
  return answer;
}

// int8, int4 and pq round activations to 14 bits once, which double precision does not.
double Tolerance(const std::string& file) {
  const auto is = [&](const char* form) { return file.find(form) != std::string::npos; };
  const bool whole = is("-int8") || is("-int4") || is("-pq");
  return whole && !file.starts_with("linear") && !file.starts_with("forward") ? 1e-3 : 1e-4;
}

TEST(GoldenCases, AreWrittenAnewOnRequest) {
  if (std::getenv("VITRINE_UPDATE_CASES") == nullptr)
    GTEST_SKIP() << "set VITRINE_UPDATE_CASES=1 to write tests/cases/serve anew";
  std::filesystem::create_directories(kFolder);
  for (const char* model : {"vae", "recvae", "compact", "gan", "gan-context", "gan-item",
                            "gan-noise", "sequence", "linear", "linear-sparse", "item-knn",
                            "markov", "forward", "popularity", "personal-frequency"}) {
    WriteRandomModel(model);
  }
  WriteBlend();
  for (const char* model : {"linear", "vae-int8", "sequence-int8", "gan-int8", "blend-int8"}) {
    WriteAdapting(model);
  }
  for (const std::string& name : kFiles) {
    const auto file = ReadTensorFile(kFolder + name + ".safetensors");
    ASSERT_TRUE(file.ok()) << file.error().message;
    Json cases{{"model", name + ".safetensors"},
               {"now", kNow},
               {"tolerance", Tolerance(name)},
               {"cases", Json::array()}};
    Json requests = Histories();
    if (name.ends_with("-adapt")) {
      for (const Json& request : AdaptedHistories()) requests.push_back(request);
    }
    if (name.starts_with("gan-context")) {
      for (const Json& request : ContextHistories()) requests.push_back(request);
    }
    for (Json& request : requests) {
      request["expect"] = ReferenceAnswer(*file, request);
      cases["cases"].push_back(request);
    }
    ASSERT_TRUE(WriteTextFile(kFolder + name + ".json", cases.dump(1) + "\n").ok());
  }
}

class GoldenCase : public testing::TestWithParam<std::string> {};

TEST_P(GoldenCase, RecommenderMatchesReference) {
  const Json golden = Json::parse(*ReadTextFile(kFolder + GetParam() + ".json"));
  auto file = ReadTensorFile(kFolder + golden["model"].get<std::string>());
  ASSERT_TRUE(file.ok()) << file.error().message;
  ASSERT_TRUE(file->CheckHash().ok());
  const auto recommender = Recommender::Create(std::move(*file));
  ASSERT_TRUE(recommender.ok()) << recommender.error().message;
  const double tolerance = golden["tolerance"].get<double>();
  for (const Json& request : golden["cases"]) {
    SCOPED_TRACE(request["name"].get<std::string>());
    (*recommender)->Clear();
    for (const Json& event : request["history"])
      ASSERT_TRUE((*recommender)->Track(ParseEvent(event)).ok());
    if (request.value("adapt", false)) {
      AdaptRun run = (*recommender)->BeginAdapting();
      while (run.Step()) {
      }
      (*recommender)->SetAdaptation(run.Finish());
    }
    std::vector<uint32_t> exclude;
    for (const Json& id : request.value("exclude", Json::array())) {
      exclude.push_back(static_cast<uint32_t>(std::stoul(id.get<std::string>().substr(1))));
    }
    const std::vector<uint32_t> context = ContextOf(request);
    const Repeats repeats = !request.contains("repeats") ? Repeats::kByModel
                            : request["repeats"]         ? Repeats::kInclude
                                                         : Repeats::kExclude;
    const auto ranking = (*recommender)
                             ->Recommend({.count = request["count"].get<size_t>(),
                                          .now = golden["now"].get<int64_t>(),
                                          .repeats = repeats,
                                          .exclude = exclude,
                                          .context = context});
    ASSERT_TRUE(ranking.ok()) << ranking.error().message;
    const Json& expect = request["expect"];
    EXPECT_EQ(kSourceNames[static_cast<size_t>(ranking->source)], expect["source"]);
    ASSERT_EQ(ranking->items.size(), expect["items"].size());
    for (size_t i = 0; i < ranking->items.size(); ++i) {
      // A place may go to another product only where their scores are too close to tell apart.
      EXPECT_NEAR(ranking->scores[i], expect["scores"][i].get<double>(), tolerance)
          << "place " << i;
      const std::string id = "P" + std::to_string(ranking->items[i]);
      const auto at = std::find(expect["items"].begin(), expect["items"].end(), id);
      if (at == expect["items"].end()) {
        EXPECT_NEAR(ranking->scores[i], expect["scores"].back().get<double>(), tolerance) << id;
      } else {
        EXPECT_NEAR(
            ranking->scores[i],
            expect["scores"][static_cast<size_t>(at - expect["items"].begin())].get<double>(),
            tolerance)
            << id;
      }
    }
  }
}

// Scales, codebooks and halves as much as weights.
TEST_P(GoldenCase, ANumberThatIsNotFiniteIsFoundWhereverItIs) {
  const TensorFile file = *ReadTensorFile(kFolder + GetParam() + ".safetensors");
  ASSERT_TRUE(file.CheckNumbers().ok());
  for (const TensorInfo& info : file.tensors()) {
    const bool is_half = info.dtype == DType::kF16;
    if ((!is_half && info.dtype != DType::kF32) || info.begin == info.end) continue;
    AlignedBuffer payload = std::move(*AlignedBuffer::Create(file.payload().size()));
    std::ranges::copy(file.payload(), payload.data());
    // The last number becomes an infinity.
    const uint32_t infinity = is_half ? 0x7C00 : 0x7F800000;
    const size_t size = is_half ? 2 : 4;
    std::memcpy(payload.data() + info.end - size, &infinity, size);
    const auto broken =
        TensorFile::Create("broken", {file.tensors(), file.metadata()}, payload.bytes(), nullptr);
    ASSERT_TRUE(broken.ok()) << broken.error().message;
    const Status status = broken->CheckNumbers();
    ASSERT_FALSE(status.ok()) << info.name;
    EXPECT_NE(status.error().message.find("'" + info.name + "'"), std::string::npos);
  }
}

INSTANTIATE_TEST_SUITE_P(Models, GoldenCase, testing::ValuesIn(kFiles), [](const auto& file) {
  std::string name = file.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

}  // namespace
}  // namespace vitrine
