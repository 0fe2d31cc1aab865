// Reads a model's pieces out of its file, and keeps the first error for the end: a model has many
// pieces, and a page pays for the code of each.
#ifndef VITRINE_MODELS_LAYER_READER_H_
#define VITRINE_MODELS_LAYER_READER_H_

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/matrix.h"
#include "core/result.h"
#include "features/profile.h"
#include "format/tensor_file.h"
#include "kernels/gemv.h"
#include "models/item_table.h"

namespace vitrine {

// Adds `bias` to each of the `n` rows, padded or not.
void AddToRows(std::span<const float> bias, std::span<float> rows, size_t n);

struct DenseLayer {
  TableRows weight;             // dim_out x dim_in, in whichever precision the file keeps it
  std::span<const float> bias;  // dim_out

  // weight * in + bias of each of the `n` rows of `in`, which lie one after the other, padded with
  // zeros to PaddedNarrowDim(dim_in); so do those that come out, to PaddedNarrowDim(dim_out).
  std::vector<float> Apply(std::span<const float> in, size_t n) const;
};

struct NormLayer {
  std::span<const float> gain, bias;  // dim

  // Normalises the `n` rows of `x` in place, padded or not.
  void Apply(float epsilon, std::span<float> x, size_t n) const;
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
