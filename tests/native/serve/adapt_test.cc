// Adapting against its formula, written out; asked of every model of the golden cases.
#include "serve/adapt.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "format/safetensors.h"
#include "serve/explain.h"
#include "serve/recommender.h"

namespace vitrine {
namespace {

constexpr int64_t kNow = 1700000000, kHour = 3600;
constexpr float kDecay = 0.5f, kGain = 2;

// Row a says .1, .2, .3 of products a + 1, a + 2, a + 4, around the end.
struct Neighbours {
  explicit Neighbours(size_t n) {
    for (uint32_t a = 0; a < n; ++a) {
      std::map<uint32_t, float> row;
      row[(a + 1) % n] = 0.1f;
      row[(a + 2) % n] = 0.2f;
      row[(a + 4) % n] = 0.3f;
      for (const auto& [b, value] : row) {
        items.push_back(b);
        values.push_back(value);
      }
      offsets.push_back(items.size());
    }
  }
  std::vector<uint64_t> offsets = {0};
  std::vector<uint32_t> items;
  std::vector<float> values;
};

// The file at `path` as one that can adapt.
TensorFile WithAdapter(const std::string& path, float gain = kGain) {
  const TensorFile file = *ReadTensorFile(path);
  const Neighbours neighbours(static_cast<size_t>(*file.Integer("vitrine.items")));
  TensorFileWriter writer;
  for (const auto& [key, value] : file.metadata()) writer.SetMetadata(key, value);
  writer.AddAll(file, "", "");
  writer.Add("adapt.table.offsets", neighbours.offsets);
  writer.Add("adapt.table.items", neighbours.items);
  writer.Add("adapt.table.values", neighbours.values);
  writer.SetMetadata("adapt.gain", double{gain});
  writer.SetMetadata("adapt.decay", double{kDecay});
  writer.SetMetadata("adapt.sharpness", 1.0);
  writer.SetMetadata("adapt.purchase_weight", 2.0);
  const std::string adapted = testing::TempDir() + "adapted.safetensors";
  EXPECT_TRUE(writer.Write(adapted).ok());
  return *ReadTensorFile(adapted);
}

std::vector<std::string> Models() {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(VITRINE_TEST_CASES "/serve")) {
    const bool is_model = entry.path().extension() == ".safetensors";
    // Some can adapt already, and have cases of their own.
    const bool adapts = entry.path().stem().string().ends_with("-adapt");
    if (is_model && !adapts) paths.push_back(entry.path().string());
  }
  std::ranges::sort(paths);
  return paths;
}

Event Do(uint32_t item, EventType type, int64_t hours_ago, float value = 0) {
  return {.time = kNow - hours_ago * kHour, .item = item, .value = value, .type = type};
}

const std::vector<Event> kEvents = {Do(1, EventType::kView, 9),   Do(8, EventType::kPurchase, 8),
                                    Do(3, EventType::kCart, 7),   Do(20, EventType::kImpression, 6),
                                    Do(1, EventType::kView, 5),   Do(12, EventType::kView, 4),
                                    Do(8, EventType::kUncart, 3), Do(5, EventType::kView, 2)};

// The biases of kEvents by hand: 5, 8 (taken out), 12, 1, 3 (in the cart), the latest first.
std::map<uint32_t, double> ExpectedBiases(double gain) {
  std::map<uint32_t, double> biases;
  double share = gain;
  for (const auto& [item, weight] :
       std::vector<std::pair<uint32_t, double>>{{5, 1}, {8, -1}, {12, 1}, {1, 1}, {3, 2}}) {
    if (weight < 0) biases[item] += share * weight;
    biases[item + 1] += share * weight * 0.1;
    biases[item + 2] += share * weight * 0.2;
    biases[item + 4] += share * weight * 0.3;
    share *= kDecay;
  }
  return biases;
}

class AdaptTest : public testing::TestWithParam<std::string> {};

TEST_P(AdaptTest, AddsWhatStandsAroundTheLatestProducts) {
  const auto made = Recommender::Create(WithAdapter(GetParam()));
  ASSERT_TRUE(made.ok());
  Recommender& recommender = **made;
  for (const Event& event : kEvents) ASSERT_TRUE(recommender.Track(event).ok());
  const Request request{
      .count = recommender.n_items(), .now = kNow, .repeats = Repeats::kInclude, .exclude = {}};
  const Ranking before = *recommender.Recommend(request);
  std::map<uint32_t, double> alone;
  for (size_t i = 0; i < before.items.size(); ++i) alone[before.items[i]] = before.scores[i];

  recommender.SetAdaptation(recommender.adapter()->Of(recommender.events()));
  const Ranking after = *recommender.Recommend(request);
  ASSERT_EQ(after.items.size(), before.items.size());
  const auto biases = ExpectedBiases(kGain);
  for (size_t i = 0; i < after.items.size(); ++i) {
    const auto bias = biases.find(after.items[i]);
    const double expected = alone[after.items[i]] + (bias == biases.end() ? 0 : bias->second);
    EXPECT_NEAR(after.scores[i], expected, 1e-4 * (1 + std::abs(expected))) << after.items[i];
    EXPECT_LE(after.scores[i], after.scores[i == 0 ? 0 : i - 1]);
  }

  // Reasons speak of the same scores: what a product adds is what leaving it out takes away.
  const Explanation why = *Explain(recommender, recommender.events(), after.items[0], request,
                                   recommender.adaptation());
  EXPECT_NEAR(why.score, after.scores[0], 1e-4 * (1 + std::abs(why.score)));

  // To the bit.
  recommender.ResetAdaptation();
  const Ranking reset = *recommender.Recommend(request);
  EXPECT_EQ(reset.items, before.items);
  EXPECT_EQ(reset.scores, before.scores);
}

TEST_P(AdaptTest, ClimbsTheLikelihoodOfTheShoppersOwnPast) {
  const TensorFile file = WithAdapter(GetParam());
  const auto model = std::move(*LoadModel(file));
  const auto adapter = std::move(*Adapter::Read(file, model->n_items()));
  // One shopper walks along the rows of the table, the other against them.
  std::vector<Event> with, against;
  for (uint32_t i = 0; i < 8; ++i) {
    with.push_back(Do(2 + 4 * i % 30, EventType::kView, 20 - i));
    against.push_back(Do((29 - 3 * i) % 30, EventType::kView, 20 - i));
  }
  const auto gain_of = [&](const std::vector<Event>& events, size_t most_steps) {
    AdaptRun run(*adapter, *model, events, /*masked=*/true);
    while (run.n_steps() < most_steps && run.Step()) {
    }
    const float gain = run.Finish().gain;
    const auto objective = [&](float at) {
      const double distance = std::log(at / kGain);
      return run.LogLikelihood(at) - 3 * distance * distance;
    };
    EXPECT_GE(objective(gain), objective(kGain) - 1e-6);
    return gain;
  };
  EXPECT_EQ(gain_of(with, 0), kGain);  // no time to learn
  EXPECT_EQ(gain_of({with.begin(), with.begin() + 2}, 10), kGain);
  EXPECT_GT(gain_of(with, 10), gain_of(against, 10));
}

INSTANTIATE_TEST_SUITE_P(OfTheGoldenCases, AdaptTest, testing::ValuesIn(Models()),
                         [](const auto& test) {
                           std::string name = std::filesystem::path(test.param).stem().string();
                           std::ranges::replace(name, '-', '_');
                           return name;
                         });

class AdapterTest : public testing::Test {
 protected:
  const TensorFile file_ = WithAdapter(VITRINE_TEST_CASES "/serve/linear.safetensors");
  const size_t n_items_ = static_cast<size_t>(*file_.Integer("vitrine.items"));
  const std::unique_ptr<Adapter> adapter_ = std::move(*Adapter::Read(file_, n_items_));
};

bool Same(const Adaptation& a, const Adaptation& b) {
  if (a.gain != b.gain || a.n_products != b.n_products) return false;
  for (size_t i = 0; i < a.n_products; ++i) {
    if (a.products[i].item != b.products[i].item || a.products[i].weight != b.products[i].weight) {
      return false;
    }
  }
  return true;
}

TEST_F(AdapterTest, FollowsEventByEvent) {
  Adaptation followed{.gain = kGain};
  for (const Event& event : kEvents) adapter_->Follow(event, followed);
  EXPECT_TRUE(Same(followed, adapter_->Of(kEvents)));
  EXPECT_EQ(followed.n_products, 5u);
  EXPECT_EQ(followed.products[0].item, 5u);
  EXPECT_EQ(followed.products[1].weight, -1);
}

TEST_F(AdapterTest, WeighsARatingByHowFarItLiesAboveTheMean) {
  const float mean = adapter_->settings().rating_mean;
  EXPECT_EQ(adapter_->WeightOf(Do(1, EventType::kRate, 0, mean + 0.5f)), 0.5f);
  EXPECT_EQ(adapter_->WeightOf(Do(1, EventType::kRate, 0, mean - 9)), -1);
}

TEST_F(AdapterTest, KeepsWhatALongHistoryEndsWith) {
  std::vector<Event> events;
  for (uint32_t i = 0; i < 100000; ++i) {
    events.push_back({.time = kNow + i, .item = i % static_cast<uint32_t>(n_items_)});
  }
  const auto model = std::move(*LoadModel(file_));
  const auto start = std::chrono::steady_clock::now();
  AdaptRun run(*adapter_, *model, events, /*masked=*/false);
  while (run.Step()) {
  }
  const Adaptation adaptation = run.Finish();
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(2));
  EXPECT_EQ(adaptation.n_products, std::min(n_items_, kMostTouched));
  EXPECT_EQ(adaptation.products[0].item, events.back().item);
  // One product over and over is one product, and no moment teaches anything.
  const std::vector<Event> same(5000, events[0]);
  AdaptRun dull(*adapter_, *model, same, /*masked=*/false);
  EXPECT_FALSE(dull.Step());
  EXPECT_EQ(dull.Finish().n_products, 1u);
  EXPECT_EQ(dull.Finish().gain, kGain);
}

