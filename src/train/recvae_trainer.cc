#include "train/recvae_trainer.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "core/rng.h"
#include "models/adam_step.h"
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

void CopyEncoder(const RecVaeEncoder<CpuBackend>& from, RecVaeEncoder<CpuBackend>& to) {
  using Encoder = RecVaeEncoder<CpuBackend>;
  std::vector<const Matrix*> parts;
  Encoder::ForEachPart(from, [&](const std::string&, const Matrix& m) { parts.push_back(&m); });
  size_t i = 0;
  Encoder::ForEachPart(to, [&](const std::string&, Matrix& m) {
    std::copy_n(parts[i++]->data(), m.rows() * m.stride(), m.data());
  });
}

}  // namespace

Status RecVaeOptions::Check() const {
  if (hidden < 1 || hidden > 65536) return BadSetting("--hidden", "must be 1 to 65536");
  if (latent < 1 || latent > 65536) return BadSetting("--latent", "must be 1 to 65536");
  if (!(gamma >= 0) || !std::isfinite(gamma)) return BadSetting("--gamma", "must be 0 or more");
  if (!(dropout >= 0 && dropout < 1))
    return BadSetting("--dropout", "must be at least 0 and below 1");
  if (!(learning_rate > 0) || !std::isfinite(learning_rate)) {
    return BadSetting("--learning-rate", "must be above 0");
  }
  if (encoder_epochs < 1) return BadSetting("--encoder-epochs", "must be 1 or more");
  if (batch_size < 1) return BadSetting("--batch-size", "must be 1 or more");
  return {};
}

nlohmann::ordered_json RecVaeOptions::ToJson() const {
  return {{"hidden", hidden},
          {"latent", tied ? hidden : latent},
          {"tied", tied},
          {"gamma", gamma},
          {"dropout", dropout},
          {"encoder_epochs", encoder_epochs},
          {"learning_rate", learning_rate},
          {"batch_size", batch_size},
          {"precision", kPrecisionNames[static_cast<size_t>(precision)]}};
}

RecVaeTrainer::RecVaeTrainer(const RecVaeOptions& options, uint64_t seed, Csr profiles)
    : options_(options),
      seed_(seed),
      profiles_(std::move(profiles)),
      backend_(options.precision),
      shape_{.n_items = profiles_.cols,
             .hidden = options.hidden,
             .latent = options.tied ? options.hidden : options.latent,
             .tied = options.tied},
      params_(shape_),
      grads_(shape_),
      mean_(shape_),
      square_(shape_),
      old_(shape_),
      tied_mean_(shape_.tied ? shape_.n_items : 0, shape_.hidden),
      tied_square_(shape_.tied ? shape_.n_items : 0, shape_.hidden),
      act_(shape_, std::min(options.batch_size, profiles_.rows())) {
  uint64_t part = 0;
  Params::ForEachPart(params_, [&](const std::string& name, Matrix& m) {
    ++part;
    if (name.ends_with(".gain")) std::fill_n(m.data(), m.cols(), 1.0f);
    if (m.rows() > 1) GlorotUniform(seed_, kInitStream + (part << 40), m);
  });
  CopyEncoder(params_.encoder, old_);
}

RecVaeBatch RecVaeTrainer::MakeBatch(double dropout) {
  for (Csr* csr : {&input_, &whole_, &target_}) {
    csr->Clear();
    csr->cols = shape_.n_items;
  }
  kl_weights_.clear();
  const uint64_t stream = kDropoutStream + step_;
  for (const uint32_t row : rows_) {
    const auto items = profiles_.view().Row(row);
    const auto value = static_cast<float>(1.0 / std::sqrt(static_cast<double>(items.size())));
    const auto kept = static_cast<float>(value / (1 - dropout));
    kl_weights_.push_back(static_cast<float>(options_.gamma * static_cast<double>(items.size())));
    for (const uint32_t item : items) {
      target_.indices.push_back(item);
      whole_.indices.push_back(item);
      whole_.values.push_back(value);
      const float draw = ToUniform(RandomBits(seed_, stream, uint64_t{row} << 32 | item)[0]);
      if (draw < dropout) continue;
      input_.indices.push_back(item);
      input_.values.push_back(kept);
    }
    for (Csr* csr : {&input_, &whole_, &target_}) csr->EndRow();
  }
  input_transposed_ = Transpose(input_);
  return {.input = input_,
          .input_transposed = input_transposed_,
          .whole = whole_,
          .target = target_,
          .noise = {seed_, kNoiseStream + step_, rows_.data()},
          .kl_weights = kl_weights_.data()};
}

