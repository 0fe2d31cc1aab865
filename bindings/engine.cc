// The recommender as the page sees it: one class, plain values, and outcomes in place of
// exceptions.
#include <emscripten/bind.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/aligned_buffer.h"
#include "features/event_names.h"
#include "features/history_features.h"
#include "kernels/known_answers.h"
#include "serve/explain.h"
#include "serve/recommender.h"

namespace vitrine {
namespace {

using emscripten::typed_memory_view;
using emscripten::val;

// What a call gives back. An empty code is success; then `value` is what was asked for, if
// anything. A memory view in it holds until the next call: the page copies it at once.
struct Outcome {
  std::string code;
  std::string message;
  val value = val::undefined();

  Outcome() = default;
  explicit Outcome(val v) : value(std::move(v)) {}
  Outcome(const Error& error)  // NOLINT: implicit on purpose
      : code(ErrorCodeName(error.code)), message(error.message) {}
  Outcome(const Status& status) {  // NOLINT: implicit on purpose
    if (!status.ok()) *this = Outcome(status.error());
  }
};

struct PageRanking {
  val items = val::undefined();   // Uint32Array
  val scores = val::undefined();  // Float32Array
  bool popular = false;
  bool generated = false;
};

struct PageExplanation {
  float score = 0, base = 0, interaction = 0;
  val items = val::undefined();          // Uint32Array: products of the history
  val contributions = val::undefined();  // Float32Array, of each
  bool popular = false;
  bool listed = false;
  val without = val::undefined();  // Uint32Array
};

struct PageFeatures {
  val items = val::array();  // of ItemFeatures
  ShopperFeatures shopper;
};

// A page's numbers are doubles; seconds fit them exactly.
int64_t Seconds(double time) { return static_cast<int64_t>(std::floor(time)); }

class Engine {
 public:
  // A model file arrives: first its header (`tensors`: array of {name, dtype, shape, begin, end};
  // `metadata`: array of [key, value]), for a payload of `n_bytes`, which the page then fills from
  // the front. The types are the page's to get right; what they say is checked in Open.
  Outcome Begin(const std::string& name, double n_bytes, const val& tensors, const val& metadata) {
    name_ = name;
    contents_ = {};
    for (const val& tensor : emscripten::vecFromJSArray<val>(tensors)) {
      auto dtype = ParseDType(tensor["dtype"].as<std::string>());
      if (!dtype.ok()) return Error{dtype.error().code, name + ": " + dtype.error().message};
      TensorInfo& info = contents_.tensors.emplace_back();
      info.name = tensor["name"].as<std::string>();
      info.dtype = *dtype;
      for (const double n : emscripten::vecFromJSArray<double>(tensor["shape"])) {
        info.shape.push_back(static_cast<uint64_t>(n));
      }
      info.begin = static_cast<uint64_t>(tensor["begin"].as<double>());
      info.end = static_cast<uint64_t>(tensor["end"].as<double>());
    }
    for (const val& entry : emscripten::vecFromJSArray<val>(metadata)) {
      contents_.metadata[entry[0].as<std::string>()] = entry[1].as<std::string>();
    }
    if (n_bytes > static_cast<double>(std::numeric_limits<size_t>::max() - kAlignment)) {
      return Error{ErrorCode::kOutOfMemory, "the model is larger than a page's memory can be"};
    }
    auto buffer = AlignedBuffer::Create(static_cast<size_t>(n_bytes));
    if (!buffer.ok()) return buffer.error();
    payload_ = std::make_shared<AlignedBuffer>(std::move(*buffer));
    hash_ = {};
    HashContents(contents_, hash_);
    return {};
  }

  // Of the file that arrives, or of the open one.
  val Payload() const {
    return Bytes(payload_ ? payload_->bytes() : recommender_->file().payload());
  }

  // The page has filled the payload's next bytes, up to `end`. They are hashed while the next ones
  // are on their way.
  void Received(size_t begin, size_t end) {
    hash_.Update(payload_->bytes().subspan(begin, end - begin));
  }

  // All of it is there.
  Outcome Open() {
    const std::shared_ptr<AlignedBuffer> payload = std::move(payload_);
    auto file = TensorFile::Create(name_, std::move(contents_), payload->bytes(), payload);
    if (!file.ok()) return file.error();
    if (const Status hash = file->CheckHash(hash_.Finish()); !hash.ok()) return hash;
    auto recommender = Recommender::Create(std::move(*file));
    if (!recommender.ok()) return recommender.error();
    recommender_ = std::move(*recommender);
    return {};
  }

