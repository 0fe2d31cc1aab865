// Takes a model's matrices out of a weight file: finds each by the name that its authors gave it,
// checks its shape, turns it round and puts the products in our order. Keeps the first error.
#ifndef VITRINE_INTEROP_WEIGHT_READER_H_
#define VITRINE_INTEROP_WEIGHT_READER_H_

#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/matrix.h"
#include "core/result.h"
#include "interop/tensor_names.h"
#include "interop/weight_file.h"

namespace vitrine {

// How a file's names and matrices are to be read.
struct ReadingRules {
  std::vector<std::pair<std::string, std::string>> map;  // by the user: from and to
  std::span<const Renaming> layout;  // to the names that the model's reader asks for
  std::vector<std::string> ignore;   // how the names of tensors to pass over begin
  bool transposed = false;           // layers lie in x out
};

class WeightReader {
 public:
  // Borrows both. What all names begin with is passed over.
  WeightReader(const WeightFile& file, const ReadingRules& rules);

  const Status& status() const { return status_; }
  // Keeps an error about the file, unless there is one already.
  void Fail(const std::string& what);

  bool Has(const std::string& name) const { return tensors_.contains(name); }
  // Whether a name was renamed from `front`, one of the layout's.
  bool Follows(std::string_view front) const { return followed_.contains(front); }
  // A file of one tensor needs no names: gives it this one.
  void NameTheOnly(const std::string& name);

  // Of a layer's weight, `layer`.weight; 0 after an error.
  size_t Outputs(const std::string& layer) { return SizeOf(layer + ".weight", true); }
  size_t Inputs(const std::string& layer) { return SizeOf(layer + ".weight", false); }
  // Of an embedding or another table, as it is stored.
  size_t Rows(const std::string& name) { return Shape(name, 0); }
  size_t Cols(const std::string& name) { return Shape(name, 1); }

  // Which of the file's products ours are: item i is the file's product places[i] of `n_named`.
  // Tensor `name` has `n_rows` products: those, at most one row before them that stands for
  // padding, and where `has_mask`, one behind for a mask.
  void SetItems(const std::string& name, size_t n_rows, std::span<const uint32_t> places,
                size_t n_named, bool has_mask);
  size_t n_items() const { return items_.size(); }
  // Rows of the file that are no product.
  size_t n_padding_rows() const { return n_item_rows_ - n_named_; }

  // Below, the matrices to fill tell the shapes: weight out x in, bias 1 x out, and by layer a pair
  // `layer`.weight and `layer`.bias.
  void Dense(const std::string& layer, MatrixView weight, MatrixView bias);
  // A layer whose inputs are the products, as a row per product: n_items x out.
  void DenseFromItems(const std::string& layer, MatrixView table, MatrixView bias);
  // A layer whose outputs are the products: n_items x in, and 1 x n_items.
  void DenseToItems(const std::string& layer, MatrixView table, MatrixView bias);
  void Norm(const std::string& layer, MatrixView gain, MatrixView bias);
  // As it is stored.
  void Table(const std::string& name, MatrixView table);
  void ItemTable(const std::string& name, MatrixView table);
  // n_items x n_items; row i holds what item i says of every item. The file has the transpose where
  // `out_in`.
  void ItemSquare(const std::string& name, bool out_in, MatrixView square);

  bool IsInOut(const std::string& name) const;
  // Names, as the file has them, of the tensors that nothing asked for.
  std::vector<std::string> Unused() const;

 private:
  struct Named {
    const ForeignTensor* tensor;
    bool is_kernel;
    bool used = false;
  };
  // Where the rows or columns of a matrix to fill lie in the file's tensor.
  struct Axis {
    size_t size = 0;                   // of the tensor
    std::span<const uint32_t> places;  // empty: one after the other
    size_t operator()(size_t i) const { return places.empty() ? i : places[i]; }
  };

  // nullptr, and an error kept.
  Named* Find(const std::string& name, const std::string& wanted_shape);
  size_t Shape(const std::string& name, size_t axis);
  size_t SizeOf(const std::string& name, bool outputs);
  Axis Items() const { return {n_item_rows_, items_}; }
  // out(r, c) = tensor(rows(r), cols(c)), or where `swapped` tensor(cols(c), rows(r)).
  void Copy(const std::string& name, bool swapped, const Axis& rows, const Axis& cols,
            MatrixView out);
  void Bias(const std::string& layer, const Axis& axis, MatrixView bias);

  const WeightFile& file_;
  const ReadingRules& rules_;
  std::map<std::string, Named> tensors_;
  std::set<std::string_view> followed_;
  size_t n_item_rows_ = 0, n_named_ = 0;
  std::vector<uint32_t> items_;  // the file's row of each of our items
  Status status_;
};

}  // namespace vitrine

#endif  // VITRINE_INTEROP_WEIGHT_READER_H_
