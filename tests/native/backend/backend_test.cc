// Every call of the CPU backend gives what the reference backend gives.
#include <gtest/gtest.h>

#include <cmath>

#include "backend/cpu/cpu_backend.h"
#include "backend/cpu/gemm_kernel.h"
#include "backend/cpu/spd_inverse.h"
#include "backend/reference/reference_backend.h"
#include "core/rng.h"

namespace vitrine {
namespace {

struct Pair {
  Matrix cpu;
  BasicMatrix<double> reference;
  Pair(size_t rows, size_t cols, uint64_t seed) : cpu(rows, cols), reference(rows, cols) {
    Rng rng(seed, rows * 1000 + cols);
    for (size_t r = 0; r < rows; ++r) {
      for (size_t c = 0; c < cols; ++c) reference(r, c) = cpu(r, c) = rng.Normal();
    }
  }
  void ExpectNear(double tolerance) const {
    for (size_t r = 0; r < cpu.rows(); ++r) {
      for (size_t c = 0; c < cpu.cols(); ++c) {
        ASSERT_NEAR(cpu(r, c), reference(r, c), tolerance) << r << ", " << c;
      }
      for (size_t c = cpu.cols(); c < cpu.stride(); ++c) ASSERT_EQ(cpu.Row(r)[c], 0.0f);
    }
  }
};

Csr RandomSparse(size_t rows, size_t cols, bool values, uint64_t seed) {
  Rng rng(seed, 77);
  Csr csr{.cols = cols};
  for (size_t r = 0; r < rows; ++r) {
    for (uint32_t c = 0; c < cols; ++c) {
      if (rng.Uniform() > 0.2f || r % 7 == 3) continue;
      csr.indices.push_back(c);
      if (values) csr.values.push_back(rng.Uniform());
    }
    csr.EndRow();
  }
  return csr;
}

TEST(CpuBackend, GemmMatchesReference) {
  for (const auto& [m, n, k] :
       {std::array<size_t, 3>{1, 1, 1}, {3, 200, 17}, {130, 70, 65}, {64, 129, 33}}) {
    for (const Trans ta : {Trans::kNo, Trans::kYes}) {
      for (const Trans tb : {Trans::kNo, Trans::kYes}) {
        const Pair a(ta == Trans::kYes ? k : m, ta == Trans::kYes ? m : k, 1);
        const Pair b(tb == Trans::kYes ? n : k, tb == Trans::kYes ? k : n, 2);
        Pair out(m, n, 3);
        CpuBackend().Gemm(ta, tb, 1.5f, a.cpu, b.cpu, 0.5f, out.cpu);
        ReferenceBackend().Gemm(ta, tb, 1.5, a.reference, b.reference, 0.5, out.reference);
        out.ExpectNear(1e-3);
      }
    }
  }
}

TEST(CpuBackend, GemmWithBetaZeroReadsNothingOfItsResult) {
  const Pair a(5, 4, 1), b(4, 6, 2);
  Matrix out(5, 6);
  for (size_t i = 0; i < 5; ++i) std::fill_n(out.Row(i), 6, NAN);
  CpuBackend().Gemm(Trans::kNo, Trans::kNo, 1, a.cpu, b.cpu, 0, out);
  for (size_t r = 0; r < 5; ++r) {
    for (size_t c = 0; c < 6; ++c) EXPECT_TRUE(std::isfinite(out(r, c)));
  }
}

#if defined(VITRINE_X86_LEVELS)
TEST(GemmEigen, LevelsMatchTheBase) {
  const Pair a(40, 50, 1), b(30, 50, 2);
  const GemmShape shape{Trans::kNo, Trans::kYes, 40, 30, 50, a.cpu.stride(), b.cpu.stride(), 32};
  Matrix base(40, 30), other(40, 30);
  GemmEigenBase(shape, 1, a.cpu.data(), b.cpu.data(), 0, base.data());
  for (const auto& [level, kernel] :
       {std::pair<const char*, GemmKernel>{"x86-64-v3", GemmEigenV3}, {"x86-64-v4", GemmEigenV4}}) {
    const bool supported = std::string_view(level) == "x86-64-v3"
                               ? __builtin_cpu_supports("x86-64-v3")
                               : __builtin_cpu_supports("x86-64-v4");
    if (!supported) continue;
    kernel(shape, 1, a.cpu.data(), b.cpu.data(), 0, other.data());
    for (size_t r = 0; r < 40; ++r) {
      for (size_t c = 0; c < 30; ++c) ASSERT_NEAR(base(r, c), other(r, c), 1e-4) << level;
    }
  }
}
#endif

TEST(CpuBackend, Bf16GivesProductsOfRoundedFactors) {
  if (!HasBf16()) GTEST_SKIP() << "this processor has no products in bf16";
  CpuBackend backend(Precision::kBf16);
  // Tiles and blocks cut anywhere, and k odd.
  for (const auto& [m, n, k] :
       {std::array<size_t, 3>{1, 1, 1}, {3, 200, 17}, {29, 65, 513}, {270, 1060, 260}}) {
    for (const Trans ta : {Trans::kNo, Trans::kYes}) {
      for (const Trans tb : {Trans::kNo, Trans::kYes}) {
        Pair a(ta == Trans::kYes ? k : m, ta == Trans::kYes ? m : k, 1);
        Pair b(tb == Trans::kYes ? n : k, tb == Trans::kYes ? k : n, 2);
        // To sixteenths, which bf16 has all of up to 16.
        for (Pair* factor : {&a, &b}) {
          for (size_t r = 0; r < factor->cpu.rows(); ++r) {
            for (size_t c = 0; c < factor->cpu.cols(); ++c) {
              factor->reference(r, c) = factor->cpu(r, c) = std::round(16 * factor->cpu(r, c)) / 16;
            }
          }
        }
        Pair out(m, n, 3);
        backend.Gemm(ta, tb, 1.5f, a.cpu, b.cpu, 0.5f, out.cpu);
        ReferenceBackend().Gemm(ta, tb, 1.5, a.reference, b.reference, 0.5, out.reference);
        out.ExpectNear(1e-3);
        // Of any factors the error is that of rounding both.
        const Pair x(ta == Trans::kYes ? k : m, ta == Trans::kYes ? m : k, 4);
        backend.Gemm(ta, tb, 1, x.cpu, b.cpu, 0, out.cpu);
        ReferenceBackend().Gemm(ta, tb, 1, x.reference, b.reference, 0, out.reference);
        out.ExpectNear(0.02 * std::sqrt(static_cast<double>(k)));
      }
    }
  }
}

TEST(CpuBackend, SparseTimesDenseMatchesReference) {
  for (const bool values : {false, true}) {
    const Csr sparse = RandomSparse(50, 31, values, 4);
    const Pair dense(31, 37, 5);
    Pair out(50, 37, 6);
    CpuBackend().SparseTimesDense(sparse, dense.cpu, out.cpu);
    ReferenceBackend().SparseTimesDense(sparse, dense.reference, out.reference);
    out.ExpectNear(1e-4);
  }
}

TEST(CpuBackend, SumRowsMatchesReference) {
  for (const size_t cols : {1, 5, 700}) {
    const Pair in(33, cols, 7);
    Pair out(1, cols, 8);
    CpuBackend().SumRows(in.cpu, out.cpu);
    ReferenceBackend().SumRows(in.reference, out.reference);
    out.ExpectNear(1e-4);
  }
}

TEST(CpuBackend, SoftmaxCrossEntropyMatchesReference) {
  for (const bool values : {false, true}) {
    const Csr targets = RandomSparse(20, 45, values, 9);
    Pair logits(20, 45, 10), losses(20, 1, 11);
    CpuBackend().SoftmaxCrossEntropy(targets, 0.05f, logits.cpu, losses.cpu);
    ReferenceBackend().SoftmaxCrossEntropy(targets, 0.05f, logits.reference, losses.reference);
    logits.ExpectNear(1e-5);
    losses.ExpectNear(1e-3);
  }
}

TEST(CpuBackend, SoftmaxOfLargeLogitsStaysFinite) {
  Csr targets{.cols = 3};
  targets.indices = {0};
  targets.EndRow();
  Matrix logits(1, 3), loss(1, 1);
  logits(0, 0) = 1000;
  logits(0, 1) = -1000;
  CpuBackend().SoftmaxCrossEntropy(targets, 1, logits, loss);
  EXPECT_NEAR(loss(0, 0), 0, 1e-6);
  for (size_t c = 0; c < 3; ++c) EXPECT_NEAR(logits(0, c), 0, 1e-6);
}

TEST(CpuBackend, ForEachVisitsEveryPlaceOnce) {
  for (const auto& [rows, cols] :
       {std::pair<size_t, size_t>{1, 10000}, {7, 3000}, {500, 3}, {0, 5}}) {
    Matrix seen(rows, cols);
    CpuBackend().ForEach(rows, cols, [&](size_t r, size_t c) { seen(r, c) += 1; });
    for (size_t r = 0; r < rows; ++r) {
      for (size_t c = 0; c < cols; ++c) ASSERT_EQ(seen(r, c), 1.0f);
    }
  }
}

TEST(InvertSpd, TimesTheMatrixIsTheIdentity) {
  for (const size_t n : {1, 5, 256, 257, 700}) {
    const Pair x(n + 10, n, 12);
    Matrix gram(n, n), inverse(n, n), product(n, n);
    Gemm(Trans::kYes, Trans::kNo, 1, x.cpu, x.cpu, 0, gram);
    for (size_t i = 0; i < n; ++i) gram(i, i) += 50;
    inverse = gram.Clone();
    ASSERT_TRUE(InvertSpd(inverse).ok());
    Gemm(Trans::kNo, Trans::kNo, 1, gram, inverse, 0, product);
    for (size_t r = 0; r < n; ++r) {
      for (size_t c = 0; c < n; ++c) ASSERT_NEAR(product(r, c), r == c ? 1 : 0, 2e-3) << n;
    }
  }
}

TEST(InvertSpd, RefusesAMatrixThatIsNotPositiveDefinite) {
  Matrix m(2, 2);
  m(0, 1) = m(1, 0) = 1;
  const Status status = InvertSpd(m);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace vitrine