  // Whether this build computes with vector instructions.
  bool Simd() const {
#if defined(__wasm_simd128__)
    return true;
#else
    return false;
#endif
  }
  bool AreKernelsRight() const { return KernelsAreRight(); }
  // Lets the functions of kernels.wasm at these places of the table take part in lists, of models
  // opened from now on. False, and nothing changed, where they do not give known answers.
  bool SetCoarseKernels(size_t int8, size_t int4) {
    const CoarseKernels kernels{reinterpret_cast<CoarseKernels::Sums>(int8),
                                reinterpret_cast<CoarseKernels::Sums>(int4)};
    if (!CoarseKernelsAreRight(kernels)) return false;
    vitrine::SetCoarseKernels(kernels);
    return true;
  }

  // Whether a context means anything to it.
  bool KnowsContext() const { return recommender_->n_context() > 0; }
  size_t ItemCount() const { return recommender_->n_items(); }
  std::string ModelName() const { return std::string(recommender_->model().name()); }

  // The file's tensor of this name, as bytes.
  Outcome Tensor(const std::string& name) const {
    const TensorFile& file = recommender_->file();
    const auto values = file.Values<uint8_t>(name);
    if (!values.ok()) return values.error();
    return Outcome(Bytes(std::as_bytes(*values)));
  }

  // The number of the event that a shop calls `name`; -1 for one that the history has no use for.
  int EventTypeOf(const std::string& name) const {
    const auto found = FindEvent(name);
    return found && !found->cancels ? static_cast<int>(found->type) : -1;
  }
  Outcome Track(const Event& event) { return recommender_->Track(event); }
  void Clear() { recommender_->Clear(); }
  size_t EventCount() const { return recommender_->events().size(); }
  Event EventAt(size_t index) const { return recommender_->events()[index]; }

  // `repeats` in the order of Repeats; `exclude`: a Uint32Array of items; `context`: one of places
  // in the tensor "context.names".
  Outcome Recommend(double count, double now, int repeats, const val& exclude, const val& context) {
    Request request = MakeRequest(count, now, repeats, exclude);
    context_ = emscripten::convertJSArrayToNumberVector<uint32_t>(context);
    request.context = context_;
    auto ranking = recommender_->Recommend(request);
    if (!ranking.ok()) return ranking.error();
    ranking_ = std::move(*ranking);
    return Outcome(val(PageRanking{.items = View(ranking_.items),
                                   .scores = View(ranking_.scores),
                                   .popular = ranking_.source == Source::kPopular,
                                   .generated = ranking_.source == Source::kGenerated}));
  }

  // Why `item` is in that list, or is not.
  Outcome Explain(uint32_t item, double count, double now, int repeats, const val& exclude) {
    auto found = vitrine::Explain(*recommender_, recommender_->events(), item,
                                  MakeRequest(count, now, repeats, exclude));
    if (!found.ok()) return found.error();
    ranking_ = {};
    for (const Reason& reason : found->reasons) {
      ranking_.items.push_back(reason.item);
      ranking_.scores.push_back(reason.contribution);
    }
    without_ = std::move(found->without);
    return Outcome(val(PageExplanation{.score = found->score,
                                       .base = found->base,
                                       .interaction = found->interaction,
                                       .items = View(ranking_.items),
                                       .contributions = View(ranking_.scores),
                                       .popular = found->source == Source::kPopular,
                                       .listed = found->listed,
                                       .without = View(without_)}));
  }

  PageFeatures Features(double now) const {
    PageFeatures features;
    std::vector<ItemFeatures> items;
    ComputeFeatures(recommender_->features(), {recommender_->events(), Seconds(now)}, items,
                    features.shopper);
    for (const ItemFeatures& item : items) features.items.call<void>("push", item);
    return features;
  }

 private:
  static val Bytes(std::span<const std::byte> bytes) {
    return val(typed_memory_view(bytes.size(), reinterpret_cast<const uint8_t*>(bytes.data())));
  }

  template <class T>
  static val View(const std::vector<T>& values) {
    return val(typed_memory_view(values.size(), values.data()));
  }

  // Its list of excluded items lies in excluded_.
  Request MakeRequest(double count, double now, int repeats, const val& exclude) {
    excluded_ = emscripten::convertJSArrayToNumberVector<uint32_t>(exclude);
    // Beyond 2^32 a number of products is as good as any other that no catalogue has.
    return {.count = static_cast<size_t>(std::clamp(count, 0.0, 4294967295.0)),
            .now = Seconds(now),
            .repeats = static_cast<Repeats>(repeats),
            .exclude = excluded_};
  }

