// A Gaussian latent: a reparametrised sample and its divergence from the standard normal prior.
// Kingma and Welling, "Auto-encoding variational Bayes", ICLR 2014, section 2.4 and appendix B.
#ifndef VITRINE_LAYERS_GAUSSIAN_H_
#define VITRINE_LAYERS_GAUSSIAN_H_

#include <cmath>

#include "backend/backend.h"
#include "core/rng.h"

namespace vitrine {

// The noise of place (r, c): shopper rows[r] of step `stream`.
struct GaussianNoise {
  uint64_t seed;
  uint64_t stream;
  const uint32_t* rows;
  VITRINE_HD float operator()(size_t r, size_t c) const {
    const auto bits = RandomBits(seed, stream, uint64_t{rows[r]} << 32 | c);
    return ToNormal(bits[0], bits[1])[0];
  }
};

template <class T>
struct SampleGaussian {
  BasicMatrixView<const T> stats;  // n x 2 latent: means, then log variances
  BasicMatrixView<T> z;            // n x latent
  GaussianNoise noise;
  VITRINE_HD void operator()(size_t r, size_t c) const {
    const T deviation = std::exp(T(0.5) * stats(r, z.cols + c));
    z(r, c) = stats(r, c) + deviation * static_cast<T>(noise(r, c));
  }
};

template <class T>
struct GaussianGradient {
  BasicMatrixView<const T> stats;
  BasicMatrixView<const T> z;
  BasicMatrixView<const T> d_z;
  BasicMatrixView<T> d_stats;
  T kl_scale;
  VITRINE_HD void operator()(size_t r, size_t c) const {
    const size_t v = z.cols + c;
    const T mean = stats(r, c);
    const T variance = std::exp(stats(r, v));
    d_stats(r, c) = d_z(r, c) + kl_scale * mean;
    // z - mean is noise * deviation, and the deviation's derivative by log variance is half of it.
    d_stats(r, v) = T(0.5) * (d_z(r, c) * (z(r, c) - mean) + kl_scale * (variance - T{1}));
  }
};

template <class T>
struct GaussianKl {
  BasicMatrixView<const T> stats;
  BasicMatrixView<T> kl;  // n x 1
  VITRINE_HD void operator()(size_t r, size_t) const {
    const size_t latent = stats.cols / 2;
    T sum = 0;
    for (size_t c = 0; c < latent; ++c) {
      const T mean = stats(r, c), log_variance = stats(r, latent + c);
      sum += mean * mean + std::exp(log_variance) - T{1} - log_variance;
    }
    kl(r, 0) = T(0.5) * sum;
  }
};

// z (n x latent) ~ N(mean, variance) and kl (n x 1), from stats (n x 2 latent).
template <class B, class T = typename B::Scalar>
void GaussianForward(B& backend, const BasicMatrixView<const T>& stats, const GaussianNoise& noise,
                     const BasicMatrixView<T>& z, const BasicMatrixView<T>& kl) {
  backend.ForEach(z.rows, z.cols, SampleGaussian<T>{stats, z, noise});
  backend.ForEach(z.rows, 1, GaussianKl<T>{stats, kl});
}

// d_stats from d_z and the gradient of kl_scale * kl.
template <class B, class T = typename B::Scalar>
void GaussianBackward(B& backend, const BasicMatrixView<const T>& stats,
                      const BasicMatrixView<const T>& z, const BasicMatrixView<const T>& d_z,
                      T kl_scale, const BasicMatrixView<T>& d_stats) {
  backend.ForEach(z.rows, z.cols, GaussianGradient<T>{stats, z, d_z, d_stats, kl_scale});
}

}  // namespace vitrine

#endif  // VITRINE_LAYERS_GAUSSIAN_H_
