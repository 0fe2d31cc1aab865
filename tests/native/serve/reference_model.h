// What each model computes, as obvious loops in double precision straight from its file.
#ifndef VITRINE_TESTS_NATIVE_SERVE_REFERENCE_MODEL_H_
#define VITRINE_TESTS_NATIVE_SERVE_REFERENCE_MODEL_H_

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "features/event.h"
#include "format/tensor_file.h"

namespace vitrine {

using DoubleRows = std::vector<std::vector<double>>;

// Tensor `name` as rows of `cols` numbers, from F32 or from I8 with its scales.
inline DoubleRows ReferenceRows(const TensorFile& file, const std::string& name, size_t cols) {
  const TensorInfo& info = *file.Find(name);
  DoubleRows rows(info.shape[0], std::vector<double>(cols));
  for (size_t r = 0; r < rows.size(); ++r) {
    for (size_t c = 0; c < cols; ++c) {
      const size_t at = r * info.shape[1] + c;
      rows[r][c] = info.dtype == DType::kI8
                       ? (*file.Values<float>(name + ".scale"))[r] *
                             static_cast<double>((*file.Values<int8_t>(name))[at])
                       : static_cast<double>((*file.Values<float>(name))[at]);
    }
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
  for (const Event& event : history.events) {
    const double weight = type_weight[static_cast<size_t>(event.type)];
    if (weight <= 0) continue;
    const double days = static_cast<double>(history.now - event.time) / 86400;
    profile[event.item] += half_life > 0 ? weight * std::pow(2.0, -days / half_life) : weight;
  }
  if (binary) {
    for (auto& [item, weight] : profile) weight = 1;
  }
  return profile;
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
  } else if (model == "item-knn") {
    const size_t k = file.Find("knn.neighbours")->shape[1];
    const auto neighbours = *file.Values<uint32_t>("knn.neighbours");
    const auto similarity = *file.Values<float>("knn.similarity");
    for (const auto& [item, weight] : profile) {
      for (size_t j = item * k; j < (item + 1) * k; ++j)
        scores[neighbours[j]] += weight * similarity[j];
    }
  } else if (model == "linear") {
    const DoubleRows table = ReferenceRows(file, "linear.table", n);
    for (const auto& [item, weight] : profile) {
      for (size_t i = 0; i < n; ++i) scores[i] += weight * table[item][i];
    }
  } else if (model == "vae") {
    const auto hidden = static_cast<size_t>(*file.Integer("vae.hidden"));
    const auto latent = static_cast<size_t>(*file.Integer("vae.latent"));
    const auto dense = [&](const std::string& name, const std::vector<double>& in, size_t n_out,
                           bool squash) {
      const DoubleRows weight = ReferenceRows(file, name + ".weight", in.size());
      const DoubleRows bias = ReferenceRows(file, name + ".bias", weight.size());
      std::vector<double> out(n_out);
      for (size_t r = 0; r < n_out; ++r) {
        out[r] = bias[0][r];
        for (size_t c = 0; c < in.size(); ++c) out[r] += weight[r][c] * in[c];
        if (squash) out[r] = std::tanh(out[r]);
      }
      return out;
    };
    double square = 0;
    for (const auto& [item, weight] : profile) square += weight * weight;
    const DoubleRows table = ReferenceRows(file, "vae.encoder.table", hidden);
    std::vector<double> encoded = ReferenceRows(file, "vae.encoder.bias", hidden)[0];
    for (const auto& [item, weight] : profile) {
      for (size_t c = 0; c < hidden; ++c) encoded[c] += weight / std::sqrt(square) * table[item][c];
    }
    for (double& value : encoded) value = std::tanh(value);
    const auto decoded =
        dense("vae.decoder", dense("vae.latent", encoded, latent, false), hidden, true);
    const DoubleRows items = ReferenceRows(file, "vae.item.table", hidden);
    scores = ReferenceRows(file, "vae.item.bias", n)[0];
    for (size_t i = 0; i < n; ++i) {
      for (size_t c = 0; c < hidden; ++c) scores[i] += items[i][c] * decoded[c];
    }
  }
  return scores;
}

}  // namespace vitrine

#endif  // VITRINE_TESTS_NATIVE_SERVE_REFERENCE_MODEL_H_
