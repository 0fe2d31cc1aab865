// What each model computes, as obvious loops in double precision straight from its file.
#ifndef VITRINE_TESTS_NATIVE_SERVE_REFERENCE_MODEL_H_
#define VITRINE_TESTS_NATIVE_SERVE_REFERENCE_MODEL_H_

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "features/event.h"
#include "format/tensor_file.h"
#include "models/gan_shape.h"

namespace vitrine {

using DoubleRows = std::vector<std::vector<double>>;

// Value (r, c) of tensor `name`, without its scale.
inline double ReferenceValue(const TensorFile& file, const TensorInfo& info, size_t r, size_t c) {
  const size_t width = info.shape[1];
  const std::byte* row = file.Bytes(info).data() + r * width * DTypeSize(info.dtype);
  switch (info.dtype) {
    case DType::kI8:
      return static_cast<int8_t>(row[c]);
    case DType::kU8: {
      const int pair = static_cast<int>(row[c / 32 * 16 + c % 16]);
      return (c % 32 < 16 ? pair & 15 : pair >> 4) - 8;
    }
    case DType::kF16:
      return static_cast<double>(reinterpret_cast<const Eigen::half*>(row)[c]);
    default:
      return static_cast<double>(reinterpret_cast<const float*>(row)[c]);
  }
}

// A number per product, F32 or bytes that name levels.
inline std::vector<double> ReferenceItemValues(const TensorFile& file, const std::string& name) {
  if (!file.Has(name + ".levels")) {
    const auto values = *file.Values<float>(name);
    return {values.begin(), values.end()};
  }
  const auto levels = *file.Values<float>(name + ".levels");
  const auto codes = *file.Values<uint8_t>(name);
  std::vector<double> values;
  for (const uint8_t code : codes) values.push_back(levels[code]);
  return values;
}

// Tensor `name` as rows of `cols` numbers, in whichever precision it is kept.
inline DoubleRows ReferenceRows(const TensorFile& file, const std::string& name, size_t cols) {
  if (file.Has(name + ".levels")) return {ReferenceItemValues(file, name)};
  if (const TensorInfo* codes = file.Find(name + ".codes")) {
    const size_t parts = codes->shape[1];
    const auto bytes = *file.Values<uint8_t>(name + ".codes");
    const DoubleRows book = ReferenceRows(file, name + ".codebook", cols);
    DoubleRows sums(codes->shape[0], std::vector<double>(cols));
    for (size_t at = 0; at < bytes.size(); ++at) {
      const std::vector<double>& entry = book[at % parts * 256 + bytes[at]];
      for (size_t c = 0; c < cols; ++c) sums[at / parts][c] += entry[c];
    }
    return sums;
  }
  const TensorInfo& info = *file.Find(name);
  DoubleRows rows(info.shape[0], std::vector<double>(cols));
  for (size_t r = 0; r < rows.size(); ++r) {
    const double scale =
        file.Has(name + ".scale") ? (*file.Values<float>(name + ".scale"))[r] : 1.0;
    for (size_t c = 0; c < cols; ++c) rows[r][c] = scale * ReferenceValue(file, info, r, c);
  }
  return rows;
}

inline std::map<uint32_t, double> ReferenceProfile(const TensorFile& file, const History& history) {
  std::map<uint32_t, double> profile;
  const bool binary = *file.Integer("profile.binary") != 0;
  const double half_life = *file.Real("profile.half_life_days");
  std::vector<double> type_weight;
  const std::string text = *file.Text("profile.type_weight");
  for (size_t at = 0, used = 0; at < text.size(); at += used) {
    type_weight.push_back(std::stod(text.substr(at), &used));
  }
  const auto weighs = [&](const Event& event) {
    return type_weight[static_cast<size_t>(event.type)] > 0;
  };
  auto n_left = static_cast<int64_t>(std::ranges::count_if(history.events, weighs));
  const int64_t last =
      file.metadata().contains("profile.last") ? *file.Integer("profile.last") : n_left;
  for (const Event& event : history.events) {
    if (!weighs(event) || n_left-- > last) continue;
    const double weight = type_weight[static_cast<size_t>(event.type)];
    const double days = static_cast<double>(history.now - event.time) / 86400;
    profile[event.item] += half_life > 0 ? weight * std::pow(2.0, -days / half_life) : weight;
  }
  if (binary) {
    for (auto& [item, weight] : profile) weight = 1;
  }
  return profile;
}

// Tensors `name`.weight and `name`.bias times `in`.
inline std::vector<double> ReferenceDense(const TensorFile& file, const std::string& name,
                                          const std::vector<double>& in, size_t n_out) {
  const DoubleRows weight = ReferenceRows(file, name + ".weight", in.size());
  std::vector<double> out = ReferenceRows(file, name + ".bias", weight.size())[0];
  out.resize(n_out);
  for (size_t r = 0; r < n_out; ++r) {
    for (size_t c = 0; c < in.size(); ++c) out[r] += weight[r][c] * in[c];
  }
  return out;
}

// Layer norm with tensors `name`.gain and `name`.bias.
inline std::vector<double> ReferenceNorm(const TensorFile& file, const std::string& name,
                                         double epsilon, std::vector<double> x) {
  const size_t n = x.size();
  const auto gain = ReferenceRows(file, name + ".gain", n)[0];
  const auto bias = ReferenceRows(file, name + ".bias", n)[0];
  double mean = 0, variance = 0;
  for (const double value : x) mean += value / static_cast<double>(n);
  for (const double value : x) variance += (value - mean) * (value - mean) / static_cast<double>(n);
  for (size_t c = 0; c < n; ++c) {
    x[c] = gain[c] * (x[c] - mean) / std::sqrt(variance + epsilon) + bias[c];
  }
  return x;
}

inline std::vector<double> ReferenceSum(std::vector<double> a, const std::vector<double>& b) {
  for (size_t c = 0; c < a.size(); ++c) a[c] += b[c];
  return a;
}

// A profile of norm 1 times an item table.
inline std::vector<double> ReferenceLookUp(const TensorFile& file, const std::string& table,
                                           const std::map<uint32_t, double>& profile, size_t dim) {
  double square = 0;
  for (const auto& [item, weight] : profile) square += weight * weight;
  const DoubleRows rows = ReferenceRows(file, table, dim);
  std::vector<double> sum(dim);
  for (const auto& [item, weight] : profile) {
    for (size_t c = 0; c < dim; ++c) sum[c] += weight / std::sqrt(square) * rows[item][c];
  }
  return sum;
}

inline std::vector<double> ReferenceProducts(const TensorFile& file, const std::string& table,
                                             size_t n, const std::vector<double>& x) {
  const DoubleRows rows = ReferenceRows(file, table, x.size());
  std::vector<double> scores(n);
  for (size_t i = 0; i < n; ++i) {
    for (size_t c = 0; c < x.size(); ++c) scores[i] += rows[i][c] * x[c];
  }
  return scores;
}

// As the authors' code has it: https://github.com/ilya-shenbin/RecVAE.
inline std::vector<double> ReferenceRecVae(const TensorFile& file, size_t n,
                                           const std::map<uint32_t, double>& profile) {
  const auto hidden = static_cast<size_t>(*file.Integer("vae.hidden"));
  const auto latent = static_cast<size_t>(*file.Integer("vae.latent"));
  const auto layers = static_cast<size_t>(*file.Integer("vae.layers"));
  std::vector<double> skips(hidden), out;
  for (size_t i = 0; i < layers; ++i) {
    const std::string name = "vae.encoder" + std::to_string(i);
    std::vector<double> sum =
        i == 0 ? ReferenceSum(ReferenceLookUp(file, "vae.encoder.table", profile, hidden),
                              ReferenceRows(file, "vae.encoder.bias", hidden)[0])
               : ReferenceSum(ReferenceDense(file, name, out, hidden), skips);
    for (double& value : sum) value = value / (1 + std::exp(-value));
    out = ReferenceNorm(file, name + ".norm", 0.1, sum);
    skips = ReferenceSum(skips, out);
  }
  const std::string table = file.Has("vae.item.table") ? "vae.item.table" : "vae.encoder.table";
  return ReferenceSum(
      ReferenceProducts(file, table, n, ReferenceDense(file, "vae.latent", out, latent)),
      ReferenceRows(file, "vae.item.bias", n)[0]);
}

// As the authors' code has it: https://github.com/yehjin-shin/BSARec; the low-pass filter by its
// definition, cosines over the window.
inline std::vector<double> ReferenceSequence(const TensorFile& file, size_t n,
                                             const History& history, size_t low_frequencies) {
  constexpr double kTau = 6.283185307179586;
  const auto dim = static_cast<size_t>(*file.Integer("sequence.dim"));
  const auto heads = static_cast<size_t>(*file.Integer("sequence.heads"));
  const auto inner = static_cast<size_t>(*file.Integer("sequence.inner"));
  const auto window = static_cast<size_t>(*file.Integer("sequence.max_length"));
  const double frequency = *file.Real("sequence.frequency");
  std::vector<Event> tokens;
  for (const Event& event : history.events) {
    if (event.type != EventType::kImpression && event.type != EventType::kUncart) {
      tokens.push_back(event);
    }
  }
  if (tokens.size() > window) {
    tokens.erase(tokens.begin(), tokens.end() - static_cast<ptrdiff_t>(window));
  }
  const size_t length = tokens.size();
  const DoubleRows items = ReferenceRows(file, "sequence.item.table", dim);
  const DoubleRows places = ReferenceRows(file, "sequence.place.table", dim);
  DoubleRows x;
  for (size_t t = 0; t < length; ++t) {
    auto row = ReferenceSum(items[tokens[t].item], places[length - 1 - t]);
    if (*file.Integer("sequence.types") != 0) {
      row = ReferenceSum(row, ReferenceRows(file, "sequence.type.table",
                                            dim)[static_cast<size_t>(tokens[t].type)]);
    }
    if (*file.Integer("sequence.gaps") != 0) {
      // 1 below a minute, then one more for each power of four minutes, up to 15; 0 for the first.
      size_t gap = t == 0 ? 0 : 1;
      for (double limit = 60; t > 0 && gap < 15; limit *= 4, ++gap) {
        if (static_cast<double>(tokens[t].time - tokens[t - 1].time) < limit) break;
      }
      row = ReferenceSum(row, ReferenceRows(file, "sequence.gap.table", dim)[gap]);
    }
    x.push_back(ReferenceNorm(file, "sequence.input", 1e-12, row));
  }
  for (int64_t b = 0; b < *file.Integer("sequence.blocks"); ++b) {
    const std::string name = "sequence.block" + std::to_string(b) + ".";
    DoubleRows query, key, value, out;
    for (const auto& row : x) {
      query.push_back(ReferenceDense(file, name + "query", row, dim));
      key.push_back(ReferenceDense(file, name + "key", row, dim));
      value.push_back(ReferenceDense(file, name + "value", row, dim));
    }
    const size_t width = dim / heads;
    for (size_t t = 0; t < length; ++t) {
      std::vector<double> context(dim);
      for (size_t h = 0; h < heads; ++h) {
        std::vector<double> weights;
        double sum = 0;
        for (size_t j = 0; j <= t; ++j) {
          double score = 0;
          for (size_t c = h * width; c < (h + 1) * width; ++c) score += query[t][c] * key[j][c];
          weights.push_back(std::exp(score / std::sqrt(static_cast<double>(width))));
          sum += weights.back();
        }
        for (size_t j = 0; j <= t; ++j) {
          for (size_t c = h * width; c < (h + 1) * width; ++c) {
            context[c] += weights[j] / sum * value[j][c];
          }
        }
      }
      auto mixed =
          ReferenceNorm(file, name + "attention", 1e-12,
                        ReferenceSum(ReferenceDense(file, name + "output", context, dim), x[t]));
      if (frequency > 0) {
        std::vector<double> slow(dim), branch(dim);
        for (size_t j = 0; j < length; ++j) {
          double weight = 0;
          for (size_t k = 0; k < low_frequencies; ++k) {
            const double wave = std::cos(kTau * static_cast<double>(k) *
                                         (static_cast<double>(t) - static_cast<double>(j)) /
                                         static_cast<double>(window));
            weight += (k == 0 ? 1 : 2) * wave / static_cast<double>(window);
          }
          for (size_t c = 0; c < dim; ++c) slow[c] += weight * x[j][c];
        }
        const auto rescale = ReferenceRows(file, name + "frequency.rescale", dim)[0];
        for (size_t c = 0; c < dim; ++c) {
          branch[c] = slow[c] + rescale[c] * rescale[c] * (x[t][c] - slow[c]);
        }
        branch = ReferenceNorm(file, name + "frequency", 1e-12, ReferenceSum(branch, x[t]));
        for (size_t c = 0; c < dim; ++c) {
          mixed[c] = frequency * branch[c] + (1 - frequency) * mixed[c];
        }
      }
      auto activated = ReferenceDense(file, name + "inner", mixed, inner);
      for (double& a : activated) a = 0.5 * a * (1 + std::erf(a / std::sqrt(2.0)));
      out.push_back(
          ReferenceNorm(file, name + "final", 1e-12,
                        ReferenceSum(ReferenceDense(file, name + "outer", activated, dim), mixed)));
    }
    x = out;
  }
  return ReferenceProducts(file, "sequence.item.table", n, x.back());
}

inline std::vector<double> ReferenceGan(const TensorFile& file, size_t n,
                                        const std::map<uint32_t, double>& profile,
                                        const std::map<uint32_t, double>& context = {}) {
  const std::string kind = *file.Text("gan.kind");
  const auto width = static_cast<size_t>(*file.Integer("gan.width"));
  if (kind != "shopper") {
    auto sum = ReferenceLookUp(file, "gan.item.table", profile, width);
    if (kind == "item") {
      return ReferenceSum(ReferenceProducts(file, "gan.item.table", n,
                                            ReferenceDense(file, "gan.shopper", sum, width)),
                          ReferenceRows(file, "gan.item.bias", n)[0]);
    }
    double total = 0;
    for (double& value : sum) total += value = std::exp(value);
    for (double& value : sum) value /= total;
    return ReferenceProducts(file, "gan.item.table", n, sum);
  }
  const int64_t n_layers = *file.Integer("gan.layers");
  const auto n_noise = static_cast<size_t>(*file.Integer("gan.noise"));
  const auto activate = [&](std::vector<double>& layer) {
    for (double& x : layer) {
      x = *file.Integer("gan.rectified") != 0 ? std::max(x, 0.0) : std::tanh(x);
    }
  };
  std::vector<double> mean(width);
  const uint32_t n_draws = context.empty() ? 8 : 24;
  for (uint32_t draw = 0; draw < n_draws; ++draw) {
    const auto first =
        static_cast<size_t>(*file.Integer(n_layers > 1 ? "gan.layer0.width" : "gan.width"));
    const DoubleRows noise_weight = ReferenceRows(file, "gan.noise.weight", n_noise);
    auto layer = ReferenceSum(ReferenceLookUp(file, "gan.condition.table", profile, first),
                              ReferenceRows(file, "gan.layer0.bias", first)[0]);
    if (!context.empty()) {
      layer = ReferenceSum(layer, ReferenceLookUp(file, "gan.context.table", context, first));
    }
    for (size_t c = 0; c < first; ++c) {
      for (uint32_t z = 0; z < n_noise; ++z) {
        const auto seed = static_cast<uint64_t>(*file.Integer("gan.seed"));
        layer[c] += noise_weight[c][z] * static_cast<double>(GanNoise(seed, 6ull << 60, draw, z));
      }
    }
    activate(layer);
    for (int64_t i = 1; i < n_layers; ++i) {
      const std::string name = "gan.layer" + std::to_string(i);
      layer = ReferenceDense(
          file, name, layer,
          i + 1 == n_layers ? width : static_cast<size_t>(*file.Integer(name + ".width")));
      activate(layer);
    }
    for (size_t c = 0; c < width; ++c) mean[c] += layer[c] / n_draws;
  }
  return ReferenceSum(ReferenceProducts(file, "gan.item.table", n, mean),
                      ReferenceRows(file, "gan.item.bias", n)[0]);
}

// Value i of the sparse table, which lies in the row of `item`.
inline double ReferenceSparseValue(const TensorFile& file, uint32_t item, size_t i) {
  if (file.Has("linear.table.scale")) {
    return double{(*file.Values<float>("linear.table.scale"))[item]} *
           (*file.Values<int8_t>("linear.table.values"))[i];
  }
  return (*file.Values<float>("linear.table.values"))[i];
}

inline std::vector<double> ReferenceScores(const TensorFile& file, const History& history) {
  const std::string model = *file.Text("vitrine.model");
  const auto n = static_cast<size_t>(*file.Integer("vitrine.items"));
  std::vector<double> scores(n);
  if (model == "popularity") {
    const auto table = *file.Values<float>("popularity.table");
    return {table.begin(), table.end()};
  }
  auto profile = ReferenceProfile(file, history);
  if (model == "personal-frequency") {
    const auto popularity = *file.Values<float>("popularity");
    const double most = *std::max_element(popularity.begin(), popularity.end());
    for (size_t i = 0; i < n; ++i) scores[i] = 1e-3 * popularity[i] / most;
    for (const auto& [item, weight] : profile) scores[item] += weight;
  } else if (file.Has("linear.table.offsets")) {
    const auto offsets = *file.Values<uint64_t>("linear.table.offsets");
    const auto items = *file.Values<uint32_t>("linear.table.items");
    for (const auto& [item, weight] : profile) {
      for (size_t i = offsets[item]; i < offsets[item + 1]; ++i) {
        scores[items[i]] += weight * ReferenceSparseValue(file, item, i);
      }
    }
  } else if (model == "linear" || model == "forward") {
    const DoubleRows table = ReferenceRows(file, "linear.table", n);
    for (const auto& [item, weight] : profile) {
      for (size_t i = 0; i < n; ++i) scores[i] += weight * table[item][i];
    }
    if (!file.Has("linear.bias")) return scores;
    const auto bias = *file.Values<float>("linear.bias");
    for (size_t i = 0; i < n; ++i) scores[i] += bias[i];
  } else if (model == "vae" && file.metadata().contains("vae.kind")) {
    return ReferenceRecVae(file, n, profile);
  } else if (model == "vae") {
    const auto hidden = static_cast<size_t>(*file.Integer("vae.hidden"));
    const auto latent = static_cast<size_t>(*file.Integer("vae.latent"));
    auto encoded = ReferenceSum(ReferenceLookUp(file, "vae.encoder.table", profile, hidden),
                                ReferenceRows(file, "vae.encoder.bias", hidden)[0]);
    for (double& value : encoded) value = std::tanh(value);
    auto decoded = ReferenceDense(file, "vae.decoder",
                                  ReferenceDense(file, "vae.latent", encoded, latent), hidden);
    for (double& value : decoded) value = std::tanh(value);
    return ReferenceSum(ReferenceProducts(file, "vae.item.table", n, decoded),
                        ReferenceRows(file, "vae.item.bias", n)[0]);
  } else if (model == "gan") {
    return ReferenceGan(file, n, profile);
  } else if (model == "sequence") {
    return ReferenceSequence(file, n, history, /*low_frequencies=*/2);
  } else if (model == "blend") {
    for (int64_t p = 0; p < *file.Integer("blend.parts"); ++p) {
      const std::string prefix = "part" + std::to_string(p) + ".";
      const auto own = ReferenceScores(file.Part(prefix), history);
      double mean = 0, variance = 0;
      for (const double score : own) mean += score / static_cast<double>(n);
      for (const double score : own) {
        variance += (score - mean) * (score - mean) / static_cast<double>(n);
      }
      for (size_t i = 0; i < n; ++i) {
        scores[i] += *file.Real(prefix + "weight") * (own[i] - mean) / std::sqrt(variance);
      }
    }
  }
  return scores;
}

// What adapting adds to the scores, in doubles: serve/adapt.h written out.
inline std::vector<double> ReferenceBiases(const TensorFile& file, const std::vector<Event>& events,
                                           double gain) {
  const auto n = static_cast<size_t>(*file.Integer("vitrine.items"));
  const auto offsets = *file.Values<uint64_t>("adapt.table.offsets");
  const auto items = *file.Values<uint32_t>("adapt.table.items");
  const auto values = *file.Values<float>("adapt.table.values");
  std::vector<double> biases(n);
  std::vector<bool> passed(n);
  double share = gain;
  for (size_t i = events.size(); i-- > 0;) {
    const Event& event = events[i];
    double weight = 1;
    if (event.type == EventType::kImpression) continue;
    if (event.type == EventType::kUncart) weight = -1;
    if (event.type == EventType::kCart || event.type == EventType::kPurchase) {
      weight = *file.Real("adapt.purchase_weight");
    }
    if (passed[event.item]) continue;
    passed[event.item] = true;
    if (weight < 0) biases[event.item] += share * weight;
    for (size_t k = offsets[event.item]; k < offsets[event.item + 1]; ++k) {
      biases[items[k]] += share * weight * double{values[k]};
    }
    share *= *file.Real("adapt.decay");
  }
  return biases;
}

// The gain that the shopper's own past teaches, where each event is a moment of its own.
inline double ReferenceGain(const TensorFile& file, const std::vector<Event>& events) {
  const double start = *file.Real("adapt.gain"), sharpness = *file.Real("adapt.sharpness");
  struct Moment {
    std::vector<double> scores, biases;
    uint32_t target;
  };
  std::vector<Moment> moments;
  for (size_t i = events.size(); i-- > 2 && moments.size() < 10;) {
    const std::vector<Event> before(events.begin(), events.begin() + static_cast<ptrdiff_t>(i));
    const auto is_same = [&](const Event& event) { return event.item == events[i].item; };
    if (events[i].type == EventType::kUncart || events[i].type == EventType::kImpression) continue;
    if (std::any_of(before.begin(), before.end(), is_same)) continue;
    Moment moment{ReferenceScores(file, {before, events[i].time}), ReferenceBiases(file, before, 1),
                  events[i].item};
    for (const Event& event : before) moment.scores[event.item] = -1e9;  // masked
    moments.push_back(moment);
  }
  double factor = 0;
  for (int step = 0; step < 3; ++step) {
    const double gain = start * std::exp(factor);
    double slope = -6 * factor;
    for (const Moment& moment : moments) {
      double sum = 0, mean = 0;
      for (size_t j = 0; j < moment.scores.size(); ++j) {
        const double p = std::exp(sharpness * (moment.scores[j] + gain * moment.biases[j]));
        sum += p;
        mean += p * moment.biases[j];
      }
      slope += sharpness * gain * (moment.biases[moment.target] - mean / sum);
    }
    factor += std::clamp(slope / (6 + 0.1 * static_cast<double>(moments.size())), -0.5, 0.5);
    factor = std::clamp(factor, -2.3, 2.1);
  }
  return start * std::exp(factor);
}

}  // namespace vitrine

#endif  // VITRINE_TESTS_NATIVE_SERVE_REFERENCE_MODEL_H_
