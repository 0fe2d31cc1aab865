#include "train/check_training.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "evaluate/protocol.h"

namespace vitrine {
namespace {

bool LooksAtOrder(std::string_view model) {
  return model == "sequence" || model == "markov" || model == "forward" || model == "tifu-knn";
}

// Whether any shopper did things at different moments.
bool HasOrder(const Shoppers& shoppers) {
  std::vector<Event> events;
  for (size_t i = 0; i < shoppers.size(); ++i) {
    shoppers.Read(i, events);
    if (!events.empty() && events.front().time != events.back().time) return true;
  }
  return false;
}

// What was asked of moments, where no event has one.
Status CheckMoments(const Dataset& dataset, const TrainOptions& options) {
  if (dataset.info().split != Split::kGivenSplit) return {};
  const auto any = [](const std::vector<float>& days) {
    return std::ranges::any_of(days, [](float value) { return value > 0; });
  };
  const char* setting = options.task == Task::kNextBasket         ? "--task next-basket"
                        : any(options.closed_form.window_days)    ? "--window-days"
                        : any(options.closed_form.half_life_days) ? "--half-life-days"
                        : options.gan.context_month               ? "--context-month"
                                                                  : nullptr;
  if (setting == nullptr) return {};
  return {ErrorCode::kInvalidArgument,
          std::string(setting) +
              " needs to know when things were done, which a given split does "
              "not say; leave it out, or prepare a log with times"};
}

Status CheckBatch(const Dataset& dataset, const TrainOptions& options) {
  const size_t n_shoppers = dataset.train().size();
  size_t batch_size = 0, n_samples = 0;
  const char* samples = "shoppers";
  if (options.model == "vae") {
    n_samples = n_shoppers;
    batch_size = IsRecVae(options.variant) ? options.recvae.batch_size : options.vae.batch_size;
  } else if (options.model == "gan") {
    const bool of_items = options.gan.side == GanSide::kItem;
    n_samples = of_items ? dataset.info().n_items : n_shoppers;
    samples = of_items ? "products" : "shoppers";
    batch_size = options.gan.batch_size;
  } else if (options.model == "sequence") {
    n_samples = dataset.train().n_events();
    samples = "events";
    batch_size = options.sequence.batch_size;
  }
  if (batch_size <= n_samples) return {};
  return {ErrorCode::kInvalidArgument, "--batch-size " + std::to_string(batch_size) +
                                           " is larger than the " + std::to_string(n_samples) +
                                           " " + samples + " to train on; use a smaller one"};
}

}  // namespace

Status CheckTraining(const Dataset& dataset, const TrainOptions& options) {
  if (std::ranges::find(kModelNames, options.model) == std::end(kModelNames)) {
    std::string known;
    for (const char* name : kModelNames) known += (known.empty() ? "" : ", ") + std::string(name);
    return {ErrorCode::kInvalidArgument,
            "there is no model '" + options.model + "'; choose one of " + known};
  }
  VITRINE_RETURN_IF_ERROR(options.vae.Check());
  VITRINE_RETURN_IF_ERROR(options.recvae.Check());
  VITRINE_RETURN_IF_ERROR(options.gan.Check());
  VITRINE_RETURN_IF_ERROR(options.sequence.Check());
  if (!(options.validation_fraction > 0 && options.validation_fraction < 1)) {
    return {ErrorCode::kInvalidArgument, "--validation-fraction must lie between 0 and 1"};
  }
  VITRINE_RETURN_IF_ERROR(CheckPrefixes(dataset, options.prefixes));
  VITRINE_RETURN_IF_ERROR(CheckBatch(dataset, options));
  VITRINE_RETURN_IF_ERROR(CheckMoments(dataset, options));
  if (LooksAtOrder(options.model) && !HasOrder(dataset.train())) {
    return {ErrorCode::kInvalidArgument,
            "no shopper has events at two moments, and " + options.model +
                " learns from their order; train another model, or prepare a log with times"};
  }
  if (options.model == "tifu-knn" && options.task != Task::kNextBasket) {
    return {
        ErrorCode::kInvalidArgument,
        "tifu-knn foresees next baskets alone; add --task next-basket, or choose another model"};
  }
  if (options.model == "sequence" && options.sequence.negatives > dataset.info().n_items) {
    return {ErrorCode::kInvalidArgument,
            "--negatives " + std::to_string(options.sequence.negatives) + " is more than the " +
                std::to_string(dataset.info().n_items) +
                " products there are; use fewer, or 0 for all of them"};
  }
  if (options.model != "blend") return {};
  if (options.parts.size() < 2) {
    return {ErrorCode::kInvalidArgument, "--parts: a blend has two parts or more; name another"};
  }
  for (const std::string& name : options.parts) {
    if (name == "blend" || name == "tifu-knn") {
      return {ErrorCode::kInvalidArgument, "--parts: '" + name + "' cannot be blended"};
    }
    if (!IsIterated(name) && std::ranges::count(options.parts, name) > 1) {
      return {ErrorCode::kInvalidArgument,
              "--parts: " + name + " twice is the same twice; name it once"};
    }
    TrainOptions part = options;
    part.model = name;
    if (const Status status = CheckTraining(dataset, part); !status.ok()) {
      return {status.error().code, "--parts: " + status.error().message};
    }
  }
  return {};
}

}  // namespace vitrine
