#include "interop/tensor_names.h"

#include <gtest/gtest.h>

#include <vector>

namespace vitrine {
namespace {

TEST(Rename, TakesWholePartsFromTheFront) {
  EXPECT_EQ(Rename("encoder.0.weight", {"encoder.0", "q_layers.0"}), "q_layers.0.weight");
  EXPECT_EQ(Rename("encoder.0", {"encoder.0", "q_layers.0"}), "q_layers.0");
  EXPECT_EQ(Rename("encoder.01.weight", {"encoder.0", "q_layers.0"}), std::nullopt);
  EXPECT_EQ(Rename("my.encoder.0", {"encoder.0", "q_layers.0"}), std::nullopt);
  EXPECT_EQ(Rename("encoder", {"encoder.0", "q_layers.0"}), std::nullopt);
  EXPECT_EQ(Rename("model.dense.bias", {"model", ""}), "dense.bias");
}

TEST(Rename, KeepsTheNumberOfABlock) {
  const Renaming renaming{"blocks.#.layer", "layer.#.attention"};
  EXPECT_EQ(Rename("blocks.12.layer.query.weight", renaming), "layer.12.attention.query.weight");
  EXPECT_EQ(Rename("blocks.a.layer.query.weight", renaming), std::nullopt);
}

TEST(CommonFront, IsOfWholePartsAndLeavesEachAName) {
  const auto front = [](std::vector<std::string> names) { return CommonFront(names); };
  EXPECT_EQ(front({"module.a.weight", "module.a.bias"}), "module.a.");
  EXPECT_EQ(front({"model.net.a.weight", "model.net.b.weight"}), "model.net.");
  EXPECT_EQ(front({"layer_1.weight", "layer_2.weight"}), "");
  EXPECT_EQ(front({"model.a", "model"}), "");
  EXPECT_EQ(front({"ease.B"}), "ease.");
  EXPECT_EQ(front({"B"}), "");
  EXPECT_EQ(front({}), "");
}

TEST(Names, OfKerasBecomeThoseOfPyTorch) {
  std::string name = Dotted("vae/dense_1/kernel:0");
  EXPECT_EQ(name, "vae.dense_1.kernel");
  EXPECT_TRUE(NameAsPyTorch(name));
  EXPECT_EQ(name, "vae.dense_1.weight");
  for (const auto& [keras, pytorch] : {std::pair{"norm.gamma", "norm.weight"},
                                       {"norm.beta", "norm.bias"},
                                       {"items.embeddings", "items.weight"},
                                       {"dense.bias", "dense.bias"},
                                       {"kernel.bias", "kernel.bias"}}) {
    name = keras;
    EXPECT_FALSE(NameAsPyTorch(name));
    EXPECT_EQ(name, pytorch);
  }
}

}  // namespace
}  // namespace vitrine
