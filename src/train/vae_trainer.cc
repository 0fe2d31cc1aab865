#include "train/vae_trainer.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/rng.h"
#include "train/model_writer.h"

namespace vitrine {
namespace {

// Streams of random numbers, so that no two uses share a draw. Steps count from 0 within each.
constexpr uint64_t kInitStream = uint64_t{1} << 60;
constexpr uint64_t kShuffleStream = uint64_t{2} << 60;
constexpr uint64_t kDropoutStream = uint64_t{3} << 60;
constexpr uint64_t kNoiseStream = uint64_t{4} << 60;

// Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks",
// AISTATS 2010, equation 16: uniform with variance 2 / (fan in + fan out).
void GlorotUniform(uint64_t seed, uint64_t part, MatrixView m) {
  const float limit = std::sqrt(6.0f / static_cast<float>(m.rows + m.cols));
  ParallelFor(m.rows, 64, [&](size_t first, size_t last, size_t) {
    for (size_t r = first; r < last; ++r) {
      Rng rng(seed, kInitStream + (part << 40) + r);
      for (size_t c = 0; c < m.cols; ++c) m(r, c) = limit * (2 * rng.Uniform() - 1);
    }
  });
}

}  // namespace

Status VaeOptions::Check() const {
  const auto bad = [](const char* flag, const char* remedy) {
    return Status(ErrorCode::kInvalidArgument, std::string(flag) + " " + remedy);
  };
  if (hidden < 1 || hidden > 65536) return bad("--hidden", "must be 1 to 65536");
  if (latent < 1 || latent > 65536) return bad("--latent", "must be 1 to 65536");
  if (!(dropout >= 0 && dropout < 1)) return bad("--dropout", "must be at least 0 and below 1");
  if (!(beta >= 0) || !std::isfinite(beta)) return bad("--beta", "must be 0 or more");
  if (!(learning_rate > 0) || !std::isfinite(learning_rate)) {
    return bad("--learning-rate", "must be above 0");
  }
  if (batch_size < 1) return bad("--batch-size", "must be 1 or more");
  return {};
}

nlohmann::ordered_json VaeOptions::ToJson() const {
  return {{"hidden", hidden},
          {"latent", latent},
          {"dropout", dropout},
          {"beta", beta},
          {"anneal_epochs", anneal_epochs},
          {"learning_rate", learning_rate},
          {"batch_size", batch_size},
          {"seed", seed}};
}

VaeTrainer::VaeTrainer(const VaeOptions& options, Csr profiles)
    : options_(options),
      profiles_(std::move(profiles)),
      shape_{profiles_.cols, options.hidden, options.latent},
      params_(shape_),
      grads_(shape_),
      mean_(shape_),
      square_(shape_),
      act_(shape_, std::min(options.batch_size, profiles_.rows())) {
  GlorotUniform(options_.seed, 0, params_.encoder_table);
  GlorotUniform(options_.seed, 1, params_.latent_weight);
  GlorotUniform(options_.seed, 2, params_.decoder_weight);
  GlorotUniform(options_.seed, 3, params_.item_table);
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
      const float draw =
          ToUniform(RandomBits(options_.seed, stream, uint64_t{row} << 32 | item)[0]);
      if (draw < options_.dropout) continue;
      input_.indices.push_back(item);
      input_.values.push_back(value);
    }
    input_.EndRow();
  }
  input_transposed_ = Transpose(input_);
  const double progress =
      options_.anneal_epochs == 0
          ? 1.0
          : static_cast<double>(epoch_) / static_cast<double>(options_.anneal_epochs);
  return {.input = input_,
          .input_transposed = input_transposed_,
          .target = target_,
          .noise = {options_.seed, kNoiseStream + step_, rows_.data()},
          .kl_weight = static_cast<float>(options_.beta * std::min(1.0, progress))};
}

Result<VaeTrainer::EpochLoss> VaeTrainer::RunEpoch() {
  const size_t n = profiles_.rows();
  std::vector<uint32_t> order(n);
  std::iota(order.begin(), order.end(), 0u);
  Rng rng(options_.seed, kShuffleStream + epoch_);
  Shuffle(order, rng);

  Adam<float> adam{.rate = static_cast<float>(options_.learning_rate)};
  EpochLoss sum;
  for (size_t first = 0; first < n; first += options_.batch_size) {
    const size_t last = std::min(n, first + options_.batch_size);
    rows_.assign(order.begin() + static_cast<ptrdiff_t>(first),
                 order.begin() + static_cast<ptrdiff_t>(last));
    VaeForwardBackward(backend_, MakeBatch(), params_, act_, grads_);
    double likelihood = 0, kl = 0;
    for (size_t i = 0; i < rows_.size(); ++i) {
      likelihood += act_.loss(i, 0);
      kl += act_.kl(i, 0);
    }
    if (!std::isfinite(likelihood) || !std::isfinite(kl)) {
      return Error{ErrorCode::kInvalidArgument,
                   "training diverged in epoch " + std::to_string(epoch_ + 1) +
                       " (the loss is not finite); run again with a smaller --learning-rate than " +
                       nlohmann::json(options_.learning_rate).dump()};
    }
    adam.SetStep(static_cast<double>(++step_));
    VaeUpdate(backend_, adam, grads_, params_, mean_, square_);
    sum.likelihood += likelihood;
    sum.kl += kl;
  }
  ++epoch_;
  sum.likelihood /= static_cast<double>(n);
  sum.kl /= static_cast<double>(n);
  return sum;
}

void VaeTrainer::AddModel(TensorFileWriter& writer) const {
  AddProfile(ProfileOptions{}, writer);
  writer.SetMetadata("vae.hidden", static_cast<int64_t>(options_.hidden));
  writer.SetMetadata("vae.latent", static_cast<int64_t>(options_.latent));
  writer.SetMetadata("vitrine.tables", "vae.encoder.table vae.item.table");
  Params::ForEachPart(params_, [&](const char* name, const Matrix& m) { writer.Add(name, m); });
}

void VaeTrainer::AddState(TensorFileWriter& writer) const {
  writer.SetMetadata("state.epoch", static_cast<int64_t>(epoch_));
  writer.SetMetadata("state.step", static_cast<int64_t>(step_));
  const auto add = [&](const Params& params, const std::string& prefix) {
    Params::ForEachPart(params,
                        [&](const char* name, const Matrix& m) { writer.Add(prefix + name, m); });
  };
  add(params_, "state.");
  add(mean_, "state.mean.");
  add(square_, "state.square.");
}

Status VaeTrainer::RestoreState(const TensorFile& file) {
  VITRINE_ASSIGN_OR_RETURN(const int64_t epoch, file.Integer("state.epoch"));
  VITRINE_ASSIGN_OR_RETURN(const int64_t step, file.Integer("state.step"));
  epoch_ = static_cast<uint64_t>(epoch);
  step_ = static_cast<uint64_t>(step);
  Status status;
  const auto restore = [&](Params& params, const std::string& prefix) {
    Params::ForEachPart(params, [&](const char* name, Matrix& m) {
      const auto stored = file.MatrixOf<float>(prefix + name, m.rows(), m.cols());
      if (!stored.ok()) {
        status = stored.error();
      } else if (stored->stride == m.stride()) {
        std::copy_n(stored->data, m.rows() * m.stride(), m.data());
      } else {
        status = {ErrorCode::kBadFormat, file.name() + ": '" + prefix + name + "' has odd rows"};
      }
    });
  };
  restore(params_, "state.");
  restore(mean_, "state.mean.");
  restore(square_, "state.square.");
  return status;
}

}  // namespace vitrine
