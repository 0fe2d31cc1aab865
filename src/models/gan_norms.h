// Keeps a discriminator Lipschitz: no weight's largest singular value is above 1.
#ifndef VITRINE_MODELS_GAN_NORMS_H_
#define VITRINE_MODELS_GAN_NORMS_H_

#include <vector>

#include "models/gan_train.h"

namespace vitrine {

// The largest singular vectors as far as the power method has found them.
template <class B>
struct GanNorms {
  std::vector<typename B::Matrix> left, right, length;  // of every weight of a discriminator
  GanNorms(B& backend, GanDiscriminator<B>& discriminator);
};

// Scales down every weight matrix whose largest singular value is above 1: Gouk, Frank, Pfahringer
// and Cree, "Regularisation of neural networks by enforcing Lipschitz continuity", 2021, algorithm
// 2, with one step of the power method a call, as in Miyato et al., "Spectral normalization for
// generative adversarial networks", ICLR 2018.
template <class B>
void LimitNorms(B& backend, GanNorms<B>& norms, GanDiscriminator<B>& discriminator);

}  // namespace vitrine

#endif  // VITRINE_MODELS_GAN_NORMS_H_
