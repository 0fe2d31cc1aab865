// Dense row-major matrices whose rows are padded to whole vectors.
#ifndef VITRINE_CORE_MATRIX_H_
#define VITRINE_CORE_MATRIX_H_

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>
#include <span>
#include <type_traits>
#include <utility>

#include "core/aligned_buffer.h"
#include "core/check.h"
#include "core/host_device.h"

namespace vitrine {

// Floats per padded step: rows start on a cache line and hold whole vectors of every SIMD width.
inline constexpr size_t kRowMultiple = kAlignment / sizeof(float);

constexpr size_t PaddedDim(size_t dim) { return RoundUp(dim, kRowMultiple); }

// A view of `rows` x `cols` values; row r starts at data + r * stride.
template <class T>
struct BasicMatrixView {
  T* data = nullptr;
  size_t rows = 0;
  size_t cols = 0;
  size_t stride = 0;

  VITRINE_HD T* Row(size_t r) const { return data + r * stride; }
  std::span<T> RowSpan(size_t r) const { return {Row(r), cols}; }
  VITRINE_HD T& operator()(size_t r, size_t c) const { return data[r * stride + c]; }
  BasicMatrixView Rows(size_t first, size_t count) const {
    return {Row(first), count, cols, stride};
  }
  BasicMatrixView Columns(size_t first, size_t count) const {
    return {data + first, rows, count, stride};
  }
  operator BasicMatrixView<const T>() const  // NOLINT: implicit on purpose
      requires(!std::is_const_v<T>) {
    return {data, rows, cols, stride};
  }
};

using MatrixView = BasicMatrixView<float>;
using ConstMatrixView = BasicMatrixView<const float>;

// Owns a matrix: zero on construction, padding included; the padding stays zero as long as
// writers keep to `cols`. Allocation failure is std::bad_alloc natively and an abort in
// WebAssembly: what a page loads goes through AlignedBuffer instead.
template <class T>
class BasicMatrix {
 public:
  BasicMatrix() = default;
  BasicMatrix(size_t rows, size_t cols) : rows_(rows), cols_(cols), stride_(PaddedDim(cols)) {
    const size_t bytes = RoundUp(rows_ * stride_ * sizeof(T), kAlignment);
    if (bytes == 0) return;
    data_.reset(static_cast<T*>(std::aligned_alloc(kAlignment, bytes)));
#if defined(__cpp_exceptions)
    if (data_ == nullptr) throw std::bad_alloc();
#else
    VITRINE_CHECK(data_ != nullptr);
#endif
    SetZero();
  }
  BasicMatrix(BasicMatrix&&) noexcept = default;
  BasicMatrix& operator=(BasicMatrix&&) noexcept = default;

  BasicMatrix Clone() const {
    BasicMatrix copy(rows_, cols_);
    std::copy_n(data_.get(), rows_ * stride_, copy.data_.get());
    return copy;
  }
  void SetZero() { std::fill_n(data_.get(), rows_ * stride_, T{0}); }

  T* data() { return data_.get(); }
  const T* data() const { return data_.get(); }
  size_t rows() const { return rows_; }
  size_t cols() const { return cols_; }
  size_t stride() const { return stride_; }
  T* Row(size_t r) { return data_.get() + r * stride_; }
  const T* Row(size_t r) const { return data_.get() + r * stride_; }
  T& operator()(size_t r, size_t c) { return data_[r * stride_ + c]; }
  T operator()(size_t r, size_t c) const { return data_[r * stride_ + c]; }
  BasicMatrixView<T> view() { return {data_.get(), rows_, cols_, stride_}; }
  BasicMatrixView<const T> view() const { return {data_.get(), rows_, cols_, stride_}; }
  operator BasicMatrixView<T>() { return view(); }              // NOLINT: implicit on purpose
  operator BasicMatrixView<const T>() const { return view(); }  // NOLINT: implicit on purpose

 private:
  struct Free {
    void operator()(T* p) const { std::free(p); }
  };
  std::unique_ptr<T[], Free> data_;
  size_t rows_ = 0;
  size_t cols_ = 0;
  size_t stride_ = 0;
};

using Matrix = BasicMatrix<float>;

}  // namespace vitrine

#endif  // VITRINE_CORE_MATRIX_H_
