// The command from a log to a list, as the README shows it, on a small generated shop.
#include <cmath>

#include "cli/command_line.h"

namespace vitrine {
namespace {

// One shop for all tests of this file.
class Pipeline : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    shop_ = new CommandLine;
    ExpectOk("generate --out shop --products 300 --shoppers 600 --days 200 --seed 3");
    ExpectOk("prepare --events shop/events.csv --products shop/products.csv --out data");
  }
  static void TearDownTestSuite() { delete shop_; }

  static Outcome ExpectOk(const std::string& arguments) { return shop_->ExpectOk(arguments); }
  static Outcome ExpectRefused(const std::string& arguments, const std::string& says,
                               const std::string& before = "") {
    return shop_->ExpectRefused(arguments, says, before);
  }

  static CommandLine* shop_;
};
CommandLine* Pipeline::shop_ = nullptr;

constexpr const char* kQuickVae = " --model vae --epochs 6 --hidden 32 --latent 16";

constexpr const char* kQuickSequence =
    " --model sequence --epochs 2 --dim 16 --blocks 1 --max-length 10 --average 0.9";
constexpr const char* kQuickBlend =
    " --model blend --parts linear vae --variant compact --hidden 16 --epochs 3 --force";

TEST_F(Pipeline, EveryModelIsTrainedEvaluatedExportedAndRanks) {
  for (const std::string model : {"vae", "sequence", "linear", "forward", "popularity",
                                  "personal-frequency", "item-knn", "markov", "blend"}) {
    SCOPED_TRACE(model);
    ExpectOk("train --data data --out " + model +
             (model == "vae"        ? kQuickVae
              : model == "sequence" ? kQuickSequence
              : model == "blend"    ? kQuickBlend
                                    : " --model " + model));
    EXPECT_NE(shop_->Read(model + "/report.html").find("</html>"), std::string::npos);
    const auto evaluated =
        ExpectOk("evaluate --data data --model " + model + " --report report.html --json").Json();
    ExpectNumbersOf(evaluated, shop_->Read("report.html"));
    for (const char* task : {"next-basket", "discovery"}) {
      const auto& ndcg = evaluated["tasks"][task]["metrics"]["ndcg@20"];
      EXPECT_GE(ndcg["value"].get<double>(), ndcg["low"].get<double>());
      EXPECT_LE(ndcg["value"].get<double>(), ndcg["high"].get<double>());
    }
    const auto f32 =
        ExpectOk("export --model " + model + " --out f32.safetensors --dtype f32 --json").Json();
    const auto int8 = ExpectOk("export --model " + model + " --out int8.safetensors --json").Json();
    EXPECT_LE(int8["bytes"].get<size_t>(), f32["bytes"].get<size_t>());
    const auto list = ExpectOk("recommend --model int8.safetensors --count 5 --json").Json();
    EXPECT_EQ(list["items"].size(), 5u);
    EXPECT_EQ(list["source"], "popular");
    const std::string bought = list["items"][0]["id"];
    const auto personal = ExpectOk("recommend --model int8.safetensors --history " + bought +
                                   " --repeats exclude --json")
                              .Json();
    EXPECT_EQ(personal["source"], "model");
    for (const auto& item : personal["items"]) {
      EXPECT_NE(item["id"], bought);
      EXPECT_FALSE(item["title"].get<std::string>().empty());
      EXPECT_TRUE(std::isfinite(item["score"].get<double>()));
    }
    EXPECT_NE(ExpectOk("inspect int8.safetensors").out.find(model), std::string::npos);

    // The lists of all shoppers are those of each.
    const std::string ask =
        "recommend --model int8.safetensors --data data --count 5 --now 2025-01-01 --json";
    const auto batch = ExpectOk(ask + " --batch --out lists.jsonl").Json();
    std::istringstream lines(shop_->Read("lists.jsonl"));
    size_t n_lines = 0;
    for (std::string line; std::getline(lines, line); ++n_lines) {
      if (n_lines >= 2) continue;
      const auto own = nlohmann::json::parse(line);
      const auto single = ExpectOk(ask + " --shopper " + own["shopper"].get<std::string>()).Json();
      ASSERT_EQ(own["items"].size(), single["items"].size());
      for (size_t i = 0; i < own["items"].size(); ++i) {
        EXPECT_EQ(own["items"][i]["id"], single["items"][i]["id"]);
        EXPECT_EQ(own["items"][i]["score"], single["items"][i]["score"]);
      }
    }
    EXPECT_EQ(n_lines, batch["shoppers"].get<size_t>());
  }
}

