#include "models/gan.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "kernels/table_rows.h"
#include "kernels/vector_ops.h"
#include "math/activations.h"

namespace vitrine {

Result<std::unique_ptr<Model>> GanModel::Read(const TensorFile& file, size_t n_items) {
  constexpr size_t kMaxWidth = 1 << 20;
  std::unique_ptr<GanModel> model(new GanModel);
  LayerReader reader(file);
  model->profile_ = reader.Profile();
  VITRINE_ASSIGN_OR_RETURN(const std::string kind, file.Text("gan.kind"));
  const size_t n_layers = reader.Size("gan.layers", 1, 64);
  const size_t last = reader.Size("gan.width", 1, kMaxWidth);
  VITRINE_RETURN_IF_ERROR(reader.status());
  model->item_table_ = reader.Table("gan.item.table", n_items, last);
  if (kind == "shopper") {
    model->n_noise_ = reader.Size("gan.noise", 1, kMaxWidth);
    VITRINE_ASSIGN_OR_RETURN(const int64_t seed, file.Integer("gan.seed"));
    model->seed_ = static_cast<uint64_t>(seed);
    model->activation_.rectified = reader.Size("gan.rectified", 0, 1) != 0;
    const size_t n_context =
        file.Text("gan.context").ok() ? reader.Size("gan.context", 1, 65535) : 0;
    size_t width = 0;
    for (size_t i = 0; i < n_layers; ++i) {
      const std::string name = "gan.layer" + std::to_string(i);
      const size_t next =
          i + 1 == n_layers ? last : reader.Size((name + ".width").c_str(), 1, kMaxWidth);
      VITRINE_RETURN_IF_ERROR(reader.status());
      if (i == 0) {
        model->condition_table_ = reader.Table("gan.condition.table", n_items, next);
        if (n_context > 0) {
          model->context_table_ = reader.Table("gan.context.table", n_context, next);
          if (file.Text("gan.context.fade").ok()) {
            model->fade_ = static_cast<float>(reader.Real("gan.context.fade"));
          }
          if (!(model->fade_ >= 0)) reader.Fail("'gan.context.fade' is negative");
        }
        model->noise_ = {reader.Rows("gan.noise.weight", next, model->n_noise_),
                         reader.Bias("gan.layer0.bias", next)};
      } else {
        model->layers_.push_back(reader.Dense(name.c_str(), next, width));
      }
      width = next;
    }
    model->item_bias_ = reader.ItemBias("gan.item.bias", n_items, model->own_bias_);
  } else if (kind == "item") {
    model->kind_ = Kind::kItem;
    model->shopper_ = reader.Dense("gan.shopper", last, last);
    model->item_bias_ = reader.ItemBias("gan.item.bias", n_items, model->own_bias_);
  } else if (kind == "noise") {
    model->kind_ = Kind::kNoise;
    model->sample_size_ = reader.Bias("gan.sample.size", last);
  } else {
    reader.Fail("is a gan of a kind that this build does not know; update vitrine");
  }
  VITRINE_RETURN_IF_ERROR(reader.status());
  if (model->kind_ != Kind::kShopper) model->condition_table_ = model->item_table_;
  const size_t n_draws = model->n_context() > 0 ? kGanContextDraws : kGanServeDraws;
  for (uint32_t draw = 0; model->kind_ == Kind::kShopper && draw < n_draws; ++draw) {
    model->starts_.push_back(model->StartOf(draw));
  }
  return std::unique_ptr<Model>(std::move(model));
}

std::vector<float> GanModel::StartOf(uint32_t draw) const {
  std::vector<float> noise(PaddedNarrowDim(n_noise_));
  for (uint32_t c = 0; c < n_noise_; ++c) {
    noise[c] = GanNoise(seed_, kGanServeStream, draw, c);
  }
  return noise_.Apply(noise, 1);
}

void GanModel::Activate(std::vector<float>& values) const {
  if (!activation_.rectified) return TanhInPlace(values.data(), values.size());
  for (float& value : values) value = std::max(value, 0.0f);
}

std::vector<float> GanModel::RunLayers(const std::vector<float>& condition,
                                       std::vector<float> start) const {
  Axpy(1, condition.data(), start.data(), start.size());
  Activate(start);
  for (const DenseLayer& layer : layers_) {
    start = layer.Apply(start, 1);
    Activate(start);
  }
  return start;
}

void GanModel::AddContext(std::span<const uint32_t> context, std::vector<float>& sum) const {
  if (context.empty()) return;
  const std::vector<float> weights(context.size(), GanContextWeight(context.size()));
  context_table_.Accumulate(context, weights, sum);
}

std::vector<float> GanModel::MeanOfDraws(const std::vector<float>& sum, size_t n_draws) const {
  std::vector<float> mean(item_table_.padded_dim());
  for (size_t draw = 0; draw < n_draws; ++draw) {
    const std::vector<float> hidden = RunLayers(sum, starts_[draw]);
    for (size_t c = 0; c < mean.size(); ++c) mean[c] += hidden[c] / static_cast<float>(n_draws);
  }
  return mean;
}

std::vector<float> GanModel::EncodeMany(std::span<const History> histories) const {
  std::vector<float> vectors;
  for (const History& history : histories) {
    const std::vector<float> one = Encode(history, {});
    vectors.insert(vectors.end(), one.begin(), one.end());
  }
  return vectors;
}

std::vector<float> GanModel::EncodeFading(const History& history, std::span<const uint32_t> context,
                                          std::span<const float> fades) const {
  Profile profile;
  BuildProfile(profile_, history, n_items(), profile);
  const size_t n_products = profile.items.size();
  ScaleToUnit(profile);
  std::vector<float> sum(condition_table_.padded_dim());
  condition_table_.Accumulate(profile.items, profile.weights, sum);
  if (kind_ == Kind::kNoise) {
    SoftmaxInPlace(sum.data(), sample_size_.size(), 1);
    return sum;
  }
  if (kind_ == Kind::kItem) {
    return shopper_.Apply(sum, 1);
  }
  AddContext(context, sum);
  const size_t n_draws = context.empty() ? kGanServeDraws : kGanContextDraws;
  const std::vector<float> own = MeanOfDraws(sum, n_draws);
  std::vector<float> seed;  // of the context alone
  std::vector<float> vectors(fades.size() * own.size());
  float* vector = vectors.data();
  for (const float fade : fades) {
    const bool mixes = !context.empty() && n_products > 0 && fade > 0;
    if (mixes && seed.empty()) {
      std::fill(sum.begin(), sum.end(), 0.0f);
      AddContext(context, sum);
      seed = MeanOfDraws(sum, n_draws);
    }
    const float share = fade / (fade + static_cast<float>(n_products));
    for (size_t c = 0; c < own.size(); ++c) {
      *vector++ = mixes ? own[c] + share * (seed[c] - own[c]) : own[c];
    }
  }
  return vectors;
}

void GanModel::Generate(const History& history, uint32_t draw, std::span<float> chances) const {
  if (kind_ == Kind::kNoise) {
    // Column `draw` of the table, by a product with a unit vector.
    const size_t sample = draw % sample_size_.size();
    std::vector<float> unit(item_table_.padded_dim());
    unit[sample] = 1;
    item_table_.Multiply(unit, chances);
    for (float& chance : chances) {
      chance = std::min(1.0f, Exp(chance + sample_size_[sample]));
    }
    return;
  }
  item_table_.Multiply(
      RunLayers(SumProfiles(profile_, {&history, 1}, condition_table_), StartOf(draw)), chances);
  for (size_t i = 0; i < chances.size(); ++i) chances[i] = Logistic{}(chances[i] + item_bias_[i]);
}

}  // namespace vitrine
