// Laws that every trained model keeps, whatever its kind.
#include <gtest/gtest.h>

#include <cmath>

#include "evaluate/evaluate.h"
#include "evaluate/protocol.h"
#include "format/files.h"
#include "format/quantize.h"
#include "models/score_batch.h"
#include "serve/recommender.h"
#include "support/small_shop.h"
#include "train/train.h"

namespace vitrine {
namespace {

constexpr uint32_t kItems = 12;

// Shoppers buy either only even or only odd products, each most of its half, in varied order.
void FillCheckerboard(SmallShop& shop) {
  Rng rng(8, 8);
  for (uint32_t shopper = 0; shopper < 160; ++shopper) {
    std::vector<uint32_t> items;
    for (uint32_t i = shopper % 2; i < kItems; i += 2) items.push_back(i);
    Shuffle(items, rng);
    items.resize(5);
    shop.AddTrain(SmallShop::Purchases(items));
  }
}

TrainOptions QuickOptions(const std::string& model) {
  TrainOptions options{.model = model};
  options.validation_fraction = 0.2;
  options.epochs = 30;
  options.patience = 30;
  options.vae.hidden = 16;
  options.vae.latent = 8;
  options.vae.batch_size = 20;
  options.vae.learning_rate = 1e-2f;
  options.vae.anneal_epochs = 10;
  options.recvae.hidden = 16;
  options.recvae.latent = 8;
  options.recvae.batch_size = 20;
  options.recvae.learning_rate = 1e-2f;
  options.gan.generator = {16};
  options.gan.discriminator = {8};
  options.gan.noise = 4;
  options.gan.batch_size = 20;
  options.gan.learning_rate = 1e-2f;
  options.sequence.dim = 16;
  options.sequence.max_length = 6;
  options.sequence.batch_size = 20;
  options.sequence.learning_rate = 5e-3f;
  options.sequence.average = 0.9;
  options.parts = {"linear", "sequence"};
  if (model == "gan-item") {
    options.model = "gan";
    options.gan.side = GanSide::kItem;
    options.gan.batch_size = kItems;
  }
  if (model == "gan-paper") {
    options.model = "gan";
    options.gan = GanOptions::Paper();
    options.gan.generator = {8, 16};
    options.gan.discriminator = {16, 8};
    options.gan.batch_size = 20;
    options.gan.learning_rate = options.gan.discriminator_rate = 1e-3;
  }
  if (model == "recvae" || model == "compact") {
    options.model = "vae";
    options.variant = model == "recvae" ? VaeVariant::kRecVae : VaeVariant::kCompact;
    options.recvae.tied = model == "compact";
  }
  if (model == "sequence-sampled") {
    options.model = "sequence";
    options.sequence.negatives = 6;
  }
  if (model == "linear-sparse") {
    options.model = "linear";
    options.closed_form.form = LinearForm::kSparse;
  }
  return options;
}

std::unique_ptr<Recommender> Load(const std::string& path) {
  auto file = ReadTensorFile(path);
  EXPECT_TRUE(file.ok()) << file.error().message;
  auto recommender = Recommender::Create(std::move(*file));
  EXPECT_TRUE(recommender.ok()) << recommender.error().message;
  return std::move(*recommender);
}

void TrackAll(Recommender& recommender, const std::vector<uint32_t>& items) {
  for (const Event& event : SmallShop::Purchases(items)) ASSERT_TRUE(recommender.Track(event).ok());
}

class ModelLaw : public testing::TestWithParam<std::string> {
 protected:
  ModelLaw() : shop_(kItems) {
    FillCheckerboard(shop_);
    dataset_ = shop_.Open(Split::kStrong);
  }
  std::string Train(const TrainOptions& options, const std::string& out) const {
    const auto result = TrainModel(dataset_, options, shop_.Path(out));
    EXPECT_TRUE(result.ok()) << result.error().message;
    return shop_.Path(out) + "/model.safetensors";
  }