TEST_F(Pipeline, ARivalThatHoldsHistoriesIsEvaluatedButNeverExported) {
  ExpectOk("train --data data --out rival --model tifu-knn --task next-basket");
  const auto evaluated = ExpectOk("evaluate --data data --model rival --json").Json();
  EXPECT_GT(evaluated["tasks"]["next-basket"]["metrics"]["ndcg@20"]["value"].get<double>(), 0);
  ExpectRefused("export --model rival --out new", "histories of the shoppers");
  ExpectRefused("train --data data --out new --model blend --parts linear tifu-knn", "tifu-knn");
}

TEST_F(Pipeline, ATargetSizeTakesTheBestFormThatFits) {
  ExpectOk("train --data data --out sized" + std::string(kQuickVae));
  const std::string size =
      "export --model sized --data data --out sized.safetensors --target-size ";
  const auto roomy = ExpectOk(size + "1GB --json").Json();
  ASSERT_EQ(roomy["forms"].size(), 4u);
  EXPECT_EQ(roomy["forms"][0]["overlap@20"], 1.0);
  for (size_t i = 1; i < 4; ++i) {
    EXPECT_LT(roomy["forms"][i]["bytes"], roomy["forms"][i - 1]["bytes"]);
    EXPECT_GT(roomy["forms"][i]["overlap@20"].get<double>(), 0.5);
  }
  const auto least = roomy["forms"][3]["bytes"].get<size_t>();
  const auto tight = ExpectOk(size + std::to_string(least) + " --json").Json();
  EXPECT_EQ(tight["dtype"], "int4");
  EXPECT_EQ(tight["bytes"], least);
  ExpectRefused("export --model sized --data data --out new --target-size 1KB", "smallest form");
  ExpectRefused("export --model sized --out new --target-size 2MB", "--data");
  ExpectRefused("export --model sized --out new --dtype pq", "10000 products or more");
  ExpectRefused("export --model sized --data data --out new --target-size much", "no size");
  ExpectRefused("export --model sized --data data --out new", "--target-size");
}

TEST_F(Pipeline, AListAProductAndAModelAreExplained) {
  ExpectOk("train --data data --out explained --model forward");
  const std::string explain = "explain --model explained --json ";
  const auto best = ExpectOk("recommend --model explained --count 2 --json").Json()["items"];
  const std::string bought = best[0]["id"], other = best[1]["id"];
  const auto list = ExpectOk(explain + "--count 3 --history " + bought + " " + other).Json();
  ASSERT_EQ(list["items"].size(), 3u);
  for (const auto& item : list["items"]) {
    double sum = item["base"].get<double>() + item["interaction"].get<double>();
    for (const auto& reason : item["reasons"]) sum += reason["contribution"].get<double>();
    EXPECT_NEAR(sum, item["score"].get<double>(), 1e-5);
    EXPECT_EQ(item["reasons"].size(), 2u);
    std::string replay = "recommend --model explained --count 3 --json";
    const auto& without = item["without"];
    if (without.size() == 1) replay += " --history " + (without[0] == bought ? other : bought);
    if (without.empty()) continue;
    const auto replayed = ExpectOk(replay).Json();
    for (const auto& left : replayed["items"]) EXPECT_NE(left["id"], item["id"]);
  }
  // What speaks for a product is listed for whoever bought it.
  const auto speaks = ExpectOk(explain + "--product " + bought).Json()["reasons"];
  const auto alone =
      ExpectOk(explain + "--product " + bought + " --history " + speaks[0]["id"].get<std::string>())
          .Json()["items"][0];
  EXPECT_NEAR(alone["reasons"][0]["contribution"].get<double>(),
              speaks[0]["contribution"].get<double>(), 1e-6);

  const auto whole = ExpectOk(explain + "--data data --report reasons.html").Json();
  EXPECT_GT(whole["deletion"]["better_than"]["random"]["low"].get<double>(), 0);
  const std::string page = shop_->Read("reasons.html");
  EXPECT_NE(page.find("</html>"), std::string::npos);
  EXPECT_NE(page.find("Not listed without"), std::string::npos);
  // The list of a shopper and what speaks for a product have pages, too.
  ExpectOk(explain + "--data data --history " + bought + " --report list.html");
  EXPECT_NE(shop_->Read("list.html").find("A shopper with 1 event<"), std::string::npos);
  ExpectOk(explain + "--data data --product " + bought + " --report product.html");
  EXPECT_NE(shop_->Read("product.html").find("Raises the score by"), std::string::npos);
  ExpectRefused("explain --model explained --history " + bought + " --report x.html", "--data");
  ExpectRefused("explain --model explained", "--history or --shopper");
  ExpectRefused("explain --model explained --product NOPE", "NOPE");
  ExpectRefused("explain --model explained --adapt --history " + bought, "the model cannot adapt");
  ExpectRefused("explain --model explained --adapt", "--adapt is to a shopper");
  // What keeps it out is named, and what is known beside the history.
  const auto excluded =
      ExpectOk(explain + "--history " + other + " --product " + bought + " --exclude " + bought)
          .Json()["items"][0];
  EXPECT_EQ(excluded["rule"], "excluded");
  const std::string golden = std::string("explain --json --model ") + VITRINE_TEST_CASES;
  const auto known = ExpectOk(golden + "/serve/gan-context.safetensors --context country=DE")
                         .Json()["items"][0]["context"][0];
  EXPECT_EQ(known["name"], "country=DE");
  EXPECT_NE(known["contribution"], 0);
}

