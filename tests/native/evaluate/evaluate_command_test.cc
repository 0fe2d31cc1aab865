// `vitrine evaluate` and `vitrine compare` on a data set and models on disk: what they print,
// compare, save and refuse.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "cli/command.h"
#include "core/rng.h"
#include "data/dataset_writer.h"
#include "format/files.h"
#include "train/train.h"

namespace vitrine {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr uint32_t kItems = 60;
constexpr int64_t kDay = 86400;
constexpr int64_t kCut = 100 * kDay;

// A shopper who buys three products of one of four departments a visit, every ten days or so.
std::vector<Event> Purchases(uint32_t shopper, uint64_t seed, uint32_t& n_baskets) {
  Rng rng(seed, shopper);
  std::vector<Event> events;
  const uint32_t department = rng.Below(4);
  for (int64_t day = rng.Below(60); day < 130; day += 5 + rng.Below(30)) {
    for (int line = 0; line < 3; ++line) {
      const uint32_t item = rng.Below(10) > 0 ? department * 15 + rng.Below(15) : rng.Below(kItems);
      events.push_back({.time = day * kDay,
                        .item = item,
                        .basket = n_baskets,
                        .price = 1.0f + static_cast<float>(item % 7),
                        .quantity = 1,
                        .type = EventType::kPurchase});
    }
    ++n_baskets;
  }
  return events;
}

class EvaluateCommand : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(testing::TempDir()) /
              (std::string("vitrine-evaluate-") +
               testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string Path(const std::string& name) const { return (folder_ / name).string(); }

  // A data set at Path(name); products are called prefix + number.
  void WriteShop(const std::string& name, Split split, uint64_t seed = 1,
                 const std::string& prefix = "SKU-") {
    std::vector<Product> products(kItems);
    for (uint32_t i = 0; i < kItems; ++i) products[i].id = prefix + std::to_string(i);
    const auto catalogue = Catalogue::Create(std::move(products));
    ASSERT_TRUE(catalogue.ok());
    FeatureParams features;
    features.price_quantiles = {2, 4};
    features.item_repeat_days.assign(kItems, 0);
    auto writer = DatasetWriter::Create(Path(name), /*replace=*/false);
    ASSERT_TRUE(writer.ok());
    DatasetInfo info{.split = split, .cut_time = kCut, .last_time = 130 * kDay};
    for (uint32_t shopper = 0; shopper < 400; ++shopper) {
      const auto events = Purchases(shopper, seed, info.n_baskets);
      const std::string who = "shopper \"" + std::to_string(shopper) + "\", esq.";
      const auto later = std::find_if(events.begin(), events.end(),
                                      [](const Event& event) { return event.time >= kCut; });
      const std::vector<Event> before(events.begin(), later);
      const bool held_out = split == Split::kStrong && shopper % 4 == 0;
      if (!held_out) {
        ASSERT_TRUE(writer->AddTrain(who, split == Split::kTime ? before : events).ok());
      }
      if (held_out || (split == Split::kTime && later != events.end())) {
        ASSERT_TRUE(writer->AddTest(who, events).ok());
      }
    }
    const auto hash = writer->Commit({.info = info,
                                      .catalogue = &*catalogue,
                                      .features = &features,
                                      .contexts = {"unknown"},
                                      .report = "{}"});
    ASSERT_TRUE(hash.ok()) << hash.error().message;
  }

  void Train(const std::string& data, const std::string& model, const std::string& out) {
    const auto dataset = Dataset::Open(Path(data));
    ASSERT_TRUE(dataset.ok()) << dataset.error().message;
    TrainOptions options;
    options.model = model;
    const auto trained = TrainModel(*dataset, options, Path(out));
    ASSERT_TRUE(trained.ok()) << trained.error().message;
  }

  // The status of the command with --json, evaluate where none is named; its result is in result_.
  Status Run(std::vector<std::string> arguments) {
    CLI::App app;
    Command command{.json = true};
    AddEvaluate(app, command);
    AddCompare(app, command);
    if (arguments.front().starts_with("--")) arguments.insert(arguments.begin(), "evaluate");
    std::reverse(arguments.begin(), arguments.end());  // as CLI11 wants them
    app.parse(arguments);
    const Status status = command.run();
    result_ = command.result;
    return status;
  }
  void ExpectRefusal(const std::vector<std::string>& arguments, const std::string& words) {
    const Status status = Run(arguments);
    ASSERT_FALSE(status.ok());
    EXPECT_NE(status.error().code, ErrorCode::kInternal);
    EXPECT_NE(status.error().message.find(words), std::string::npos) << status.error().message;
  }

  fs::path folder_;
  Json result_;
};

TEST_F(EvaluateCommand, ReportsBothTasksOfATimeSplitApart) {
  WriteShop("data", Split::kTime);
  Train("data", "linear", "linear");
  ASSERT_TRUE(
      Run({"--data", Path("data"), "--model", Path("linear"), "--out", Path("result.json")}).ok());
  EXPECT_EQ(result_["protocol"], "time");
  EXPECT_EQ(result_["model"], "linear");
  EXPECT_FALSE(result_.contains("metrics"));  // there is no single answer
  for (const char* task : {"next-basket", "discovery"}) {
    const Json& report = result_["tasks"][task];
    EXPECT_GT(report["cases"], 100);
    size_t n_shoppers = report["cases"];
    for (const auto& left_out : report["left_out"]) n_shoppers += left_out.get<size_t>();
    EXPECT_EQ(n_shoppers, Dataset::Open(Path("data"))->test().size());
    EXPECT_LT(report["at_most_two_baskets"]["cases"], report["cases"]);
    for (const auto& [name, estimate] : report["metrics"].items()) {
      if (name == "coverage@20" || name == "gini@20") continue;
      EXPECT_LE(estimate["low"], estimate["value"]) << name;
      EXPECT_LE(estimate["value"], estimate["high"]) << name;
    }
    // Departments are there to be found: 15 of 60 products matter to a shopper.
    const Json& difference = report["baselines"]["popularity"]["differences"]["ndcg@20"];
    EXPECT_GT(difference["low"], 0) << task;
    EXPECT_DOUBLE_EQ(
        difference["diff"].get<double>(),
        report["metrics"]["ndcg@20"]["value"].get<double>() -
            report["baselines"]["popularity"]["metrics"]["ndcg@20"]["value"].get<double>());
  }
  EXPECT_TRUE(result_["not_measured"].contains("miscalibration@20")) << "no category";
  std::ifstream file(Path("result.json"));
  EXPECT_EQ(Json::parse(file), result_);
}

TEST_F(EvaluateCommand, ProbabilitiesAreJudgedOnTheTaskThatTheyAreOf) {
  WriteShop("data", Split::kTime);
  Train("data", "linear", "linear");  // for discovery
  ASSERT_TRUE(Run({"--data", Path("data"), "--model", Path("linear")}).ok());
  EXPECT_FALSE(result_["tasks"]["next-basket"].contains("calibration"));
  const Json calibration = result_["tasks"]["discovery"]["calibration"];
  EXPECT_EQ(calibration["bins"].size(), 15u);
  EXPECT_EQ(calibration["shown"], 20 * result_["tasks"]["discovery"]["cases"].get<size_t>());
  EXPECT_LT(calibration["ece@20"]["value"], 0.1);
  // Departments tell more of a product than its place does.
  EXPECT_LT(calibration["base"]["by_place"]["difference"]["log_loss@20"]["high"], 0);
  ASSERT_TRUE(Run({"--data", Path("data"), "--model", Path("linear"), "--task", "discovery"}).ok());
  EXPECT_EQ(result_["calibration"], calibration);
}

TEST_F(EvaluateCommand, OneTaskIsAlsoAtTheTop) {
  WriteShop("data", Split::kStrong);
  Train("data", "popularity", "popularity");
  ASSERT_TRUE(Run({"--data", Path("data"), "--model", Path("popularity/model.safetensors")}).ok());
  EXPECT_EQ(result_["protocol"], "strong");
  EXPECT_EQ(result_["tasks"].size(), 1u);  // held-out shoppers: discovery only
  EXPECT_EQ(result_["metrics"], result_["tasks"]["discovery"]["metrics"]);
  for (const char* key :
       {"format", "seed", "baselines", "settings", "seconds", "users_per_second", "peak_bytes"}) {
    EXPECT_TRUE(result_.contains(key)) << key;
  }
}

TEST_F(EvaluateCommand, BestSellersAreTheBetterOfAllTimeAndTheLastDays) {
  WriteShop("data", Split::kTime);
  Train("data", "linear", "linear");
  const auto dataset = Dataset::Open(Path("data"));
  ASSERT_TRUE(dataset.ok());
  double best = 0;
  for (const float days : {0.0f, 30.0f}) {
    TrainOptions options;
    options.model = "popularity";
    options.closed_form.window_days = {days};
    const std::string out = Path("popularity-" + std::to_string(days));
    ASSERT_TRUE(TrainModel(*dataset, options, out).ok());
    ASSERT_TRUE(Run({"--data", Path("data"), "--model", out, "--task", "discovery"}).ok());
    EXPECT_TRUE(result_["baselines"].empty()) << "best-sellers beside themselves";
    best = std::max(best, result_["metrics"]["ndcg@20"]["value"].get<double>());
  }
  ASSERT_TRUE(Run({"--data", Path("data"), "--model", Path("linear"), "--task", "discovery"}).ok());
  EXPECT_EQ(result_["baselines"]["popularity"]["metrics"]["ndcg@20"]["value"], best);
}

TEST_F(EvaluateCommand, CompareSetsModelsSideBySide) {
  WriteShop("data", Split::kTime);
  Train("data", "linear", "linear");
  Train("data", "popularity", "popularity");
  ASSERT_TRUE(Run({"compare", Path("linear"), Path("popularity"), "--data", Path("data"), "--task",
                   "discovery", "--report", Path("report.html")})
                  .ok());
  EXPECT_EQ(result_["model"], "linear");
  EXPECT_EQ(result_["models"].size(), 2u);
  const Json& ahead = result_["baselines"]["popularity"]["differences"]["ndcg@20"];
  EXPECT_GT(ahead["low"], 0);
  const auto n_cases = result_["tasks"]["discovery"]["cases"].get<size_t>();
  EXPECT_EQ(
      ahead["higher"].get<size_t>() + ahead["equal"].get<size_t>() + ahead["lower"].get<size_t>(),
      n_cases);
  size_t n_grouped = 0;
  for (const Json& group : result_["baselines"]["popularity"]["by_activity"]) {
    n_grouped += group["cases"].get<size_t>();
    EXPECT_TRUE(group["difference"]["diff"].is_number());
  }
  EXPECT_EQ(n_grouped, n_cases);
  EXPECT_TRUE(fs::exists(Path("report.html")));
  const Status alone = Run({"compare", Path("linear"), "--data", Path("data")});
  EXPECT_EQ(alone.error().message, "compare wants two models or more; name another");
}

TEST_F(EvaluateCommand, AModelAgainstItselfIsExactlyEven) {
  WriteShop("data", Split::kTime);
  Train("data", "personal-frequency", "model");
  ASSERT_TRUE(Run({"compare", Path("model"), Path("model"), "--data", Path("data")}).ok());
  const Json& baselines = result_["tasks"]["next-basket"]["baselines"];
  ASSERT_TRUE(baselines.contains(Path("model")));  // named apart from the model in question
  for (const auto& [name, difference] : baselines[Path("model")]["differences"].items()) {
    EXPECT_EQ(difference["diff"], 0) << name;
    EXPECT_EQ(difference["low"], 0) << name;
    EXPECT_EQ(difference["high"], 0) << name;
  }
}

TEST_F(EvaluateCommand, SavedCasesAverageToTheReportedMetrics) {
  WriteShop("data", Split::kTime);
  Train("data", "popularity", "popularity");
  ASSERT_TRUE(Run({"--data", Path("data"), "--model", Path("popularity"), "--task", "next-basket",
                   "--save-cases", Path("cases.csv")})
                  .ok());
  std::ifstream file(Path("cases.csv"));
  std::string line;
  std::getline(file, line);
  EXPECT_TRUE(line.starts_with("task,model,shopper,baskets,ndcg@20,")) << line;
  size_t n = 0;
  double ndcg = 0;
  while (std::getline(file, line)) {
    const std::string prefix = "next-basket,popularity,\"shopper \"\"";
    EXPECT_TRUE(line.starts_with(prefix)) << line;
    // After the quoted name: baskets, ndcg@20.
    std::istringstream rest(line.substr(line.rfind('"') + 2));
    std::string baskets, value;
    std::getline(rest, baskets, ',');
    std::getline(rest, value, ',');
    ndcg += std::stod(value);
    ++n;
  }
  EXPECT_EQ(n, result_["tasks"]["next-basket"]["cases"].get<size_t>());
  EXPECT_NEAR(ndcg / static_cast<double>(n), result_["metrics"]["ndcg@20"]["value"].get<double>(),
              1e-9);
}

TEST_F(EvaluateCommand, RefusesAModelOfOtherDataUnlessToldOtherwise) {
  WriteShop("data", Split::kTime, 1);
  WriteShop("other", Split::kTime, 2);
  WriteShop("renamed", Split::kTime, 1, "OTHER-");
  Train("other", "popularity", "model");
  Train("renamed", "popularity", "renamed-model");
  ExpectRefusal({"--data", Path("data"), "--model", Path("model"), "--out", Path("result.json")},
                "was trained on another data set");
  EXPECT_FALSE(fs::exists(Path("result.json")));
  EXPECT_TRUE(Run({"--data", Path("data"), "--model", Path("model"), "--any-data"}).ok());
  ExpectRefusal({"--data", Path("data"), "--model", Path("renamed-model"), "--any-data"},
                "product 0 is 'OTHER-0', but 'SKU-0' in the data set");
}

TEST_F(EvaluateCommand, RefusesWhatCannotBeAsked) {
  WriteShop("strong", Split::kStrong);
  WriteShop("whole", Split::kNone);
  Train("strong", "popularity", "model");
  ExpectRefusal({"--data", Path("strong"), "--model", Path("model"), "--task", "next-basket"},
                "discovery only");
  ExpectRefusal({"--data", Path("whole"), "--model", Path("model")}, "has no test part");
  ExpectRefusal({"--data", Path("absent"), "--model", Path("model")}, "absent");
  ExpectRefusal({"--data", Path("strong"), "--model", Path("absent")}, "absent");
  ExpectRefusal({"--data", Path("strong"), "--model", Path("model"), "--save-cases",
                 Path("nowhere/cases.csv")},
                "nowhere/cases.csv");
  EXPECT_FALSE(fs::exists(Path("nowhere")));
}

TEST_F(EvaluateCommand, RefusesADamagedModel) {
  WriteShop("data", Split::kTime);
  Train("data", "popularity", "model");
  const std::string path = Path("model/model.safetensors");
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(-5, std::ios::end);
  file.put('\x7f');
  file.close();
  ExpectRefusal({"--data", Path("data"), "--model", Path("model")}, "model.safetensors");
}

}  // namespace
}  // namespace vitrine
