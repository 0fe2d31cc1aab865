// The recommender as the page sees it: one class, whose calls take and give numbers, texts and
// views of memory. Embind's objects with fields cost the download twice as much.
#include <emscripten/bind.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <limits>
#include <memory>
#include <optional>
#include <span>
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

// A page's numbers are doubles; seconds fit them exactly.
int64_t Seconds(double time) { return static_cast<int64_t>(std::floor(time)); }

// Calls that can fail return whether they went well; if not, Code and Message say why. What a call
// found is read by further calls, until the next of its kind. A view of memory holds until anything
// else is called: the page copies it at once.
class Engine {
 public:
  // A model file arrives, in the place of one that began before: first its header, tensor by tensor
  // and entry by entry. The types are the page's to get right; what they say is checked in Open.
  void Begin(const std::string& name) {
    name_ = name;
    contents_ = {};
    payload_ = {};
    hash_ = {};
  }
  bool AddTensor(const std::string& name, const std::string& dtype, const val& shape, double begin,
                 double end) {
    const auto parsed = ParseDType(dtype);
    if (!parsed.ok()) return Fail(parsed.error());
    TensorInfo& info = contents_.tensors.emplace_back();
    info.name = name;
    info.dtype = *parsed;
    for (const double n : emscripten::convertJSArrayToNumberVector<double>(shape)) {
      info.shape.push_back(static_cast<uint64_t>(n));
    }
    info.begin = static_cast<uint64_t>(begin);
    info.end = static_cast<uint64_t>(end);
    return true;
  }
  void AddMetadata(const std::string& key, const std::string& value) {
    contents_.metadata[key] = value;
  }

