#include "train/vae_trainer.h"

#include <algorithm>
#include <cmath>

#include "core/rng.h"
#include "train/glorot.h"
#include "train/model_writer.h"
#include "train/training_state.h"

namespace vitrine {
namespace {

// Streams of random numbers, so that no two uses share a draw. Steps count from 0 within each.
constexpr uint64_t kInitStream = uint64_t{1} << 60;
constexpr uint64_t kShuffleStream = uint64_t{2} << 60;
constexpr uint64_t kDropoutStream = uint64_t{3} << 60;
constexpr uint64_t kNoiseStream = uint64_t{4} << 60;

// The log variance of a latent without noise: its deviation is lost beside any mean, and so is its
// gradient.
constexpr float kNoVariance = -60;

}  // namespace

Status VaeOptions::Check() const {
  if (hidden < 1 || hidden > 65536) return BadSetting("--hidden", "must be 1 to 65536");
  if (latent < 1 || latent > 65536) return BadSetting("--latent", "must be 1 to 65536");
  if (!(dropout >= 0 && dropout < 1))
    return BadSetting("--dropout", "must be at least 0 and below 1");
  if (!(beta >= 0) || !std::isfinite(beta)) return BadSetting("--beta", "must be 0 or more");
  if (!(learning_rate > 0) || !std::isfinite(learning_rate)) {
    return BadSetting("--learning-rate", "must be above 0");
  }
  if (batch_size < 1) return BadSetting("--batch-size", "must be 1 or more");
  return {};
}

nlohmann::ordered_json VaeOptions::ToJson() const {
  nlohmann::ordered_json json{{"hidden", hidden}, {"latent", latent}, {"dropout", dropout}};
  if (!deterministic) {
    json["beta"] = beta;
    json["anneal_epochs"] = anneal_epochs;
  }
  json["learning_rate"] = learning_rate;
  json["batch_size"] = batch_size;
  json["precision"] = kPrecisionNames[static_cast<size_t>(precision)];
  return json;
}

VaeTrainer::VaeTrainer(const VaeOptions& options, uint64_t seed, Csr profiles)
    : options_(options),
      seed_(seed),
      profiles_(std::move(profiles)),
      backend_(options.precision),
      shape_{profiles_.cols, options.hidden, options.latent},
      params_(shape_),
      mean_(shape_),
      square_(shape_),
      act_(shape_, std::min(options.batch_size, profiles_.rows())) {
  GlorotUniform(seed_, kInitStream + (uint64_t{0} << 40), params_.encoder_table);
  GlorotUniform(seed_, kInitStream + (uint64_t{1} << 40), params_.latent_weight);
  GlorotUniform(seed_, kInitStream + (uint64_t{2} << 40), params_.decoder_weight);
  GlorotUniform(seed_, kInitStream + (uint64_t{3} << 40), params_.item_table);
  if (!options_.deterministic) return;
  for (size_t i = shape_.latent; i < 2 * shape_.latent; ++i) {
    std::fill_n(params_.latent_weight.Row(i), shape_.hidden, 0.0f);
    params_.latent_bias(0, i) = kNoVariance;
  }
}

VaeBatch VaeTrainer::MakeBatch() {
  for (Csr* csr : {&input_, &target_}) {
    csr->Clear();
    csr->cols = shape_.n_items;
  }
  const uint64_t stream = kDropoutStream + step_;
  for (const uint32_t row : rows_) {
    const auto items = profiles_.view().Row(row);
    target_.indices.insert(target_.indices.end(), items.begin(), items.end());
    target_.EndRow();
    // The whole profile has norm 1; what survives is scaled up to keep its expectation.
    const auto value = static_cast<float>(
        1.0 / (std::sqrt(static_cast<double>(items.size())) * (1 - options_.dropout)));
    for (const uint32_t item : items) {
      const float draw = ToUniform(RandomBits(seed_, stream, uint64_t{row} << 32 | item)[0]);
      if (draw < options_.dropout) continue;
      input_.indices.push_back(item);
      input_.values.push_back(value);
    }
    input_.EndRow();
  }
  input_transposed_ = Transpose(input_);
  const double progress =
      options_.deterministic ? 0.0
      : options_.anneal_epochs == 0
          ? 1.0
          : static_cast<double>(epoch_) / static_cast<double>(options_.anneal_epochs);
  return {.input = input_,
          .input_transposed = input_transposed_,
          .target = target_,
          .noise = {seed_, kNoiseStream + step_, rows_.data()},
          .kl_weight = static_cast<float>(options_.beta * std::min(1.0, progress))};
}

Result<nlohmann::ordered_json> VaeTrainer::RunEpoch() {
  const size_t n = profiles_.rows();
  const std::vector<uint32_t> order = ShuffledRows(n, seed_, kShuffleStream + epoch_);

  Adam<float> adam{.rate = static_cast<float>(options_.learning_rate)};
  double sum_likelihood = 0, sum_kl = 0;
  for (size_t first = 0; first < n; first += options_.batch_size) {
    const size_t last = std::min(n, first + options_.batch_size);
    rows_.assign(order.begin() + static_cast<ptrdiff_t>(first),
                 order.begin() + static_cast<ptrdiff_t>(last));
    const VaeBatch batch = MakeBatch();
    adam.SetStep(static_cast<double>(++step_));
    VaeStep(backend_, batch, adam, act_, params_, mean_, square_);
    double likelihood = 0, kl = 0;
    for (size_t i = 0; i < rows_.size(); ++i) {
      likelihood += act_.loss(i, 0);
      kl += act_.kl(i, 0);
    }
    if (!std::isfinite(likelihood) || !std::isfinite(kl)) {
      return Diverged(epoch_ + 1, options_.learning_rate);
    }
    sum_likelihood += likelihood;
    sum_kl += kl;
  }
  ++epoch_;
  sum_likelihood /= static_cast<double>(n);
  sum_kl /= static_cast<double>(n);
  if (options_.deterministic) return nlohmann::ordered_json{{"loss", sum_likelihood}};
  return nlohmann::ordered_json{
      {"loss", sum_likelihood + sum_kl}, {"likelihood", sum_likelihood}, {"kl", sum_kl}};
}

void AddVae(const VaeShape& shape, const VaeParams<CpuBackend>& params, TensorFileWriter& writer) {
  AddProfile(ProfileOptions{}, writer);
  writer.SetMetadata("vae.hidden", static_cast<int64_t>(shape.hidden));
  writer.SetMetadata("vae.latent", static_cast<int64_t>(shape.latent));
  writer.SetMetadata("vitrine.tables", "vae.encoder.table vae.item.table");
  VaeParams<CpuBackend>::ForEachPart(
      params, [&](const char* name, const Matrix& m) { writer.Add(name, m); });
}

void VaeTrainer::AddState(TensorFileWriter& writer) const {
  AddTrainingState<Params>({epoch_, step_}, params_, mean_, square_, writer);
}

Status VaeTrainer::RestoreState(const TensorFile& file) {
  VITRINE_ASSIGN_OR_RETURN(const TrainingPosition position,
                           RestoreTrainingState<Params>(file, params_, mean_, square_));
  epoch_ = position.epoch;
  step_ = position.step;
  return {};
}

}  // namespace vitrine
