#include "train/gan_trainer.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

#include "core/rng.h"
#include "layers/elementwise.h"
#include "math/activations.h"
#include "models/adam_step.h"
#include "models/gan.h"
#include "train/gan_item_vectors.h"
#include "train/glorot.h"
#include "train/model_writer.h"
#include "train/training_state.h"

namespace vitrine {
namespace {

// Streams of random numbers, so that no two uses share a draw. Steps count from 0 within each.
constexpr uint64_t kInitStream = uint64_t{1} << 60;
constexpr uint64_t kShuffleStream = uint64_t{2} << 60;
constexpr uint64_t kConditionStream = uint64_t{3} << 60;
constexpr uint64_t kNoiseStream = uint64_t{4} << 60;
constexpr uint64_t kShowStream = uint64_t{5} << 60;  // two a step

// Behaviours whose mean cosine distance is below this differ in nothing that counts.
constexpr double kCollapsed = 1e-4;
constexpr size_t kSpreadDraws = 32;
constexpr size_t kWarmUpEpochs = 20;

// Share of the values of a context that are left out: where nothing else is known, and beside a
// behaviour.
constexpr float kLostContext = 0.1f, kLostBesideBehaviour = 0.5f;

constexpr size_t kServedSamples = 256;  // of a generator without a condition
constexpr float kLeastChance = 1e-6f;   // of a product, so that its logarithm is finite

Matrix RowsOf(const Matrix& m, size_t first, size_t n) {
  Matrix rows(n, m.cols());
  for (size_t r = 0; r < n; ++r) std::copy_n(m.Row(first + r), m.cols(), rows.Row(r));
  return rows;
}

}  // namespace

GanTrainer::GanTrainer(const GanOptions& options, uint64_t seed, Csr profiles, ContextRows contexts)
    : options_(options),
      seed_(seed),
      vectors_(options.side == GanSide::kItem ? Transpose(profiles) : std::move(profiles)),
      contexts_(std::move(contexts)),
      backend_(options.precision),
      shape_{.n_items = vectors_.cols,
             .noise = options.noise,
             .generator = options.generator,
             .discriminator = options.discriminator,
             .conditional = options.conditional,
             .context = contexts_.names.size(),
             .rectified = options.rectified},
      params_(shape_),
      grads_(shape_),
      mean_(shape_),
      square_(shape_),
      average_(shape_),
      act_(shape_, std::min(options.batch_size, vectors_.rows())),
      norms_(backend_, params_.discriminator) {
  uint64_t part = 0;
  Params::ForEachPart(params_, [&](const std::string&, Matrix& m) {
    ++part;
    if (m.rows() > 1) GlorotUniform(seed_, kInitStream + (part << 40), m);
  });
  UpdateAverage(backend_, 0, 1, params_.generator, average_);
}

void GanTrainer::AddContext(uint32_t row, uint64_t stream, bool whole) {
  const auto known = contexts_.rows.view().Row(row);
  for (const uint32_t value : known) {
    const auto column = static_cast<uint32_t>(shape_.n_items + value);
    const float draw = ToUniform(RandomBits(seed_, stream, uint64_t{row} << 32 | column)[0]);
    if (draw < (whole ? kLostContext : kLostBesideBehaviour)) continue;
    condition_.indices.push_back(column);
    condition_.values.push_back(GanContextWeight(known.size()));
  }
}

GanBatch GanTrainer::MakeBatch() {
  for (Csr* csr : {&condition_, &behaviour_, &target_}) {
    csr->Clear();
    csr->cols = shape_.n_items;
  }
  condition_.cols = shape_.condition();
  const uint64_t stream = kConditionStream + step_;
  for (const uint32_t row : rows_) {
    const auto items = vectors_.view().Row(row);
    const auto kept = static_cast<float>(1.0 / std::sqrt(static_cast<double>(items.size())) /
                                         (1 - options_.dropout));
    const float free = ToUniform(RandomBits(seed_, stream, uint64_t{row} << 32 | ~uint32_t{0})[0]);
    const bool is_free = !options_.conditional || free < options_.unconditional;
    const bool has_condition =
        !is_free && !(shape_.context > 0 && free < options_.unconditional + options_.context_only);
    for (const uint32_t item : items) {
      behaviour_.indices.push_back(item);
      const float draw = ToUniform(RandomBits(seed_, stream, uint64_t{row} << 32 | item)[0]);
      if (!has_condition || draw < options_.dropout) continue;
      condition_.indices.push_back(item);
      condition_.values.push_back(kept);
    }
    if (shape_.context > 0 && !is_free) AddContext(row, stream, /*whole=*/!has_condition);
    // What is anchored is the whole behaviour; without a condition nothing is.
    if (condition_.indices.size() > condition_.offsets.back()) {
      target_.indices.insert(target_.indices.end(), items.begin(), items.end());
    }
    for (Csr* csr : {&condition_, &behaviour_, &target_}) csr->EndRow();
  }
  twice_ = Twice(condition_);
  condition_transposed_ = Transpose(condition_);
  twice_transposed_ = Transpose(twice_);
  return {.condition = condition_,
          .condition_transposed = condition_transposed_,
          .conditions_twice = twice_,
          .conditions_twice_transposed = twice_transposed_,
          .behaviour = behaviour_,
          .target = target_,
          .noise = {seed_, kNoiseStream + step_, rows_.data()},
          .seed = seed_,
          .stream = kShowStream + 2 * step_++};
}

Result<nlohmann::ordered_json> GanTrainer::RunEpoch() {
  const size_t n = vectors_.rows();
  const std::vector<uint32_t> order = ShuffledRows(n, seed_, kShuffleStream + epoch_);
  Adam<float> generator_adam{.rate = static_cast<float>(options_.learning_rate)};
  Adam<float> discriminator_adam{.rate = static_cast<float>(options_.discriminator_rate),
                                 .beta1 = 0.5f};
  const bool has_adversary = options_.weights.adversary > 0;
  double anchor = 0, deceit = 0, zero = 0, doubt = 0;
  for (size_t first = 0; first < n; first += options_.batch_size) {
    rows_.assign(order.begin() + static_cast<ptrdiff_t>(first),
                 order.begin() + static_cast<ptrdiff_t>(std::min(n, first + options_.batch_size)));
    for (size_t i = 0; has_adversary && i < options_.discriminator_steps; ++i) {
      GanDiscriminatorStep(backend_, shape_, MakeBatch(), options_.weights, params_.generator,
                           params_.discriminator, act_, grads_.discriminator);
      discriminator_adam.SetStep(static_cast<double>(++discriminator_step_));
      StepAdamOfAll(backend_, discriminator_adam, grads_.discriminator, params_.discriminator,
                    mean_.discriminator, square_.discriminator);
      if (options_.weights.loss == GanLoss::kHinge) {
        LimitNorms(backend_, norms_, params_.discriminator);
      }
      for (size_t r = 0; r < 2 * rows_.size(); ++r) {
        doubt += act_.doubt(r, 0) / static_cast<double>(options_.discriminator_steps);
      }
    }
    for (size_t i = 0; i < options_.generator_steps; ++i) {
      GanGeneratorStep(backend_, shape_, MakeBatch(), options_.weights, params_.generator,
                       params_.discriminator, act_, grads_.generator);
      for (size_t r = 0; r < rows_.size(); ++r) {
        anchor += act_.loss(r, 0);
        deceit += act_.deceit(r, 0);
        zero += act_.zero_loss(r, 0);
      }
      if (!std::isfinite(anchor + deceit + zero + doubt)) {
        return Diverged(epoch_ + 1,
                        RateText("--learning-rate", options_.learning_rate) + ", or a smaller " +
                            RateText("--discriminator-rate", options_.discriminator_rate));
      }
      generator_adam.SetStep(static_cast<double>(++generator_step_));
      StepAdamOfAll(backend_, generator_adam, grads_.generator, params_.generator, mean_.generator,
                    square_.generator);
      UpdateAverage(backend_, options_.average, generator_step_, params_.generator, average_);
    }
  }
  ++epoch_;
  const double samples = static_cast<double>(n_samples());
  nlohmann::ordered_json losses{{"loss", (anchor + deceit + zero) / samples},
                                {"anchor", anchor / samples},
                                {"zero_reconstruction", zero / samples}};
  if (!has_adversary) return losses;
  const double spread = Spread();
  losses["deceit"] = deceit / samples;
  losses["doubt"] = doubt / static_cast<double>(n);
  losses["spread"] = spread;
  if (spread < kCollapsed && epoch_ >= kWarmUpEpochs) {
    return Error{ErrorCode::kInvalidArgument,
                 "the generator collapsed in epoch " + std::to_string(epoch_) +
                     ": whatever the noise, it generates the same behaviour; run again with a "
                     "smaller --discriminator-rate or more --generator-steps"};
  }
  return losses;
}

Matrix GanTrainer::GenerateFromNoise(size_t n_draws) const {
  CpuBackend backend;
  GanActivations<CpuBackend> act(shape_, n_draws);
  Csr nothing{.cols = shape_.n_items};
  Csr no_condition{.cols = shape_.condition()};
  std::vector<uint32_t> draws(n_draws);
  std::iota(draws.begin(), draws.end(), 0u);
  for (size_t i = 0; i < n_draws; ++i) {
    nothing.EndRow();
    no_condition.EndRow();
  }
  GanGenerate(backend, shape_,
              {.condition = no_condition,
               .behaviour = nothing,
               .noise = {seed_, kGanServeStream, draws.data()}},
              average_, act);
  Matrix chances(n_draws, shape_.n_items);
  backend.ForEach(n_draws, shape_.n_items,
                  [&](size_t r, size_t c) { chances(r, c) = Logistic{}(act.logits(r, c)); });
  return chances;
}

double GanTrainer::Spread() const {
  Matrix chances = GenerateFromNoise(kSpreadDraws);
  for (size_t r = 0; r < chances.rows(); ++r) {
    float square = 1e-30f;
    for (size_t c = 0; c < chances.cols(); ++c) square += chances(r, c) * chances(r, c);
    for (size_t c = 0; c < chances.cols(); ++c) chances(r, c) /= std::sqrt(square);
  }
  Matrix cosines(kSpreadDraws, kSpreadDraws);
  CpuBackend().Gemm(Trans::kNo, Trans::kYes, 1, chances, chances, 0, cosines);
  double sum = 0;
  for (size_t r = 0; r < kSpreadDraws; ++r) {
    for (size_t c = 0; c < r; ++c) sum += 1 - static_cast<double>(cosines(r, c));
  }
  return sum / (kSpreadDraws * (kSpreadDraws - 1) / 2);
}

void GanTrainer::AddModel(TensorFileWriter& writer) const {
  AddProfile(ProfileOptions{}, writer);
  const size_t n_layers = shape_.generator.size();
  writer.SetMetadata("gan.layers", static_cast<int64_t>(n_layers));
  if (options_.side == GanSide::kItem) {
    GanItemVectors fitted = FitItemVectors(shape_, vectors_, average_, seed_, options_.batch_size);
    Matrix none(1, shape_.generator.back());
    writer.SetMetadata("gan.kind", "item");
    writer.SetMetadata("gan.width", static_cast<int64_t>(shape_.generator.back()));
    writer.SetMetadata("vitrine.tables", "gan.item.table");
    writer.Add("gan.item.table", std::move(fitted.items));
    writer.Add("gan.shopper.weight", std::move(fitted.shopper));
    writer.Add("gan.shopper.bias", std::move(none));
    writer.Add("gan.item.bias", std::move(fitted.bias));
    return;
  }
  if (!options_.conditional) return AddSamples(writer);
  writer.SetMetadata("gan.kind", "shopper");
  writer.SetMetadata("gan.noise", static_cast<int64_t>(shape_.noise));
  writer.SetMetadata("gan.seed", static_cast<int64_t>(seed_));
  writer.SetMetadata("gan.rectified", int64_t{shape_.rectified});
  writer.SetMetadata("gan.width", static_cast<int64_t>(shape_.generator.back()));
  for (size_t i = 0; i + 1 < n_layers; ++i) {
    writer.SetMetadata("gan.layer" + std::to_string(i) + ".width",
                       static_cast<int64_t>(shape_.generator[i]));
  }
  writer.SetMetadata("vitrine.tables", "gan.condition.table gan.item.table");
  GanGenerator<CpuBackend>::ForEachPart(average_, [&](const std::string& name, const Matrix& m) {
    if (name != "gan.condition.table" || shape_.context == 0) return writer.Add(name, m);
    writer.Add(name, RowsOf(m, 0, shape_.n_items));
    writer.Add("gan.context.table", RowsOf(m, shape_.n_items, shape_.context));
  });
  if (shape_.context == 0) return;
  writer.SetMetadata("gan.context", static_cast<int64_t>(shape_.context));
  writer.AddText("gan.context.names", nlohmann::json(contexts_.names).dump());
}

// Generated shoppers as an item table: what each thinks of each product, as the logarithm of its
// share of what the shopper chooses.
void GanTrainer::AddSamples(TensorFileWriter& writer) const {
  const Matrix chances = GenerateFromNoise(kServedSamples);
  Matrix logs(shape_.n_items, kServedSamples), sizes(1, kServedSamples);
  for (size_t k = 0; k < kServedSamples; ++k) {
    double sum = 1e-30;
    for (size_t c = 0; c < shape_.n_items; ++c) sum += chances(k, c);
    sizes(0, k) = static_cast<float>(std::log(sum));
    for (size_t c = 0; c < shape_.n_items; ++c) {
      logs(c, k) = std::log(std::max(chances(k, c), kLeastChance)) - sizes(0, k);
    }
  }
  writer.SetMetadata("gan.kind", "noise");
  writer.SetMetadata("gan.width", static_cast<int64_t>(kServedSamples));
  writer.SetMetadata("vitrine.tables", "gan.item.table");
  writer.Add("gan.item.table", std::move(logs));
  writer.Add("gan.sample.size", std::move(sizes));
}

void GanTrainer::AddState(TensorFileWriter& writer) const {
  AddTrainingState<Params>({epoch_, step_}, params_, mean_, square_, writer);
  writer.SetMetadata("state.generator_step", static_cast<int64_t>(generator_step_));
  writer.SetMetadata("state.discriminator_step", static_cast<int64_t>(discriminator_step_));
  GanGenerator<CpuBackend>::ForEachPart(average_, [&](const std::string& name, const Matrix& m) {
    writer.Add("state.average." + name, m);
  });
  for (size_t i = 0; i < norms_.left.size(); ++i) {
    writer.Add("state.norm" + std::to_string(i), norms_.left[i]);
  }
}

Status GanTrainer::RestoreState(const TensorFile& file) {
  VITRINE_ASSIGN_OR_RETURN(const TrainingPosition position,
                           RestoreTrainingState<Params>(file, params_, mean_, square_));
  VITRINE_ASSIGN_OR_RETURN(const int64_t generator_step, file.Integer("state.generator_step"));
  VITRINE_ASSIGN_OR_RETURN(const int64_t discriminator_step,
                           file.Integer("state.discriminator_step"));
  for (size_t i = 0; i < norms_.left.size(); ++i) {
    VITRINE_RETURN_IF_ERROR(RestoreMatrix(file, "state.norm" + std::to_string(i), norms_.left[i]));
  }
  epoch_ = position.epoch;
  step_ = position.step;
  generator_step_ = static_cast<uint64_t>(generator_step);
  discriminator_step_ = static_cast<uint64_t>(discriminator_step);
  return RestoreParts(file, "state.average.", average_);
}

}  // namespace vitrine