Result<RecVaeTrainer::Losses> RecVaeTrainer::RunPhase(bool trains_encoder) {
  const size_t n = profiles_.rows();
  const std::vector<uint32_t> order = ShuffledRows(n, seed_, kShuffleStream + phase_++);
  Adam<float> adam{.rate = static_cast<float>(options_.learning_rate)};
  Losses sum;
  for (size_t first = 0; first < n; first += options_.batch_size) {
    const size_t last = std::min(n, first + options_.batch_size);
    rows_.assign(order.begin() + static_cast<ptrdiff_t>(first),
                 order.begin() + static_cast<ptrdiff_t>(last));
    const RecVaeBatch batch = MakeBatch(trains_encoder ? options_.dropout : 0);
    ++step_;
    if (trains_encoder) {
      RecVaeEncoderStep(backend_, shape_, batch, params_, old_, act_, grads_);
    } else {
      RecVaeDecoderStep(backend_, shape_, batch, params_, act_, grads_);
    }
    double likelihood = 0, kl = 0;
    for (size_t i = 0; i < rows_.size(); ++i) {
      likelihood += act_.loss(i, 0);
      kl += trains_encoder ? act_.kl(i, 0) : 0.0f;
    }
    if (!std::isfinite(likelihood) || !std::isfinite(kl)) {
      return Diverged(epoch_ + 1, options_.learning_rate);
    }
    if (trains_encoder) {
      adam.SetStep(static_cast<double>(++encoder_step_));
      StepAdamOfAll(backend_, adam, grads_.encoder, params_.encoder, mean_.encoder,
                    square_.encoder);
    } else {
      adam.SetStep(static_cast<double>(++decoder_step_));
      if (shape_.tied) {
        StepAdam(backend_, adam, grads_.encoder.table, params_.encoder.table, tied_mean_,
                 tied_square_);
      } else {
        StepAdam(backend_, adam, grads_.item_table, params_.item_table, mean_.item_table,
                 square_.item_table);
      }
      StepAdam(backend_, adam, grads_.item_bias, params_.item_bias, mean_.item_bias,
               square_.item_bias);
    }
    sum.likelihood += likelihood;
    sum.kl += kl;
  }
  sum.likelihood /= static_cast<double>(n);
  sum.kl /= static_cast<double>(n);
  return sum;
}

Result<nlohmann::ordered_json> RecVaeTrainer::RunEpoch() {
  Losses losses;
  for (size_t i = 0; i < options_.encoder_epochs; ++i) {
    VITRINE_ASSIGN_OR_RETURN(losses, RunPhase(/*trains_encoder=*/true));
  }
  CopyEncoder(params_.encoder, old_);
  VITRINE_RETURN_IF_ERROR(RunPhase(/*trains_encoder=*/false));
  ++epoch_;
  return nlohmann::ordered_json{{"loss", losses.likelihood + losses.kl},
                                {"likelihood", losses.likelihood},
                                {"kl", losses.kl}};
}

void AddRecVae(const RecVaeShape& shape, const RecVaeParams<CpuBackend>& params,
               TensorFileWriter& writer) {
  AddProfile(ProfileOptions{}, writer);
  writer.SetMetadata("vae.kind", "recvae");
  writer.SetMetadata("vae.hidden", static_cast<int64_t>(shape.hidden));
  writer.SetMetadata("vae.latent", static_cast<int64_t>(shape.latent));
  writer.SetMetadata("vae.layers", static_cast<int64_t>(shape.layers));
  writer.SetMetadata("vitrine.tables",
                     shape.tied ? "vae.encoder.table" : "vae.encoder.table vae.item.table");
  RecVaeParams<CpuBackend>::ForEachPart(
      params, [&](const std::string& name, const Matrix& m) { writer.Add(name, m); });
}

void RecVaeTrainer::AddState(TensorFileWriter& writer) const {
  AddTrainingState<Params>({epoch_, step_}, params_, mean_, square_, writer);
  writer.SetMetadata("state.phase", static_cast<int64_t>(phase_));
  writer.SetMetadata("state.encoder_step", static_cast<int64_t>(encoder_step_));
  writer.SetMetadata("state.decoder_step", static_cast<int64_t>(decoder_step_));
  Encoder::ForEachPart(
      old_, [&](const std::string& name, const Matrix& m) { writer.Add("state.old." + name, m); });
  if (!shape_.tied) return;
  writer.Add("state.tied.mean", tied_mean_);
  writer.Add("state.tied.square", tied_square_);
}

Status RecVaeTrainer::RestoreState(const TensorFile& file) {
  VITRINE_ASSIGN_OR_RETURN(const TrainingPosition position,
                           RestoreTrainingState<Params>(file, params_, mean_, square_));
  VITRINE_ASSIGN_OR_RETURN(const int64_t phase, file.Integer("state.phase"));
  VITRINE_ASSIGN_OR_RETURN(const int64_t encoder_step, file.Integer("state.encoder_step"));
  VITRINE_ASSIGN_OR_RETURN(const int64_t decoder_step, file.Integer("state.decoder_step"));
  epoch_ = position.epoch;
  step_ = position.step;
  phase_ = static_cast<uint64_t>(phase);
  encoder_step_ = static_cast<uint64_t>(encoder_step);
  decoder_step_ = static_cast<uint64_t>(decoder_step);
  if (shape_.tied) {
    VITRINE_RETURN_IF_ERROR(RestoreMatrix(file, "state.tied.mean", tied_mean_));
    VITRINE_RETURN_IF_ERROR(RestoreMatrix(file, "state.tied.square", tied_square_));
  }
  return RestoreParts(file, "state.old.", old_);
}

}  // namespace vitrine