TEST_F(AdapterTest, IsSavedAndRestoredForItsOwnFileAlone) {
  const Adaptation adaptation = adapter_->Of(kEvents);
  const std::string saved = adapter_->Save(adaptation);
  EXPECT_LE(saved.size(), size_t{1} << 16);
  EXPECT_TRUE(Same(*adapter_->Restore(saved), adaptation));
  for (size_t i = 0; i < saved.size(); ++i) {
    std::string damaged = saved;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    EXPECT_EQ(adapter_->Restore(damaged).error().code, ErrorCode::kBadFormat) << i;
  }
  for (const size_t size : {size_t{0}, size_t{20}, saved.size() - 1}) {
    EXPECT_EQ(adapter_->Restore(saved.substr(0, size)).error().code, ErrorCode::kBadFormat);
  }
  EXPECT_EQ(adapter_->Restore(saved + "x").error().code, ErrorCode::kBadFormat);
  Adaptation broken = adaptation;
  broken.products[2].weight = std::nanf("");
  EXPECT_EQ(adapter_->Restore(adapter_->Save(broken)).error().code, ErrorCode::kBadFormat);
  broken = adaptation;
  broken.products[0].item = static_cast<uint32_t>(n_items_);
  EXPECT_EQ(adapter_->Restore(adapter_->Save(broken)).error().code, ErrorCode::kBadFormat);

  const TensorFile other = WithAdapter(VITRINE_TEST_CASES "/serve/linear.safetensors", 3);
  const auto of_other = std::move(*Adapter::Read(other, n_items_));
  EXPECT_EQ(of_other->Restore(saved).error().code, ErrorCode::kInvalidArgument);
}

TEST_F(AdapterTest, RefusesSettingsThatMeanNothing) {
  const TensorFile file = WithAdapter(VITRINE_TEST_CASES "/serve/linear.safetensors", -1);
  EXPECT_EQ(Adapter::Read(file, n_items_).error().code, ErrorCode::kBadFormat);
}

}  // namespace
}  // namespace vitrine