  SmallShop shop_;
  Dataset dataset_;
};

class PersonalModelLaw : public ModelLaw {};

// Four of one half's six are known: the other two of that half must come first.
TEST_P(PersonalModelLaw, RecommendsTheWithheldHalfOfTheCheckerboard) {
  const auto recommender = Load(Train(QuickOptions(GetParam()), "model"));
  for (const uint32_t parity : {0u, 1u}) {
    recommender->Clear();
    TrackAll(*recommender, {parity, parity + 2, parity + 4, parity + 6});
    const auto ranking = recommender->Recommend({.count = 2, .now = 10 * kDay});
    ASSERT_TRUE(ranking.ok()) << ranking.error().message;
    EXPECT_EQ(ranking->source, Source::kModel);
    for (const uint32_t item : ranking->items) EXPECT_EQ(item % 2, parity);
  }
}

TEST_P(ModelLaw, ExcludedAndSeenProductsAreAbsentAndAllOthersPresent) {
  const auto recommender = Load(Train(QuickOptions(GetParam()), "model"));
  TrackAll(*recommender, {0, 2});
  const std::vector<uint32_t> exclude = {4, 5, 4};
  const auto ranking =
      recommender->Recommend({.count = kItems, .now = 10 * kDay, .exclude = exclude});
  ASSERT_TRUE(ranking.ok());
  std::vector<uint32_t> items = ranking->items;
  std::sort(items.begin(), items.end());
  EXPECT_EQ(items, (std::vector<uint32_t>{1, 3, 6, 7, 8, 9, 10, 11}));
  for (size_t i = 1; i < ranking->scores.size(); ++i)
    EXPECT_LE(ranking->scores[i], ranking->scores[i - 1]);
}

TEST_P(ModelLaw, TheSameSeedGivesTheSameFile) {
  const TrainOptions options = QuickOptions(GetParam());
  const auto first = ReadTextFile(Train(options, "first"));
  const auto second = ReadTextFile(Train(options, "second"));
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_TRUE(*first == *second);
}

TEST_P(ModelLaw, ABatchScoresLikeItsShoppersOneByOne) {
  const auto file = ReadTensorFile(Train(QuickOptions(GetParam()), "model"));
  const auto model = LoadModel(*file);
  ASSERT_TRUE(model.ok());
  const auto a = SmallShop::Purchases({1, 3}), b = SmallShop::Purchases({0, 2, 4});
  const std::vector<History> histories = {{a, 5 * kDay}, {b, 5 * kDay}, {{}, 0}};
  Matrix batch(3, kItems);
  ScoreBatch(**model, histories, batch);
  for (size_t i = 0; i < 3; ++i) {
    std::vector<float> scores(kItems);
    (*model)->Score(histories[i], scores);
    for (size_t item = 0; item < kItems; ++item) {
      EXPECT_NEAR(batch(i, item), scores[item], 1e-5);
      EXPECT_TRUE(std::isfinite(scores[item]));
    }
  }
}

TEST_P(ModelLaw, Int8RanksLikeF32) {
  const std::string path = Train(QuickOptions(GetParam()), "model");
  ASSERT_TRUE(WriteAs(*ReadTensorFile(path), DType::kI8, shop_.Path("int8")).ok());
  const auto f32 = Load(path), int8 = Load(shop_.Path("int8"));
  for (Recommender* r : {f32.get(), int8.get()}) TrackAll(*r, {1, 3, 5});
  const auto a = f32->Recommend({.count = 3, .now = 5 * kDay}),
             b = int8->Recommend({.count = 3, .now = 5 * kDay});
  ASSERT_TRUE(a.ok() && b.ok());
  const float spread = std::abs(a->scores.front()) + 1e-6f;
  for (size_t i = 0; i < 3; ++i) EXPECT_NEAR(a->scores[i], b->scores[i], 0.05f * spread);
}

TEST_P(ModelLaw, AnImpossibleRequestSaysWhatIsPossible) {
  const auto recommender = Load(Train(QuickOptions(GetParam()), "model"));
  const auto none = recommender->Recommend({.count = 0});
  ASSERT_FALSE(none.ok());
  EXPECT_EQ(none.error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(recommender->Track({.item = kItems}).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(recommender->Track({.price = NAN}).error().code, ErrorCode::kInvalidArgument);
}

TEST_P(ModelLaw, MoreThanTheCatalogueIsAllOfIt) {
  const auto recommender = Load(Train(QuickOptions(GetParam()), "model"));
  const auto all = recommender->Recommend({.count = kItems}),
             more = recommender->Recommend({.count = kItems + 1});
  ASSERT_TRUE(all.ok() && more.ok());
  EXPECT_EQ(all->items, more->items);
}

TEST_P(ModelLaw, AnUnknownShopperSeesWhatSells) {
  const auto recommender = Load(Train(QuickOptions(GetParam()), "model"));
  const auto ranking = recommender->Recommend({.count = 3});
  ASSERT_TRUE(ranking.ok());
  EXPECT_EQ(ranking->source, Source::kPopular);
  EXPECT_GE(ranking->scores[0], ranking->scores[1]);
}

std::string TestName(const testing::TestParamInfo<std::string>& model) {
  std::string name = model.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}
INSTANTIATE_TEST_SUITE_P(Models, PersonalModelLaw,
                         testing::Values("vae", "recvae", "compact", "gan", "gan-item", "sequence",
                                         "sequence-sampled", "linear", "linear-sparse", "forward",
                                         "item-knn", "blend"),
                         TestName);
INSTANTIATE_TEST_SUITE_P(Models, ModelLaw,
                         testing::Values("vae", "recvae", "compact", "gan", "gan-item", "gan-paper",
                                         "sequence", "linear", "linear-sparse", "forward",
                                         "item-knn", "markov", "popularity", "personal-frequency",
                                         "blend"),
                         TestName);

class IteratedTraining : public ModelLaw {};
INSTANTIATE_TEST_SUITE_P(Models, IteratedTraining,
                         testing::Values("vae", "recvae", "compact", "gan", "gan-item", "gan-paper",
                                         "sequence"),
                         TestName);

TEST_P(IteratedTraining, ResumedEqualsUninterrupted) {
  for (const bool refit : {true, false}) {
    for (const size_t stop : {3, 31}) {  // within the first run, and within the refit
      TrainOptions options = QuickOptions(GetParam());
      options.refit = refit;
      const auto whole = ReadTextFile(Train(options, "whole"));
      options.stop_after = stop;
      const auto stopped = TrainModel(dataset_, options, shop_.Path("resumed"));
      ASSERT_TRUE(stopped.ok()) << stopped.error().message;
      options.stop_after = 0;
      options.resume = true;
      const auto resumed = ReadTextFile(Train(options, "resumed"));
      EXPECT_TRUE(*whole == *resumed) << "refit " << refit << ", stopped after " << stop;
      EXPECT_FALSE(std::filesystem::exists(shop_.Path("resumed/checkpoint.safetensors")));
    }
  }
}

class BlendTraining : public ModelLaw {};

TEST_F(BlendTraining, APartNamedTwiceHasTwoSeeds) {
  TrainOptions options = QuickOptions("blend");
  options.parts = {"vae", "linear", "vae"};
  const auto result = TrainModel(dataset_, options, shop_.Path("model"));
  ASSERT_TRUE(result.ok()) << result.error().message;
  EXPECT_EQ((*result)["settings"]["parts"].size(), 3u);
  const auto first = ReadTextFile(shop_.Path("model/vae/model.safetensors"));
  const auto second = ReadTextFile(shop_.Path("model/vae-2/model.safetensors"));
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_FALSE(*first == *second);

  // Both learned from the same shoppers and are judged by the same others.
  const auto plan = PlanTraining(
      dataset_, {.validation_fraction = options.validation_fraction, .seed = options.seed});
  ASSERT_TRUE(plan.ok());
  for (const char* part : {"vae", "vae-2"}) {
    const auto file = ReadTensorFile(shop_.Path("model/") + part + "/fit.safetensors");
    const auto trained = ReadTextFile(shop_.Path("model/") + part + "/train.json");
    ASSERT_TRUE(file.ok() && trained.ok());
    const auto model = LoadModel(*file);
    ASSERT_TRUE(model.ok());
    const auto judged = Evaluate(**model, plan->validation, {.n_items = kItems});
    ASSERT_TRUE(judged.ok());
    double sum = 0;
    for (const CaseValues& values : judged->values) sum += values[kNdcg20];
    EXPECT_NEAR(nlohmann::json::parse(*trained)["validation"]["ndcg@20"],
                sum / static_cast<double>(plan->validation.size()), 1e-6)
        << part;
  }

  options.parts = {"linear", "vae", "linear"};
  const auto refused = TrainModel(dataset_, options, shop_.Path("new"));
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().message.find("linear twice"), std::string::npos);
}

TEST_F(BlendTraining, WithoutARefitItsPartsAreThoseThatWereWeighed) {
  TrainOptions options = QuickOptions("blend");
  options.parts = {"vae", "linear"};
  options.refit = false;
  const auto result = TrainModel(dataset_, options, shop_.Path("model"));
  ASSERT_TRUE(result.ok()) << result.error().message;
  for (const std::string part : {"vae", "linear"}) {
    const auto fit = ReadTextFile(shop_.Path("model/" + part + "/fit.safetensors"));
    const auto model = ReadTextFile(shop_.Path("model/" + part + "/model.safetensors"));
    ASSERT_TRUE(fit.ok() && model.ok());
    EXPECT_EQ(*fit, *model);
  }
}

class VaeTraining : public ModelLaw {};
class GanTraining : public ModelLaw {};

TEST_F(VaeTraining, ACheckpointOfOtherSettingsIsRefused) {
  TrainOptions options = QuickOptions("vae");
  options.stop_after = 2;
  ASSERT_TRUE(TrainModel(dataset_, options, shop_.Path("model")).ok());
  options.resume = true;
  options.vae.latent = 9;
  const auto resumed = TrainModel(dataset_, options, shop_.Path("model"));
  ASSERT_FALSE(resumed.ok());
  EXPECT_EQ(resumed.error().code, ErrorCode::kInvalidArgument);
}

TEST_P(IteratedTraining, DivergenceKeepsTheLastGoodCheckpointToGoOnFrom) {
  TrainOptions options = QuickOptions(GetParam());
  options.stop_after = 2;
  ASSERT_TRUE(TrainModel(dataset_, options, shop_.Path("model")).ok());
  const auto checkpoint = ReadTextFile(shop_.Path("model/checkpoint.safetensors"));

  TrainOptions diverging = options;
  diverging.resume = true;
  diverging.vae.learning_rate = diverging.recvae.learning_rate = 1e30;
  diverging.gan.learning_rate = 1e38;
  diverging.sequence.learning_rate = 1e30;
  ASSERT_FALSE(TrainModel(dataset_, diverging, shop_.Path("model")).ok());
  EXPECT_TRUE(*checkpoint == *ReadTextFile(shop_.Path("model/checkpoint.safetensors")));

  options.resume = true;
  options.stop_after = 0;
  options.vae.learning_rate /= 2;
  const auto resumed = TrainModel(dataset_, options, shop_.Path("model"));
  ASSERT_TRUE(resumed.ok()) << resumed.error().message;
  EXPECT_EQ((*resumed)["curve"][0]["epoch"], 1);
}

TEST_P(IteratedTraining, DivergenceStopsAndSaysWhatToChange) {
  TrainOptions options = QuickOptions(GetParam());
  options.vae.learning_rate = options.recvae.learning_rate = 1e30;
  options.gan.learning_rate = 1e38;
  options.sequence.learning_rate = 1e30;
  const auto result = TrainModel(dataset_, options, shop_.Path("model"));
  ASSERT_FALSE(result.ok());
  EXPECT_NE(result.error().message.find("--learning-rate"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(shop_.Path("model/model.safetensors")));
}

TEST_F(GanTraining, SaysHowLikeRealShoppersTheOnesAreThatItMakesUp) {
  const auto result = TrainModel(dataset_, QuickOptions("gan"), shop_.Path("model"));
  ASSERT_TRUE(result.ok()) << result.error().message;
  const auto& generated = (*result)["generated"];
  EXPECT_EQ(generated["against"], "training");
  EXPECT_FALSE(generated["collapsed"]);
  // Checkerboard shoppers: noise reaches both kinds.
  EXPECT_GT(generated["recall"], 0.5);
  EXPECT_EQ((*result)["sha256"].get<std::string>().size(), 64u);
}

// The only step of an epoch spoils the parameters after its loss was counted.
TEST_F(GanTraining, AStateThatTheLastStepSpoiltIsNotOneToGoOnFrom) {
  TrainOptions options = QuickOptions("gan");
  options.gan.batch_size = dataset_.train().size();
  options.checkpoint_seconds = 0;
  options.epochs = options.patience = 8;
  options.stop_after = 2;
  ASSERT_TRUE(TrainModel(dataset_, options, shop_.Path("model")).ok());

  TrainOptions diverging = options;
  diverging.resume = true;
  diverging.stop_after = 0;
  diverging.gan.learning_rate = 1e30;
  const auto diverged = TrainModel(dataset_, diverging, shop_.Path("model"));
  ASSERT_FALSE(diverged.ok());
  EXPECT_NE(diverged.error().message.find("goes on from epoch 2,"), std::string::npos)
      << diverged.error().message;
  EXPECT_FALSE(std::filesystem::exists(shop_.Path("model/earlier.safetensors")));

  options.resume = true;
  options.stop_after = 0;
  const auto resumed = TrainModel(dataset_, options, shop_.Path("model"));
  ASSERT_TRUE(resumed.ok()) << resumed.error().message;

  diverging.resume = false;
  const auto fresh = TrainModel(dataset_, diverging, shop_.Path("fresh"));
  ASSERT_FALSE(fresh.ok());
  EXPECT_EQ(fresh.error().message.find("--resume"), std::string::npos) << fresh.error().message;
  EXPECT_TRUE(std::filesystem::is_empty(shop_.Path("fresh")));
}

TEST_F(VaeTraining, ImpossibleSettingsEndBeforeTraining) {
  for (const auto& change : std::vector<std::function<void(TrainOptions&)>>{
           [](TrainOptions& o) { o.model = "vea"; }, [](TrainOptions& o) { o.vae.dropout = 1; },
           [](TrainOptions& o) { o.vae.learning_rate = -1; },
           [](TrainOptions& o) { o.vae.batch_size = 10000; },
           [](TrainOptions& o) { o.vae.hidden = 0; },
           [](TrainOptions& o) { o.validation_fraction = 0; },
           [](TrainOptions& o) { o = {.model = "gan", .gan = {.batch_size = 10000}}; },
           [](TrainOptions& o) { o = {.model = "sequence", .sequence = {.batch_size = 1000000}}; },
           [](TrainOptions& o) { o = {.model = "blend", .vae = {.batch_size = 10000}}; },
           [](TrainOptions& o) {
             o = {.model = "blend", .parts = {"linear", "none"}};
           },
           [](TrainOptions& o) { o = {.model = "tifu-knn"}; }}) {
    TrainOptions options = QuickOptions("vae");
    change(options);
    const auto result = TrainModel(dataset_, options, shop_.Path("model"));
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.error().code, ErrorCode::kInvalidArgument);
    EXPECT_FALSE(std::filesystem::exists(shop_.Path("model")));
  }
}

// Rectifiers that few and that fast are soon all off, and then the noise reaches nothing.
TEST_F(GanTraining, ACollapsedGeneratorEndsTheRunAndSaysWhatToChange) {
  TrainOptions options = QuickOptions("gan-paper");
  options.gan.generator = {1, 1};
  options.gan.learning_rate = 1;
  options.epochs = options.patience = 200;
  const auto result = TrainModel(dataset_, options, shop_.Path("model"));
  ASSERT_FALSE(result.ok());
  EXPECT_NE(result.error().message.find("collapsed"), std::string::npos) << result.error().message;
  EXPECT_FALSE(std::filesystem::exists(shop_.Path("model/model.safetensors")));
}

}  // namespace
}  // namespace vitrine