  // Of the file that arrives.
  std::string name_;
  TableOfContents contents_;
  std::shared_ptr<AlignedBuffer> payload_;
  Sha256 hash_;

  std::unique_ptr<Recommender> recommender_;
  // What the latest call gave back views of.
  Ranking ranking_;
  std::vector<uint32_t> without_;
  std::vector<uint32_t> excluded_;
  std::vector<uint32_t> context_;
};

// Numbers that Embind cannot take in 64 bits cross as doubles.
double EventTime(const Event& event) { return static_cast<double>(event.time); }
void SetEventTime(Event& event, double time) { event.time = Seconds(time); }
int EventKind(const Event& event) { return static_cast<int>(event.type); }
void SetEventKind(Event& event, int type) { event.type = static_cast<EventType>(type); }

EMSCRIPTEN_BINDINGS(vitrine) {
  using emscripten::value_object;
  value_object<Outcome>("Outcome")
      .field("code", &Outcome::code)
      .field("message", &Outcome::message)
      .field("value", &Outcome::value);
  value_object<PageRanking>("Ranking")
      .field("items", &PageRanking::items)
      .field("scores", &PageRanking::scores)
      .field("popular", &PageRanking::popular)
      .field("generated", &PageRanking::generated);
  value_object<PageExplanation>("Explanation")
      .field("score", &PageExplanation::score)
      .field("base", &PageExplanation::base)
      .field("interaction", &PageExplanation::interaction)
      .field("items", &PageExplanation::items)
      .field("contributions", &PageExplanation::contributions)
      .field("popular", &PageExplanation::popular)
      .field("listed", &PageExplanation::listed)
      .field("without", &PageExplanation::without);
  value_object<Event>("Event")
      .field("type", &EventKind, &SetEventKind)
      .field("item", &Event::item)
      .field("time", &EventTime, &SetEventTime)
      .field("basket", &Event::basket)
      .field("price", &Event::price)
      .field("quantity", &Event::quantity)
      .field("value", &Event::value)
      .field("context", &Event::context);
  value_object<ItemFeatures>("ItemFeatures")
      .field("item", &ItemFeatures::item)
      .field("nEvents", &ItemFeatures::n_events)
      .field("nPurchases", &ItemFeatures::n_purchases)
      .field("nVisits", &ItemFeatures::n_visits)
      .field("priceBucket", &ItemFeatures::price_bucket)
      .field("logCount", &ItemFeatures::log_count)
      .field("logRecency", &ItemFeatures::log_recency)
      .field("logDwell", &ItemFeatures::log_dwell)
      .field("rating", &ItemFeatures::rating)
      .field("due", &ItemFeatures::due);
  value_object<ShopperFeatures>("ShopperFeatures")
      .field("nEvents", &ShopperFeatures::n_events)
      .field("nItems", &ShopperFeatures::n_items)
      .field("nVisits", &ShopperFeatures::n_visits)
      .field("nBaskets", &ShopperFeatures::n_baskets)
      .field("daysKnown", &ShopperFeatures::days_known)
      .field("daysSilent", &ShopperFeatures::days_silent)
      .field("meanPriceBucket", &ShopperFeatures::mean_price_bucket);
  value_object<PageFeatures>("Features")
      .field("items", &PageFeatures::items)
      .field("shopper", &PageFeatures::shopper);
  emscripten::class_<Engine>("Engine")
      .constructor<>()
      .function("simd", &Engine::Simd)
      .function("areKernelsRight", &Engine::AreKernelsRight)
      .function("setCoarseKernels", &Engine::SetCoarseKernels)
      .function("begin", &Engine::Begin)
      .function("payload", &Engine::Payload)
      .function("received", &Engine::Received)
      .function("open", &Engine::Open)
      .function("knowsContext", &Engine::KnowsContext)
      .function("itemCount", &Engine::ItemCount)
      .function("modelName", &Engine::ModelName)
      .function("tensor", &Engine::Tensor)
      .function("eventType", &Engine::EventTypeOf)
      .function("track", &Engine::Track)
      .function("clear", &Engine::Clear)
      .function("eventCount", &Engine::EventCount)
      .function("eventAt", &Engine::EventAt)
      .function("recommend", &Engine::Recommend)
      .function("explain", &Engine::Explain)
      .function("features", &Engine::Features);
}

}  // namespace
}  // namespace vitrine