  // Then a payload of `n_bytes`, which the page fills from the front.
  bool Allocate(double n_bytes) {
    if (n_bytes > static_cast<double>(std::numeric_limits<size_t>::max() - kAlignment)) {
      return Fail({ErrorCode::kOutOfMemory, "the model is larger than a page's memory can be"});
    }
    auto buffer = AlignedBuffer::Create(static_cast<size_t>(n_bytes));
    if (!buffer.ok()) return Fail(buffer.error());
    payload_ = std::make_shared<AlignedBuffer>(std::move(*buffer));
    HashContents(contents_, hash_);
    return true;
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
  bool Open() {
    const std::shared_ptr<AlignedBuffer> payload = std::move(payload_);
    auto file = TensorFile::Create(name_, std::move(contents_), payload->bytes(), payload);
    if (!file.ok()) return Fail(file.error());
    if (const Status hash = file->CheckHash(hash_.Finish()); !hash.ok()) return Fail(hash.error());
    if (const Status numbers = file->CheckNumbers(); !numbers.ok()) return Fail(numbers.error());
    auto recommender = Recommender::Create(std::move(*file));
    if (!recommender.ok()) return Fail(recommender.error());
    recommender_ = std::move(*recommender);
    return true;
  }

  std::string Code() const { return ErrorCodeName(error_.code); }
  std::string Message() const { return error_.message; }

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

  size_t ItemCount() const { return recommender_->n_items(); }
  std::string ModelName() const { return std::string(recommender_->model().name()); }

  // The bytes of the file's tensor of this name; undefined, a failure, where it has none.
  val Tensor(const std::string& name) {
    const auto values = recommender_->file().Values<uint8_t>(name);
    if (values.ok()) return Bytes(std::as_bytes(*values));
    Fail(values.error());
    return val::undefined();
  }

  // The number of the event that a shop calls `name`; -1 for one that the history has no use for.
  int EventTypeOf(const std::string& name) const {
    const auto found = FindEvent(name);
    return found && !found->cancels ? static_cast<int>(found->type) : -1;
  }
  bool Track(int type, uint32_t item, double time, uint32_t basket, float price, float quantity,
             float value, uint32_t context) {
    Event event{.time = Seconds(time), .item = item, .type = static_cast<EventType>(type)};
    event.basket = basket;
    event.price = price;
    event.quantity = quantity;
    event.value = value;
    event.context = static_cast<uint16_t>(context);
    const Status status = recommender_->Track(event);
    return status.ok() || Fail(status.error());
  }
  void Clear() { recommender_->Clear(); }

  // Of each event, ascending in time, what Track was given.
  val Events() {
    numbers_.clear();
    for (const Event& event : recommender_->events()) {
      Put({static_cast<double>(event.type), static_cast<double>(event.item),
           static_cast<double>(event.time), static_cast<double>(event.basket), event.price,
           static_cast<double>(event.quantity), event.value, static_cast<double>(event.context)});
    }
    return View(numbers_);
  }

  // `repeats` in the order of Repeats; `exclude`: a Uint32Array of items; `context`: one of places
  // in the tensor "gan.context.names"; `explore`: the share of the slots to explore, by
  // `categories` of all items, a Uint32Array, or without.
  bool Recommend(double count, double now, int repeats, const val& exclude, const val& context,
                 float explore, uint32_t seed, const val& categories) {
    Request request = MakeRequest(count, now, repeats, exclude, context);
    const auto groups = emscripten::convertJSArrayToNumberVector<uint32_t>(categories);
    request.explore = {explore, seed, groups};
    auto ranking = recommender_->Recommend(request);
    if (!ranking.ok()) return Fail(ranking.error());
    ranking_ = std::move(*ranking);
    return true;
  }
  // The list, best first, and its source in the order of Source. After Explain: the products of the
  // history, and what each contributes.
  val Items() const { return View(ranking_.items); }
  val Scores() const { return View(ranking_.scores); }
  val Propensities() const { return View(ranking_.propensities); }
  int ListSource() const { return static_cast<int>(ranking_.source); }
  bool Calibrated() const { return ranking_.calibrated; }

  // Why `item` is in that list, or is not.
  bool Explain(uint32_t item, double count, double now, int repeats, const val& exclude,
               const val& context) {
    auto found = vitrine::Explain(*recommender_, recommender_->events(), item,
                                  MakeRequest(count, now, repeats, exclude, context),
                                  recommender_->adaptation());
    if (!found.ok()) return Fail(found.error());
    ranking_ = {.source = found->source};
    for (const Reason& reason : found->reasons) {
      ranking_.items.push_back(reason.item);
      ranking_.scores.push_back(reason.contribution);
    }
    without_ = std::move(found->without);
    numbers_.clear();
    Put({found->score, found->base, found->interaction, found->listed ? 1.0 : 0.0,
         static_cast<double>(found->rule), found->adapted});
    numbers_.insert(numbers_.end(), found->context.begin(), found->context.end());
    return true;
  }
  // Its score, base and interaction, whether it is listed (1) or not (0), the rule in the order of
  // Rule, what adapting adds, and what each value of the context contributes.
  val Explanation() const { return View(numbers_); }
  val Without() const { return View(without_); }

  // Adapting, step by step, so that the page can stop at its budget: AdaptBegin, AdaptStep until it
  // is false or time is up, then AdaptEnd; without that, what was learnt before stays.
  bool AdaptBegin() {
    if (!CanAdapt()) return false;
    adapting_.emplace(recommender_->BeginAdapting());
    return true;
  }
  bool AdaptStep() { return adapting_->Step(); }
  // Returns the gain. Without a step there is nothing to learn from, and what was learnt before
  // stands.
  double AdaptEnd() {
    const Adaptation* before = recommender_->adaptation();
    if (before == nullptr || adapting_->n_steps() > 0) {
      recommender_->SetAdaptation(adapting_->Finish());
      before = recommender_->adaptation();
    }
    adapting_.reset();
    return before->gain;
  }
  // What was learnt; nothing where nothing was.
  val SavedAdaptation() {
    const Adaptation* adaptation = recommender_->adaptation();
    saved_ = adaptation == nullptr ? "" : recommender_->adapter()->Save(*adaptation);
    return Bytes(std::as_bytes(std::span(saved_.data(), saved_.size())));
  }
  bool RestoreAdaptation(const std::string& bytes) {
    if (!CanAdapt()) return false;
    auto adaptation = recommender_->adapter()->Restore(bytes);
    if (!adaptation.ok()) return Fail(adaptation.error());
    recommender_->SetAdaptation(std::move(*adaptation));
    return true;
  }
  void ResetAdaptation() { recommender_->ResetAdaptation(); }

  // Seven numbers on the shopper, then ten on each product of the history.
  val Features(double now) {
    std::vector<ItemFeatures> items;
    ShopperFeatures shopper;
    ComputeFeatures(recommender_->features(), {recommender_->events(), Seconds(now)}, items,
                    shopper);
    numbers_.clear();
    Put({static_cast<double>(shopper.n_events), static_cast<double>(shopper.n_items),
         static_cast<double>(shopper.n_visits), static_cast<double>(shopper.n_baskets),
         shopper.days_known, shopper.days_silent, shopper.mean_price_bucket});
    for (const ItemFeatures& item : items) {
      Put({static_cast<double>(item.item), static_cast<double>(item.n_events),
           static_cast<double>(item.n_purchases), static_cast<double>(item.n_visits),
           static_cast<double>(item.price_bucket), item.log_count, item.log_recency, item.log_dwell,
           item.rating, item.due});
    }
    return View(numbers_);
  }

 private:
  bool CanAdapt() {
    return recommender_->adapter() != nullptr ||
           Fail({ErrorCode::kUnsupported, "the model cannot adapt; train it with --adapt"});
  }

  bool Fail(Error error) {
    error_ = std::move(error);
    return false;
  }

  void Put(std::initializer_list<double> numbers) {
    numbers_.insert(numbers_.end(), numbers.begin(), numbers.end());
  }

  static val Bytes(std::span<const std::byte> bytes) {
    return val(typed_memory_view(bytes.size(), reinterpret_cast<const uint8_t*>(bytes.data())));
  }

  template <class T>
  static val View(const std::vector<T>& values) {
    return val(typed_memory_view(values.size(), values.data()));
  }

  // Its lists lie in excluded_ and context_.
  Request MakeRequest(double count, double now, int repeats, const val& exclude,
                      const val& context) {
    excluded_ = emscripten::convertJSArrayToNumberVector<uint32_t>(exclude);
    context_ = emscripten::convertJSArrayToNumberVector<uint32_t>(context);
    // Beyond 2^32 a number of products is as good as any other that no catalogue has.
    return {.count = static_cast<size_t>(std::clamp(count, 0.0, 4294967295.0)),
            .now = Seconds(now),
            .repeats = static_cast<Repeats>(repeats),
            .exclude = excluded_,
            .context = context_,
            .explore = {}};
  }

  Error error_{};

  // Of the file that arrives.
  std::string name_;
  TableOfContents contents_;
  std::shared_ptr<AlignedBuffer> payload_;
  Sha256 hash_;

  std::unique_ptr<Recommender> recommender_;
  std::vector<uint32_t> excluded_, context_;
  std::optional<AdaptRun> adapting_;
  std::string saved_;
  // What the latest calls found.
  Ranking ranking_;
  std::vector<uint32_t> without_;
  std::vector<double> numbers_;
};

EMSCRIPTEN_BINDINGS(vitrine) {
  emscripten::class_<Engine>("Engine")
      .constructor<>()
      .function("simd", &Engine::Simd)
      .function("areKernelsRight", &Engine::AreKernelsRight)
      .function("setCoarseKernels", &Engine::SetCoarseKernels)
      .function("begin", &Engine::Begin)
      .function("addTensor", &Engine::AddTensor)
      .function("addMetadata", &Engine::AddMetadata)
      .function("allocate", &Engine::Allocate)
      .function("payload", &Engine::Payload)
      .function("received", &Engine::Received)
      .function("open", &Engine::Open)
      .function("code", &Engine::Code)
      .function("message", &Engine::Message)
      .function("itemCount", &Engine::ItemCount)
      .function("modelName", &Engine::ModelName)
      .function("tensor", &Engine::Tensor)
      .function("eventType", &Engine::EventTypeOf)
      .function("track", &Engine::Track)
      .function("clear", &Engine::Clear)
      .function("events", &Engine::Events)
      .function("recommend", &Engine::Recommend)
      .function("items", &Engine::Items)
      .function("scores", &Engine::Scores)
      .function("propensities", &Engine::Propensities)
      .function("source", &Engine::ListSource)
      .function("calibrated", &Engine::Calibrated)
      .function("explain", &Engine::Explain)
      .function("explanation", &Engine::Explanation)
      .function("without", &Engine::Without)
      .function("adaptBegin", &Engine::AdaptBegin)
      .function("adaptStep", &Engine::AdaptStep)
      .function("adaptEnd", &Engine::AdaptEnd)
      .function("savedAdaptation", &Engine::SavedAdaptation)
      .function("restoreAdaptation", &Engine::RestoreAdaptation)
      .function("resetAdaptation", &Engine::ResetAdaptation)
      .function("features", &Engine::Features);
}

}  // namespace
}  // namespace vitrine
