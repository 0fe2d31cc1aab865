// `vitrine benchmark`: from files as they are shipped to one line of figures and a report.
#include <string>

#include "cli/command_line.h"

namespace vitrine {
namespace {

void ExpectInterval(const nlohmann::json& estimate) {
  const double value = estimate["value"].get<double>();
  EXPECT_LE(estimate["low"].get<double>(), value);
  EXPECT_GE(estimate["high"].get<double>(), value);
}

TEST(Benchmark, OfFoldsAsksEveryShopperAfterEachPrefix) {
  const CommandLine shell;
  // Shopper u buys products u % 2, + 2, + 4, ... a day after the other.
  std::string log = "user,item,event,time\n";
  for (int user = 0; user < 60; ++user) {
    for (int day = 0; day < 6; ++day) {
      log += std::to_string(user) + "," + std::to_string(2 * ((day + user) % 6) + user % 2) +
             ",purchase," + std::to_string(1400000000 + day * 86400) + "\n";
    }
  }
  shell.Write("orders.csv", log);
  const std::string files = "benchmark --format events --input orders.csv --protocol strong ";
  const auto line = shell
                        .ExpectOk(files +
                                  "--folds 3 --prefixes 1 4 --model forward --lambda 10 "
                                  "--baselines popularity markov --out folds --json")
                        .Json();
  EXPECT_EQ(line["folds"], 3);
  EXPECT_EQ(line["per_fold"].size(), 3u);
  EXPECT_FALSE(line.contains("metrics"));
  for (const char* length : {"1", "4"}) {
    const auto& answer = line["prefixes"][length];
    EXPECT_EQ(answer["cases"], 60);
    EXPECT_GT(answer["metrics"]["ndcg@20"]["value"].get<double>(), 0.9);
    EXPECT_GT(answer["baselines"]["popularity"]["differences"]["ndcg@20"]["low"].get<double>(), 0);
    EXPECT_TRUE(answer["baselines"].contains("markov"));
  }
  EXPECT_TRUE(line["baselines"]["markov"].contains("settings"));
  const std::string report = shell.Read("folds/report.html");
  EXPECT_NE(report.find("after 1 basket:"), std::string::npos);
  EXPECT_NE(report.find("How much must be known"), std::string::npos);
  EXPECT_NE(report.find("after 4 baskets"), std::string::npos);

  shell.ExpectRefused("benchmark --data folds/data-1 --folds 3 --model linear", "--folds");
  shell.ExpectRefused("benchmark --format events --input orders.csv --folds 3 --model linear",
                      "--protocol strong");
  shell.ExpectRefused("benchmark --format events --input orders.csv --prefixes 1 --model linear",
                      "--protocol strong");
  shell.ExpectRefused(files + "--prefixes 1 --prefix-events 2 --model linear", "--prefix");
  shell.ExpectRefused(files + "--prefixes 0 --model linear", "--prefixes");
}

TEST(Benchmark, IsOneCommandAndOneLine) {
  const CommandLine shell;
  // Two halves of the catalogue; who likes one thing of a half likes the others.
  std::string train, test;
  for (int user = 0; user < 60; ++user) {
    for (int i = 0; i < 10; ++i) {
      const std::string row =
          std::to_string(user) + " " + std::to_string(2 * i + user % 2) + " 4\n";
      ((user + i) % 5 == 0 ? test : train) += row;
    }
  }
  shell.Write("ratings.train", train);
  shell.Write("ratings.test", test);
  const std::string files = "benchmark --format cfgan --train ratings.train --test ratings.test ";
  const auto line = shell
                        .ExpectOk(files +
                                  "--model blend --parts linear vae --hidden 16 --latent 4 "
                                  "--epochs 2 --seeds 2 --baselines popularity --out bench --json")
                        .Json();
  EXPECT_EQ(line["protocol"], "given-split");
  EXPECT_EQ(line["format"], "cfgan");
  EXPECT_EQ(line["model"], "blend");
  EXPECT_EQ(line["seeds"], (nlohmann::json{1, 2}));
  EXPECT_EQ(line["per_seed"].size(), 2u);
  EXPECT_EQ(line["cases"], 60);
  const double own = line["metrics"]["ndcg@20"]["value"].get<double>();
  EXPECT_GT(own, 0.9);
  EXPECT_LE(line["metrics"]["ndcg@20"]["low"].get<double>(), own);
  const auto& rival = line["baselines"]["popularity"];
  EXPECT_NEAR(rival["differences"]["ndcg@20"]["diff"].get<double>(),
              own - rival["metrics"]["ndcg@20"]["value"].get<double>(), 1e-6);
  EXPECT_GT(line["users_per_second"].get<double>(), 0);

  EXPECT_EQ(nlohmann::json::parse(shell.Read("bench/benchmark.json")), line);
  ExpectNumbersOf({{"tasks", {{"discovery", line}}}}, shell.Read("bench/report.html"));

  shell.ExpectRefused("benchmark --model linear", "--format");
  shell.ExpectRefused("benchmark --format cfgan --model linear", "--train");
  shell.ExpectRefused(files + "--protocol strong --model linear", "does not fit");
  shell.ExpectRefused(files + "--model popularity --window-days 7", "--window-days");
  shell.ExpectRefused(files + "--model linear --task next-basket", "--task next-basket");
  shell.ExpectRefused("benchmark --format s3rec --input missing.txt --model linear", "missing.txt");
  shell.Write("garbage.txt", "\x01\x02\xff");
  shell.ExpectRefused("benchmark --format movielens --input garbage.txt --model linear",
                      "garbage.txt");
}

// Of S3-Rec's format: shoppers go round a circle of products, some of them one way, some the other.
TEST(Benchmark, OfSequencesAsksForTheLastAndCountsAllOthers) {
  const CommandLine shell;
  std::string lines;
  for (int user = 0; user < 60; ++user) {
    lines += std::to_string(user + 1);
    for (int i = 0; i < 8; ++i) {
      const int step = user % 2 == 0 ? i : 30 - i;
      lines += " " + std::to_string(1 + (user / 2 + step) % 30);
    }
    lines += "\n";
  }
  shell.Write("rounds.txt", lines);
  const std::string run = "benchmark --format s3rec --input rounds.txt --json ";
  const auto line = shell.ExpectOk(run + "--model markov --baselines popularity").Json();
  EXPECT_EQ(line["protocol"], "leave-last");
  EXPECT_EQ(line["cases"], 60);
  // The step is one of two.
  EXPECT_GT(line["metrics"]["hr@10"]["value"].get<double>(), 0.95);
  EXPECT_GT(line["baselines"]["popularity"]["differences"]["hr@10"]["low"].get<double>(), 0);
}

TEST(Benchmark, OfMovieLensReadsRatingsUsersAndTitles) {
  const CommandLine shell;
  std::string ratings, users, items;
  for (int item = 1; item <= 20; ++item) {
    items += std::to_string(item) + "|Film " + std::to_string(item) + "|01-Jan-1995||";
    for (int genre = 0; genre < 19; ++genre) items += genre == 1 + item % 2 ? "|1" : "|0";
    items += "\n";
  }
  for (int user = 1; user <= 80; ++user) {
    users += std::to_string(user) + "|30|" + (user % 2 == 0 ? "F" : "M") + "|artist|00000\n";
    for (int i = 0; i < 10; ++i) {
      // Likes one half, and has seen three of the other.
      const bool liked = i < 7;
      const int item = 1 + 2 * ((user + i) % 10) + (liked ? user % 2 : 1 - user % 2);
      ratings += std::to_string(user) + "\t" + std::to_string(item) + "\t" + (liked ? "5" : "2") +
                 "\t" + std::to_string(880000000 + 1000 * i) + "\n";
    }
  }
  shell.Write("u.data", ratings);
  shell.Write("u.user", users);
  shell.Write("u.item", items);
  const std::string run = "benchmark --format movielens --input u.data --json ";
  const auto line =
      shell.ExpectOk(run + "--folds 4 --model linear --lambda 5 --baselines popularity").Json();
  EXPECT_EQ(line["protocol"], "strong");
  EXPECT_EQ(line["cases"], 80);
  EXPECT_GT(line["baselines"]["popularity"]["differences"]["ndcg@20"]["low"].get<double>(), 0);
  ExpectInterval(line["metrics"]["diversity@20"]);

  // Who a user is, is known before the first rating.
  const auto cold =
      shell
          .ExpectOk(run +
                    "--folds 2 --model gan --epochs 10 --batch-size 10 --generator 16 "
                    "--baselines popularity dae --out cold")
          .Json();
  const auto& start = cold["cold_start"]["0"];
  for (const char* model : {"generator", "generator_without_context", "popularity_in_context"}) {
    ExpectInterval(start[model]["ndcg@20"]);
  }
  EXPECT_TRUE(cold["cold_start"]["1"].contains("dae"));
  const auto& generated = cold["generated"];
  EXPECT_GE(generated["auc"].get<double>(), 0.0);
  EXPECT_GT(generated["transfer"]["relative"].get<double>(), 0.0);
  EXPECT_LE(generated["transfer"]["relative_low"], generated["transfer"]["relative_high"]);
  const std::string report = shell.Read("cold/report.html");
  for (const char* heading : {"Before the first event", "What it makes up"}) {
    EXPECT_NE(report.find(heading), std::string::npos) << heading;
  }
}

TEST(Benchmark, SaysWhatAdaptingGainsHoweverShortHistoriesAre) {
  const CommandLine shell;
  // Products 2k and 2k + 1 go together, and nothing else does.
  for (const int pairs : {2, 8}) {
    std::string log = "user,item,event,time\n";
    uint32_t state = 1;
    for (int user = 0; user < 150; ++user) {
      for (int i = 0; i < 2 * pairs + 2; ++i) {
        if (i % 2 == 0) state = state * 1664525 + 1013904223;
        const uint32_t item = 2 * (state >> 27) + i % 2;
        log += std::to_string(user) + "," + std::to_string(item) + ",purchase," +
               std::to_string(1400000000 + 40000 * i) + "\n";
      }
    }
    const std::string name = "pairs-" + std::to_string(pairs);
    shell.Write(name + ".csv", log);
    const auto line =
        shell
            .ExpectOk("benchmark --format events --input " + name +
                      ".csv --protocol strong --prefix-events 3 " + (pairs == 8 ? "11 " : "") +
                      "--model popularity --adapt " + "--baselines linear --json --out " + name)
            .Json();
    const auto& adapt = line["adapt"];
    ExpectInterval(adapt["ndcg@20"]);
    ExpectInterval(adapt["against"]["linear"]);
    EXPECT_EQ(adapt["events"], pairs == 8 ? "10+" : "all");
    EXPECT_GT(adapt["ndcg@20"]["low"].get<double>(), 0) << adapt.dump();
    EXPECT_NE(shell.Read(name + "/report.html").find("Adapting on the device"), std::string::npos);
  }
}

TEST(Benchmark, OfATimeSplitSetsAGanBeforeTheFirstEventBesideWhatAdapts) {
  const CommandLine shell;
  // Two countries that like other products; many of the shoppers come after the cut.
  std::string log = "user,item,event,time,country\n";
  uint32_t state = 1;
  for (int user = 0; user < 200; ++user) {
    const bool is_new = user % 4 == 0;
    const uint32_t country = user / 4 % 2;
    for (int i = 0; i < 6; ++i) {
      state = state * 1664525 + 1013904223;
      const uint32_t item = 16 * country + (state >> 28);
      log += std::to_string(user) + "," + std::to_string(item) + ",purchase," +
             std::to_string((is_new ? 1409000000 : 1400000000) + 40000 * (user + i)) +
             (country == 0 ? ",DE\n" : ",FR\n");
    }
  }
  shell.Write("countries.csv", log);
  const auto line = shell
                        .ExpectOk(
                            "benchmark --format events --input countries.csv --protocol time "
                            "--cut 2014-08-01 --model popularity --adapt --baselines linear "
                            "--json --out countries")
                        .Json();
  ExpectInterval(line["adapt"]["ndcg@20"]);
  const auto& start = line["cold_start"]["0"];
  for (const char* model : {"generator", "popularity_in_context"}) {
    ExpectInterval(start[model]["ndcg@20"]);
  }
  EXPECT_GT(start["generator"]["ndcg@20"]["value"],
            start["popularity_all_time"]["ndcg@20"]["value"]);
}

}  // namespace
}  // namespace vitrine
