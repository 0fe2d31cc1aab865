// How generated behaviour is judged, on behaviour that is easy to tell apart and on some that is
// not; and what a generator owes its noise.
#include "evaluate/generated.h"

#include <gtest/gtest.h>

#include "core/rng.h"
#include "format/files.h"
#include "support/small_shop.h"
#include "train/train.h"

namespace vitrine {
namespace {

// Each product with the chance of its place: chances fall from `first` by `step`.
std::vector<Behaviour> Draw(size_t n, size_t n_items, float first, float step, uint64_t seed) {
  std::vector<Behaviour> behaviours(n);
  for (size_t i = 0; i < n; ++i) {
    Rng rng(seed, i);
    for (uint32_t item = 0; item < n_items; ++item) {
      if (rng.Uniform() < first - step * static_cast<float>(item)) behaviours[i].push_back(item);
    }
  }
  return behaviours;
}

TEST(Generated, BehaviourOfTheSameKindCannotBeToldApart) {
  const auto real = Draw(300, 40, 0.8f, 0.02f, 1), generated = Draw(300, 40, 0.8f, 0.02f, 2);
  const GeneratedQuality quality = CompareBehaviour(real, generated, {.n_items = 40});
  EXPECT_EQ(quality.n, 300u);
  EXPECT_NEAR(quality.auc, 0.5, 0.05);
  EXPECT_GT(quality.precision, 0.7);
  EXPECT_NEAR(quality.precision, quality.recall, 0.15);
  EXPECT_FALSE(quality.collapsed());
  EXPECT_GT(quality.popularity, 0.98);
  EXPECT_LT(quality.size_distance, 0.12);
  EXPECT_GT(quality.distinct, 0.95);
  EXPECT_FALSE(quality.category_distance.has_value());
}

TEST(Generated, OppositeTastesAreToldApart) {
  const auto real = Draw(200, 40, 0.8f, 0.02f, 1);
  const auto generated = Draw(200, 40, 0, -0.02f, 2);  // the last products, not the first
  std::vector<uint32_t> category(40);
  for (size_t i = 20; i < 40; ++i) category[i] = 1;
  const GeneratedQuality quality =
      CompareBehaviour(real, generated, {.n_items = 40, .category = category});
  EXPECT_GT(quality.auc, 0.95);
  EXPECT_LT(quality.precision, 0.3);
  EXPECT_LT(quality.popularity, -0.9);
  EXPECT_GT(*quality.category_distance, 0.4);
}

// Four real shoppers of sizes 1 and 3, and generated ones that are all alike.
TEST(Generated, CollapseShowsAsNoRecallAndNoneDistinct) {
  std::vector<Behaviour> real, generated;
  for (uint32_t i = 0; i < 10; ++i) {
    real.push_back(i % 2 == 0 ? Behaviour{i} : Behaviour{i, i + 10, i + 20});
    generated.push_back({40, 41});
  }
  const GeneratedQuality quality = CompareBehaviour(real, generated, {.n_items = 42});
  EXPECT_EQ(quality.distinct, 0);
  EXPECT_EQ(quality.recall, 0);
  EXPECT_TRUE(quality.collapsed());
  EXPECT_DOUBLE_EQ(quality.real_size, 2);
  EXPECT_DOUBLE_EQ(quality.generated_size, 2);
  EXPECT_DOUBLE_EQ(quality.size_distance, 0.5);
}

TEST(Generated, TheSameNoiseGivesTheSameBehaviourAndOtherNoiseAnother) {
  SmallShop shop(12);
  for (uint32_t i = 0; i < 60; ++i) {
    shop.AddTrain(SmallShop::Purchases({i % 12, (i + 1) % 12, (i + 5) % 12}));
  }
  const Dataset dataset = shop.Open(Split::kStrong);
  TrainOptions options;
  options.model = "gan";
  options.validation_fraction = 0.2;
  options.epochs = options.patience = 5;
  options.gan.batch_size = 20;
  ASSERT_TRUE(TrainModel(dataset, options, shop.Path("model")).ok());
  const auto file = ReadTensorFile(shop.Path("model/model.safetensors"));
  ASSERT_TRUE(file.ok());
  const auto model = LoadModel(*file);
  ASSERT_TRUE(model.ok());
  const auto& gan = dynamic_cast<const GanModel&>(**model);
  ASSERT_TRUE(gan.Generates());
  std::vector<float> once(12), again(12), other(12);
  gan.Generate({}, 3, once);
  gan.Generate({}, 3, again);
  gan.Generate({}, 4, other);
  EXPECT_EQ(once, again);
  EXPECT_NE(once, other);
  for (const float chance : once) EXPECT_TRUE(chance >= 0 && chance <= 1);

  const std::vector<size_t> sizes = TrainingSizes(dataset, 100);
  EXPECT_EQ(sizes, std::vector<size_t>(60, 3));
  const auto behaviours = GenerateBehaviour(gan, 20, 1, sizes);
  EXPECT_EQ(behaviours, GenerateBehaviour(gan, 20, 1, sizes));
  for (const Behaviour& behaviour : behaviours) {
    EXPECT_EQ(behaviour.size(), 3u);
    EXPECT_TRUE(std::ranges::is_sorted(behaviour, std::less_equal<>()));
  }
}

}  // namespace
}  // namespace vitrine