TEST_F(Pipeline, TheSameSeedGivesTheSameFileAndOtherThreadsTheSameMetrics) {
  const auto train = [&](const std::string& out, const std::string& threads) {
    ExpectOk("--threads " + threads + " train --data data --out " + out + kQuickVae);
    return ExpectOk("inspect " + out + " --json").Json()["metadata"]["vitrine.sha256"];
  };
  EXPECT_EQ(train("one", "2"), train("two", "2"));
  train("three", "1");
  const auto a = ExpectOk("evaluate --data data --model one --json").Json();
  const auto b = ExpectOk("evaluate --data data --model three --json").Json();
  for (const auto& [task, result] : a["tasks"].items()) {
    for (const auto& [metric, value] : result["metrics"].items()) {
      if (!value["value"].is_number()) continue;
      EXPECT_NEAR(value["value"].get<double>(),
                  b["tasks"][task]["metrics"][metric]["value"].get<double>(), 1e-3)
          << task << " " << metric;
    }
  }
}

TEST_F(Pipeline, BadInputGetsOneSentenceAndLeavesNothing) {
  ExpectOk("train --data data --out model --model popularity --force");
  ExpectOk("export --model model --out good.safetensors");
  const size_t n_files = shop_->CountFiles();
  ExpectRefused("prepare --events missing.csv --out new", "missing.csv");
  ExpectRefused("train --data missing --out new", "missing");
  ExpectRefused("train --data data --out new --model vea", "vae, gan, sequence");
  ExpectRefused("train --data data --out new --learning-rate -1", "--learning-rate");
  ExpectRefused("train --data data --out new --model linear --hidden 20", "--hidden is a setting");
  ExpectRefused("train --data data --out new --window-days 30", "--window-days is a setting");
  ExpectRefused("train --data data --out new --batch-size 1000000", "--batch-size");
  ExpectRefused("train --data data --out new --prefixes 1", "--split strong");
  ExpectRefused("train --data data --out model --model popularity", "--force");
  ExpectRefused("recommend --model good.safetensors --count 0", "count is 0");
  ExpectRefused("train --data data --out new --dat a", "there is no flag '--dat'");
  ExpectRefused("trian --data data", "there is no subcommand 'trian'");
  ExpectRefused("train --data", "--data wants a value");
  ExpectRefused("benchmark --data data --shop shop --model linear --out new", "--model gan");
  ExpectRefused("benchmark --data data --shop shop --model gan --side item --out new", "--side");
  ExpectRefused("recommend --model good.safetensors --history NOPE", "NOPE");
  ExpectRefused("recommend --model good.safetensors --now yesterday", "--now 'yesterday'");
  ExpectRefused("recommend --model good.safetensors --data data", "--shopper");
  ExpectRefused("recommend --model good.safetensors --batch", "--out");
  ExpectRefused("recommend --model good.safetensors --batch --data data --out x --history y",
                "--history");
  ExpectRefused("recommend --model missing.safetensors", "missing.safetensors");
  ExpectRefused("export --model good.safetensors --out no/such/folder/x", "no/such/folder");
  ExpectRefused("export --model good.safetensors --out full.safetensors", "write",
                "ulimit -f 4; trap '' XFSZ;");
  ExpectRefused("frobnicate", "frobnicate");
  ExpectRefused("train --data data --out new --no-such-flag", "--no-such-flag");
  EXPECT_EQ(shop_->CountFiles(), n_files);
}

