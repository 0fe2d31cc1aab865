// Reads a model's pieces out of its file, and keeps the first error for the end: a model has many
// pieces, and a page pays for the code of each.
#ifndef VITRINE_MODELS_LAYER_READER_H_
#define VITRINE_MODELS_LAYER_READER_H_

#include <cstdint>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/matrix.h"
#include "core/result.h"
#include "features/profile.h"
#include "format/tensor_file.h"
#include "kernels/gemv.h"
#include "kernels/vector_ops.h"
#include "math/activations.h"
#include "models/item_table.h"

namespace vitrine {

struct DenseLayer {
  TableRows weight;             // dim_out x dim_in, in whichever precision the file keeps it
  std::span<const float> bias;  // dim_out

  // out = activation(weight * in + bias); `in` is padded with zeros to PaddedNarrowDim(dim_in).
  template <class Activation>
  void Apply(const float* in, Activation activation, float* out) const {
    GemvRows(weight, 0, weight.rows, {{in, weight.stride}, weight.IsWhole()}, out);
    for (size_t i = 0; i < bias.size(); ++i) out[i] += bias[i];
    if constexpr (std::is_same_v<Activation, Tanh>) {
      TanhInPlace(out, bias.size());
    } else {
      for (size_t i = 0; i < bias.size(); ++i) out[i] = activation(out[i]);
    }
  }
};

struct NormLayer {
  std::span<const float> gain, bias;  // dim

  // Normalises `x` in place.
  void Apply(float epsilon, float* x) const;
};

// After an error every call gives something empty; nothing of it may be used before status() is ok.
class LayerReader {
 public:
  explicit LayerReader(const TensorFile& file) : file_(file) {}

  const Status& status() const { return status_; }
  // Keeps `message` about the file, unless there is an error already.
  void Fail(const char* message);

  // What stands before every name from here on.
  void SetPrefix(std::string prefix) { prefix_ = std::move(prefix); }

  // A whole number of the metadata; an error outside [least, most].
  size_t Size(const char* key, size_t least, size_t most);
  double Real(const char* key);
  ProfileOptions Profile();

  // Floats that kernels may read by whole rows.
  ConstMatrixView Weight(const char* name, size_t rows, size_t cols);
  // A tensor of rank 1.
  std::span<const float> Values(const char* name, size_t n);
  // A bias is stored as a matrix of one padded row.
  std::span<const float> Bias(const char* name, size_t n);
  // One of every product, in the file's memory or written out to `own`; see format/item_values.h.
  std::span<const float> ItemBias(const char* name, size_t n_items, std::vector<float>& own);
  // The same in any precision; see ReadRows.
  TableRows Rows(const char* name, size_t rows, size_t cols);
  // Tensors `name`.weight, as Rows, and `name`.bias.
  DenseLayer Dense(const char* name, size_t dim_out, size_t dim_in);
  // Tensors `name`.gain and `name`.bias.
  NormLayer Norm(const char* name, size_t dim);
  ItemTable Table(const char* name, size_t n_items, size_t dim);

 private:
  // The value, or something empty and its error kept.
  template <class T>
  T Take(Result<T> result);

  const TensorFile& file_;
  std::string prefix_;
  Status status_;
};

}  // namespace vitrine

#endif  // VITRINE_MODELS_LAYER_READER_H_
