#include "backend/cpu/gemm.h"

#include <cmath>
#include <cstdlib>
#include <vector>

#include "backend/cpu/gemm_kernel.h"
#include "core/check.h"
#include "core/parallel.h"

#if defined(VITRINE_OPENBLAS)
#include <dlfcn.h>
#endif

namespace vitrine {
namespace {

struct Library {
  GemmKernel kernel;
  std::string name;
};

#if defined(VITRINE_X86_LEVELS) || defined(VITRINE_OPENBLAS)

bool HasAvx2() {
  return __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0 &&
         __builtin_cpu_supports("bmi2") != 0;
}

bool HasAvx512() {
  return __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0 &&
         __builtin_cpu_supports("avx512dq") != 0 && __builtin_cpu_supports("avx512vl") != 0;
}

// A library that is older than its processor can compute wrong numbers: one product by hand settles
// it, of whole numbers that every precision has.
bool GivesTheKnownAnswer(GemmKernel kernel) {
  constexpr size_t kM = 37, kN = 45, kK = 300;
  std::vector<float> a(kM * kK), b(kN * kK), c(kM * kN);
  for (size_t i = 0; i < a.size(); ++i) a[i] = static_cast<float>(i * 7919 % 23) - 11.0f;
  for (size_t i = 0; i < b.size(); ++i) b[i] = static_cast<float>(i * 104729 % 19) - 9.0f;
  kernel({Trans::kNo, Trans::kYes, kM, kN, kK, kK, kK, kN}, 1, a.data(), b.data(), 0, c.data());
  for (size_t r = 0; r < kM; ++r) {
    for (size_t col = 0; col < kN; ++col) {
      float sum = 0;  // whole numbers below 2^24: exact in any order
      for (size_t i = 0; i < kK; ++i) sum += a[r * kK + i] * b[col * kK + i];
      if (c[r * kN + col] != sum) return false;
    }
  }
  return true;
}

#endif

Library BestEigen() {
#if defined(VITRINE_X86_LEVELS)
  if (HasAvx512()) return {GemmEigenV4, "Eigen x86-64-v4"};
  if (HasAvx2()) return {GemmEigenV3, "Eigen x86-64-v3"};
#endif
  return {GemmEigenBase, "Eigen"};
}

#if defined(VITRINE_OPENBLAS)

using CblasSgemm = void (*)(int order, int trans_a, int trans_b, int m, int n, int k, float alpha,
                            const float* a, int lda, const float* b, int ldb, float beta, float* c,
                            int ldc);
CblasSgemm cblas_sgemm = nullptr;

void GemmOpenBlas(const GemmShape& s, float alpha, const float* a, const float* b, float beta,
                  float* out) {
  constexpr int kRowMajor = 101, kNoTrans = 111, kTrans = 112;
  const auto as_int = [](size_t n) { return static_cast<int>(n); };
  cblas_sgemm(kRowMajor, s.trans_a == Trans::kYes ? kTrans : kNoTrans,
              s.trans_b == Trans::kYes ? kTrans : kNoTrans, as_int(s.m), as_int(s.n), as_int(s.k),
              alpha, a, as_int(s.lda), b, as_int(s.ldb), beta, out, as_int(s.ldc));
}

// OpenBLAS where it is installed and knows this processor. It is loaded rather than linked, because
// it reads its core type from the environment when it is loaded, and takes too small a one on
// processors newer than itself. A core type set by the user stands.
bool LoadOpenBlas(Library& library) {
  if (HasAvx512() || HasAvx2()) {
    ::setenv("OPENBLAS_CORETYPE", HasAvx512() ? "SkylakeX" : "Haswell", 0);
  }
  ::setenv("OPENBLAS_L2_SIZE", "512", 0);    // KiB; some virtual machines report none at all
  ::setenv("OPENBLAS_NUM_THREADS", "1", 1);  // the threads are ours; see Gemm below
  void* handle = ::dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) return false;
  cblas_sgemm = reinterpret_cast<CblasSgemm>(::dlsym(handle, "cblas_sgemm"));
  const auto core_name = reinterpret_cast<char* (*)()>(::dlsym(handle, "openblas_get_corename"));
  const auto set_threads =
      reinterpret_cast<void (*)(int)>(::dlsym(handle, "openblas_set_num_threads"));
  if (cblas_sgemm == nullptr || core_name == nullptr || set_threads == nullptr) return false;
  set_threads(1);
  const std::string core = core_name();
  const bool uses_avx512 = core == "SkylakeX" || core == "Cooperlake" || core == "SapphireRapids";
  if (HasAvx512() && !uses_avx512) return false;  // Eigen's AVX-512 is faster than OpenBLAS's AVX2
  if (!GivesTheKnownAnswer(GemmOpenBlas)) return false;
  library = {GemmOpenBlas, "OpenBLAS " + core};
  return true;
}

#endif  // VITRINE_OPENBLAS

const Library& Chosen() {
  static const Library library = [] {
    Library best = BestEigen();
#if defined(VITRINE_OPENBLAS)
    LoadOpenBlas(best);
#endif
    return best;
  }();
  return library;
}

// Checked before anything trains: HasBf16.
GemmKernel KernelOf([[maybe_unused]] Precision precision) {
#if defined(VITRINE_X86_LEVELS)
  if (precision == Precision::kBf16) return GemmBf16;
#endif
  return Chosen().kernel;
}

}  // namespace

bool HasBf16() {
#if defined(VITRINE_X86_LEVELS)
  static const bool has =
      HasAvx512() && __builtin_cpu_supports("avx512bf16") != 0 && GivesTheKnownAnswer(GemmBf16);
  return has;
#else
  return false;
#endif
}

void Gemm(Trans trans_a, Trans trans_b, float alpha, const ConstMatrixView& a,
          const ConstMatrixView& b, float beta, const MatrixView& out, Precision precision) {
  const size_t k = trans_a == Trans::kYes ? a.rows : a.cols;
  VITRINE_CHECK((trans_a == Trans::kYes ? a.cols : a.rows) == out.rows);
  VITRINE_CHECK((trans_b == Trans::kYes ? b.cols : b.rows) == k);
  VITRINE_CHECK((trans_b == Trans::kYes ? b.rows : b.cols) == out.cols);
  const GemmKernel kernel = KernelOf(precision);
  // Each thread computes a block of whole rows or whole columns of `out`, whichever are more.
  constexpr size_t kGrain = 64;
  const bool by_rows = out.rows >= out.cols;
  ParallelFor(by_rows ? out.rows : out.cols, kGrain, [&](size_t first, size_t last, size_t) {
    GemmShape s{trans_a, trans_b, out.rows, out.cols, k, a.stride, b.stride, out.stride};
    if (by_rows) {
      s.m = last - first;
      const float* a_block = a.data + first * (trans_a == Trans::kYes ? 1 : a.stride);
      kernel(s, alpha, a_block, b.data, beta, out.Row(first));
    } else {
      s.n = last - first;
      const float* b_block = b.data + first * (trans_b == Trans::kYes ? b.stride : 1);
      kernel(s, alpha, a.data, b_block, beta, out.data + first);
    }
  });
}

std::string GemmLibrary() { return Chosen().name; }

}  // namespace vitrine