TEST_F(Pipeline, ASearchWritesTheFlagsThatTrainTakes) {
  const std::string search =
      "tune --data data --out tune --model vae --variant compact --epochs 4 --hidden 16 "
      "--range dropout=0.2:0.6 --trials 4 --first-epochs 1 --json";
  EXPECT_TRUE(ExpectOk(search + " --stop-after 2").Json().contains("interrupted"));
  ExpectRefused(search, "--resume");
  const auto result = ExpectOk(search + " --resume").Json();
  ASSERT_EQ(result["trials"].size(), 4u);
  EXPECT_TRUE(result["trials"][0]["settings"].empty());
  const size_t best = result["best"];
  EXPECT_NE(shop_->Read("tune/report.html").find("4 trials"), std::string::npos);
  const auto trained =
      ExpectOk("train --config tune/best.toml --data data --out tuned --no-refit --json").Json();
  EXPECT_EQ(trained["settings"], result["trials"][best]["chosen"]);
  EXPECT_EQ(trained["validation"]["ndcg@20"], result["validation"]["ndcg@20"]);

  ExpectRefused("tune --data data --out new --model blend", "its parts");
  ExpectRefused("tune --data data --out new --model markov", "nothing left to tune");
  ExpectRefused("tune --data data --out new --range dropout", "FLAG=LOW:HIGH");
  ExpectRefused("tune --data data --out new --range no-such-flag=1:2", "--no-such-flag");
  ExpectRefused("tune --data data --out new --range gamma=1:2", "--gamma is a setting");
  ExpectRefused("tune --data data --out new --dropout 0.5 --range dropout=0.1:0.2",
                "leave out one");
  ExpectRefused("tune --data data --out new --trials 0", "--trials");
}

TEST_F(Pipeline, CompareTellsTwoModelsApartAndTheCostOfPrecision) {
  ExpectOk("train --data data --out exact --model linear");
  ExpectOk("export --model exact --out '<b>.safetensors'");
  ExpectOk("train --data data --out popular --model popularity --window-days 0");
  const auto compared =
      ExpectOk("compare exact '<b>.safetensors' popular --data data --report compared.html --json")
          .Json();
  EXPECT_EQ(compared["models"].size(), 3u);
  const std::string page = shop_->Read("compared.html");
  ExpectNumbersOf(compared, page);
  EXPECT_NE(page.find("linear and &lt;b&gt;.safetensors hold the same model, in f32 and in int8"),
            std::string::npos);
  EXPECT_EQ(page.find("<b>.safetensors"), std::string::npos);
  const auto& next_basket = compared["tasks"]["next-basket"];
  EXPECT_GT(next_basket["baselines"]["popularity"]["differences"]["ndcg@20"]["low"], 0);
  for (const auto& task : compared["tasks"]) {
    EXPECT_LT(
        std::abs(
            task["baselines"]["<b>.safetensors"]["differences"]["ndcg@20"]["diff"].get<double>()),
        0.01);
    // The example shop has categories.
    EXPECT_GT(task["metrics"]["diversity@20"]["value"], 0);
    EXPECT_LT(task["metrics"]["miscalibration@20"]["value"],
              task["baselines"]["popularity"]["metrics"]["miscalibration@20"]["value"]);
    EXPECT_LT(task["metrics"]["popularity-lift@20"]["value"],
              task["baselines"]["popularity"]["metrics"]["popularity-lift@20"]["value"]);
  }
  ExpectRefused("compare exact --data data", "models");
  ExpectRefused("compare exact missing --data data", "missing");
  ExpectRefused("compare exact popular --data data --report no/such/folder/x", "no/such/folder");
}

