#include "models/layer_reader.h"

#include <utility>

#include "format/item_values.h"
#include "kernels/vector_ops.h"

namespace vitrine {

void AddToRows(std::span<const float> bias, std::span<float> rows, size_t n) {
  const size_t whole = bias.size() / kRowMultiple * kRowMultiple;
  for (size_t i = 0; i < n; ++i) {
    float* row = &rows[i * (rows.size() / n)];
    Axpy(1, bias.data(), row, whole);
    for (size_t c = whole; c < bias.size(); ++c) row[c] += bias[c];
  }
}

std::vector<float> DenseLayer::Apply(std::span<const float> in, size_t n) const {
  const size_t width = PaddedNarrowDim(bias.size());
  std::vector<float> out(n * width);
  std::vector<Activations> xs;
  xs.reserve(n);
  for (size_t i = 0; i < n; ++i) {
    xs.emplace_back(in.subspan(i * (in.size() / n), weight.stride), weight.IsWhole());
  }
  GemmRows(weight, xs, out.data(), width);
  AddToRows(bias, out, n);
  return out;
}

void NormLayer::Apply(float epsilon, std::span<float> x, size_t n) const {
  for (size_t i = 0; i < n; ++i) {
    Normalize(gain.data(), bias.data(), gain.size(), epsilon, &x[i * (x.size() / n)]);
  }
}

void LayerReader::Fail(const char* message) {
  if (status_.ok()) status_ = {ErrorCode::kBadFormat, file_.name() + ": " + message};
}

template <class T>
T LayerReader::Take(Result<T> result) {
  if (result.ok()) return std::move(*result);
  if (status_.ok()) status_ = result.error();
  return T();
}

size_t LayerReader::Size(const char* key, size_t least, size_t most) {
  const int64_t value = Take(file_.Integer(prefix_ + key));
  if (status_.ok() && (value < static_cast<int64_t>(least) || value > static_cast<int64_t>(most))) {
    status_ = {ErrorCode::kBadFormat, file_.name() + ": '" + prefix_ + key + "' is " +
                                          std::to_string(value) + ", which is impossible"};
  }
  return static_cast<size_t>(value);
}

double LayerReader::Real(const char* key) { return Take(file_.Real(prefix_ + key)); }

ProfileOptions LayerReader::Profile() { return Take(ProfileOptions::Read(file_)); }

ConstMatrixView LayerReader::Weight(const char* name, size_t rows, size_t cols) {
  const ConstMatrixView weight = Take(file_.MatrixOf<float>(prefix_ + name, rows, cols));
  if (status_.ok() && weight.stride != PaddedDim(cols)) {
    status_ = {ErrorCode::kBadFormat, file_.name() + ": rows of '" + prefix_ + name +
                                          "' are not padded to " + std::to_string(PaddedDim(cols)) +
                                          " values"};
  }
  return weight;
}

TableRows LayerReader::Rows(const char* name, size_t rows, size_t cols) {
  return Take(ReadRows(file_, prefix_ + name, rows, cols));
}

std::span<const float> LayerReader::Values(const char* name, size_t n) {
  return Take(file_.Vector<float>(prefix_ + name, n));
}

std::span<const float> LayerReader::Bias(const char* name, size_t n) {
  const ConstMatrixView bias = Take(file_.MatrixOf<float>(prefix_ + name, 1, n));
  return {bias.data, bias.cols};
}

std::span<const float> LayerReader::ItemBias(const char* name, size_t n_items,
                                             std::vector<float>& own) {
  if (!IsCoded(file_, prefix_ + name)) return Bias(name, n_items);
  return Take(ItemValues(file_, prefix_ + name, n_items, own));
}

DenseLayer LayerReader::Dense(const char* name, size_t dim_out, size_t dim_in) {
  const std::string layer = name;
  return {Rows((layer + ".weight").c_str(), dim_out, dim_in),
          Bias((layer + ".bias").c_str(), dim_out)};
}

NormLayer LayerReader::Norm(const char* name, size_t dim) {
  const std::string layer = name;
  return {Bias((layer + ".gain").c_str(), dim), Bias((layer + ".bias").c_str(), dim)};
}

ItemTable LayerReader::Table(const char* name, size_t n_items, size_t dim) {
  return Take(ItemTable::Read(file_, prefix_ + name, n_items, dim));
}

}  // namespace vitrine
