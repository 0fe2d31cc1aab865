#include "interop/weight_reader.h"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <cstring>
#include <optional>
#include <utility>

namespace vitrine {
namespace {

template <class T>
T Load(const std::byte* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

// Calls use(read) with read(i): element i of the tensor as a float. False where its elements are
// no real numbers.
template <class Use>
bool WithElements(const ForeignTensor& tensor, const Use& use) {
  const std::byte* data = tensor.bytes.data();
  if (tensor.type == "F32" || tensor.type == "<f4") {
    use([=](size_t i) { return Load<float>(data + 4 * i); });
  } else if (tensor.type == "F64" || tensor.type == "<f8") {
    use([=](size_t i) { return static_cast<float>(Load<double>(data + 8 * i)); });
  } else if (tensor.type == "F16" || tensor.type == "<f2") {
    use([=](size_t i) { return static_cast<float>(Load<Eigen::half>(data + 2 * i)); });
  } else {
    return false;
  }
  return true;
}

// A vector is a matrix of one row.
size_t RowsOf(const ForeignTensor& t) { return t.shape.size() == 2 ? t.shape[0] : 1; }
size_t ColsOf(const ForeignTensor& t) { return t.shape.empty() ? 1 : t.shape.back(); }

std::string MatrixText(size_t rows, size_t cols) {
  return rows == 1 ? std::to_string(cols) : std::to_string(rows) + " x " + std::to_string(cols);
}

}  // namespace

WeightReader::WeightReader(const WeightFile& file, const ReadingRules& rules)
    : file_(file), rules_(rules) {
  std::vector<const ForeignTensor*> tensors;
  std::vector<std::string> dotted;
  for (const ForeignTensor& tensor : file.tensors()) {
    if (std::ranges::any_of(rules.ignore, [&](const std::string& start) {
          return tensor.name.starts_with(start);
        })) {
      continue;
    }
    tensors.push_back(&tensor);
    dotted.push_back(Dotted(tensor.name));
  }
  const size_t front = CommonFront(dotted).size();

  std::set<std::string_view> mapped;
  for (size_t i = 0; i < dotted.size(); ++i) {
    const ForeignTensor& tensor = *tensors[i];
    std::string name = dotted[i].substr(front);
    for (const auto& [from, to] : rules.map) {
      // The user may write all of the name, or leave out what all of them begin with.
      std::optional<std::string> renamed = Rename(dotted[i], {from, to});
      if (!renamed) renamed = Rename(dotted[i].substr(front), {from, to});
      if (!renamed) continue;
      name = *renamed;
      mapped.insert(from);
    }
    for (const Renaming& renaming : rules.layout) {
      std::optional<std::string> renamed = Rename(name, renaming);
      if (!renamed) continue;
      name = *renamed;
      followed_.insert(renaming.from);
      break;
    }
    const bool is_kernel = NameAsPyTorch(name);
    const auto [at, is_new] = tensors_.try_emplace(name, Named{&tensor, is_kernel});
    if (!is_new) {
      Fail("'" + at->second.tensor->name + "' and '" + tensor.name + "' both are '" + name +
           "'; say which with --map or leave one out with --ignore");
    }
  }
  for (const auto& [from, to] : rules.map) {
    if (mapped.contains(from)) continue;
    Fail("no tensor is called '" + from + "', which --map names; the first is '" +
         (file.tensors().empty() ? "" : file.tensors().front().name) + "'");
  }
}

void WeightReader::Fail(const std::string& what) {
  if (status_.ok()) status_ = {ErrorCode::kBadFormat, file_.path() + ": " + what};
}

void WeightReader::NameTheOnly(const std::string& name) {
  if (tensors_.size() != 1) return;
  auto only = tensors_.extract(tensors_.begin());
  only.key() = name;
  tensors_.insert(std::move(only));
}

WeightReader::Named* WeightReader::Find(const std::string& name, const std::string& wanted_shape) {
  const auto found = tensors_.find(name);
  if (found == tensors_.end()) {
    const std::vector<std::string> unused = Unused();
    Fail("tensor '" + name + "' " + (wanted_shape.empty() ? "" : "(" + wanted_shape + ") ") +
         "is missing" + (unused.empty() ? "" : ", while '" + unused.front() + "' is there") +
         "; name the one that it is with --map THEIRS=" + name);
    return nullptr;
  }
  found->second.used = true;
  return &found->second;
}

bool WeightReader::IsInOut(const std::string& name) const {
  const auto found = tensors_.find(name);
  return rules_.transposed || (found != tensors_.end() && found->second.is_kernel);
}

size_t WeightReader::Shape(const std::string& name, size_t axis) {
  const Named* named = Find(name, "");
  if (named == nullptr) return 0;
  if (named->tensor->shape.size() != 2 || named->tensor->bytes.empty()) {
    Fail("tensor '" + named->tensor->name + "' is " + ShapeText(named->tensor->shape) +
         ", not a matrix");
    return 0;
  }
  return named->tensor->shape[axis];
}

size_t WeightReader::SizeOf(const std::string& name, bool outputs) {
  return Shape(name, outputs == IsInOut(name) ? 1 : 0);
}

void WeightReader::SetItems(const std::string& name, size_t n_rows,
                            std::span<const uint32_t> places, size_t n_named, bool has_mask) {
  if (!status_.ok()) return;
  n_item_rows_ = n_rows;
  n_named_ = n_named;
  if (n_rows < n_named || n_rows > n_named + (has_mask ? 2 : 1)) {
    const ForeignTensor& tensor = *tensors_.at(name).tensor;
    const bool turned = std::ranges::any_of(tensor.shape, [&](uint64_t n) {
      return n != n_rows && (n == n_named || n == n_named + 1);
    });
    Fail("tensor '" + tensor.name + "' (" + ShapeText(tensor.shape) + ") is of " +
         std::to_string(n_rows) + " products, but " + std::to_string(n_named) + " are named; " +
         (turned ? "add --transposed for layers that lie in x out, as Keras has them"
                 : "name them all with --items, in the order of the weights"));
    return;
  }
  const auto first = static_cast<uint32_t>(n_rows > n_named ? 1 : 0);
  items_.assign(places.begin(), places.end());
  for (uint32_t& row : items_) row += first;
}

void WeightReader::Copy(const std::string& name, bool swapped, const Axis& rows, const Axis& cols,
                        MatrixView out) {
  const size_t n_rows = swapped ? cols.size : rows.size, n_cols = swapped ? rows.size : cols.size;
  const Named* named = Find(name, MatrixText(n_rows, n_cols));
  if (named == nullptr || !status_.ok()) return;
  const ForeignTensor& tensor = *named->tensor;
  if (tensor.shape.size() > 2 || RowsOf(tensor) != n_rows || ColsOf(tensor) != n_cols) {
    const bool turned = RowsOf(tensor) == n_cols && ColsOf(tensor) == n_rows;
    Fail("tensor '" + tensor.name + "' is " + ShapeText(tensor.shape) + ", not " +
         MatrixText(n_rows, n_cols) +
         (turned ? "; add or leave out --transposed, which says that layers lie in x out"
                 : "; is the model of another kind, or a name of --map wrong?"));
    return;
  }
  const bool known = WithElements(tensor, [&](const auto& read) {
    for (size_t r = 0; r < out.rows; ++r) {
      for (size_t c = 0; c < out.cols; ++c) {
        const size_t row = swapped ? cols(c) : rows(r), col = swapped ? rows(r) : cols(c);
        const float value = read(tensor.fortran_order ? col * n_rows + row : row * n_cols + col);
        if (!std::isfinite(value)) {
          Fail("tensor '" + tensor.name + "' holds what is no finite number of 32 bits, in row " +
               std::to_string(row) + " and column " + std::to_string(col) +
               " from 0; import weights from before training diverged");
          return;
        }
        out(r, c) = value;
      }
    }
  });
  if (!known) {
    Fail("tensor '" + tensor.name + "' is of type " + tensor.type +
         "; save weights as float32, float64 or float16");
  }
}

void WeightReader::Bias(const std::string& layer, const Axis& axis, MatrixView bias) {
  Copy(layer + ".bias", false, {1, {}}, axis, bias);
}

void WeightReader::Dense(const std::string& layer, MatrixView weight, MatrixView bias) {
  const std::string name = layer + ".weight";
  Copy(name, IsInOut(name), {weight.rows, {}}, {weight.cols, {}}, weight);
  Bias(layer, {bias.cols, {}}, bias);
}

void WeightReader::DenseFromItems(const std::string& layer, MatrixView table, MatrixView bias) {
  const std::string name = layer + ".weight";
  Copy(name, !IsInOut(name), Items(), {table.cols, {}}, table);
  Bias(layer, {bias.cols, {}}, bias);
}

void WeightReader::DenseToItems(const std::string& layer, MatrixView table, MatrixView bias) {
  const std::string name = layer + ".weight";
  Copy(name, IsInOut(name), Items(), {table.cols, {}}, table);
  Bias(layer, Items(), bias);
}

void WeightReader::Norm(const std::string& layer, MatrixView gain, MatrixView bias) {
  Copy(layer + ".weight", false, {1, {}}, {gain.cols, {}}, gain);
  Bias(layer, {bias.cols, {}}, bias);
}

void WeightReader::Table(const std::string& name, MatrixView table) {
  Copy(name, false, {table.rows, {}}, {table.cols, {}}, table);
}

void WeightReader::ItemTable(const std::string& name, MatrixView table) {
  Copy(name, false, Items(), {table.cols, {}}, table);
}

void WeightReader::ItemSquare(const std::string& name, bool out_in, MatrixView square) {
  Copy(name, out_in, Items(), Items(), square);
}

std::vector<std::string> WeightReader::Unused() const {
  std::vector<std::string> names;
  for (const auto& [name, named] : tensors_) {
    if (!named.used) names.push_back(named.tensor->name);
  }
  return names;
}

}  // namespace vitrine