TEST_F(Pipeline, DamagedModelFilesAreRefused) {
  ExpectOk("train --data data --out sound --model popularity");
  const std::string bytes = shop_->Read("sound/model.safetensors");
  shop_->Write("cut.safetensors", bytes.substr(0, bytes.size() / 2));
  std::string altered = bytes;
  altered[altered.size() - 200] ^= 1;
  shop_->Write("altered.safetensors", altered);
  shop_->Write("garbage.safetensors", std::string(5000, '\x9f'));
  shop_->Write("empty.safetensors", "");
  for (const char* name : {"cut", "altered", "garbage", "empty"}) {
    ExpectRefused("recommend --model " + std::string(name) + ".safetensors",
                  std::string(name) + ".safetensors");
    ExpectRefused("inspect " + std::string(name) + ".safetensors",
                  std::string(name) + ".safetensors");
  }
}

TEST_F(Pipeline, AConfigFileSetsFlagsAndAnUnknownKeyIsAnError) {
  shop_->Write("good.toml",
               "[train]\ndata = \"data\"\nout = \"from-config\"\nmodel = \"linear\"\nlambda = "
               "[50.0, 100.0]\n");
  EXPECT_EQ(ExpectOk("--config good.toml train --json").Json()["model"], "linear");
  shop_->Write("bad.toml", "[train]\nlearning_rats = 1\n");
  ExpectRefused("--config bad.toml train --data data --out new", "learning-rats");
  shop_->Write("broken.toml", "[train\n");
  ExpectRefused("--config broken.toml train --data data --out new", "line 1");
}

TEST_F(Pipeline, ASparseLinearModelIsExportedAndRanks) {
  ExpectOk("train --data data --model linear --neighbours 20 --lambda 100 --out sparse");
  const auto settings = nlohmann::json::parse(shop_->Read("sparse/train.json"))["settings"];
  EXPECT_EQ(settings["form"], "sparse");
  EXPECT_EQ(settings["neighbours"], 20);
  ExpectOk("export --model sparse --out sparse.safetensors");
  ExpectOk("recommend --model sparse.safetensors --count 3");
}

TEST_F(Pipeline, TheFormOfALinearModelIsOfNoOther) {
  ExpectRefused("train --data data --model vae --form sparse --out new", "--form");
  ExpectRefused("train --data data --model popularity --neighbours 20 --out new", "--neighbours");
  ExpectRefused("train --data data --model linear --alpha 0.7 --out new", "--alpha");
  ExpectRefused("train --data data --model linear --form dense --neighbours 20 --out new",
                "--neighbours");
}

TEST_F(Pipeline, AKilledTrainingGoesOnFromItsCheckpoint) {
  const std::string flags =
      " --model vae --epochs 60 --patience 60 --hidden 32 --latent 16 --checkpoint-seconds 0";
  ExpectOk("train --data data --out uninterrupted" + flags);
  const Outcome killed =
      shop_->Vitrine("train --data data --out killed" + flags, "timeout -s KILL 0.25");
  ASSERT_NE(killed.exit_code, 0);
  ExpectOk("train --data data --out killed --resume" + flags);
  EXPECT_EQ(
      shop_->Read("killed/model.safetensors") == shop_->Read("uninterrupted/model.safetensors"),
      true)
      << "killed with " << killed.exit_code;
}

TEST_F(Pipeline, HelpNamesEverySubcommandAndSucceeds) {
  const Outcome help = ExpectOk("--help");
  for (const char* name : {"generate", "prepare", "train", "tune", "evaluate", "compare",
                           "benchmark", "export", "recommend", "explain", "inspect"}) {
    EXPECT_NE(help.out.find(name), std::string::npos) << name;
    ExpectOk(std::string(name) + " --help");
  }
  ExpectOk("--version");
}

}  // namespace
}  // namespace vitrine
