// `vitrine benchmark`: a public data set under its protocol, from the files as they are shipped to
// one line of figures.
#include "train/benchmark.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>

#include "cli/command.h"
#include "cli/model_flags.h"
#include "cli/moment.h"
#include "cli/report_file.h"
#include "data/prepare.h"
#include "data/public_formats.h"
#include "format/files.h"
#include "format/temporary.h"
#include "generate/best_list.h"
#include "generate/write_shop.h"
#include "report/evaluation_report.h"
#include "train/progress.h"

namespace vitrine {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kCut = 1000000000;         // of a given split, whose files have no times
constexpr double kMovielensLiked = 4;        // ratings from here on count: Liang et al., 2018
constexpr uint64_t kMovielensMinEvents = 5;  // of a user, likewise

struct Flags {
  std::string format, protocol, train, test, cut, data, shop, out;
  std::vector<std::string> input, columns, events;
  double test_fraction = 0.1;
  size_t n_folds = 1;
  bool force = false;
  ModelFlags model;
  BenchmarkOptions options;
};

Error Missing(const std::string& what) {
  return {ErrorCode::kInvalidArgument, "benchmark needs " + what};
}

// Converts what is not a log of ours to one in `folder`, and says how to prepare it.
Result<PrepareOptions> PlanPreparation(const Flags& flags, const std::string& folder) {
  PrepareOptions options;
  options.out = folder + "/data";
  options.replace = true;
  options.rows.now = std::chrono::duration_cast<std::chrono::seconds>(
                         std::chrono::system_clock::now().time_since_epoch())
                         .count();
  options.split.test_fraction = flags.test_fraction;
  std::string protocol = flags.protocol;
  if (flags.format == "cfgan") {
    if (flags.train.empty() || flags.test.empty()) return Missing("--train FILE and --test FILE");
    if (protocol.empty()) protocol = "given-split";
  } else {
    if (flags.input.empty()) return Missing("--input FILE");
    if (protocol.empty()) {
      protocol = flags.format == "s3rec"       ? "leave-last"
                 : flags.format == "movielens" ? "strong"
                                               : "time";
    }
  }
  const auto found = std::find(std::begin(kSplitNames), std::end(kSplitNames), protocol);
  options.split.split = static_cast<Split>(found - std::begin(kSplitNames));
  if ((flags.format == "cfgan") != (options.split.split == Split::kGivenSplit)) {
    return Error{ErrorCode::kInvalidArgument, "--protocol " + protocol + " does not fit --format " +
                                                  flags.format + "; leave it out"};
  }
  if (flags.format == "events") {
    options.events = flags.input;
    for (const std::string& text : flags.columns) {
      VITRINE_RETURN_IF_ERROR(AddColumnChoice(text, options.event_file.columns));
    }
    for (const std::string& text : flags.events) {
      VITRINE_RETURN_IF_ERROR(AddEventChoice(text, options.rows.events));
    }
    if (!flags.cut.empty()) {
      VITRINE_ASSIGN_OR_RETURN(
          options.split.cut_time,
          ParseMoment("--cut", flags.cut, TimeParser(DateOrder::kMonthFirst, TimeZone())));
    }
    return options;
  }

  const std::string log = folder + "/log.csv";
  if (flags.format == "cfgan") {
    VITRINE_RETURN_IF_ERROR(ConvertCfgan(flags.train, flags.test, kCut, log));
    options.split.cut_time = kCut;
  } else if (flags.format == "s3rec") {
    VITRINE_RETURN_IF_ERROR(ConvertS3rec(flags.input.front(), log));
  } else {
    const bool likes = options.split.split == Split::kStrong;
    VITRINE_RETURN_IF_ERROR(
        ConvertMovielens(flags.input.front(), likes ? kMovielensLiked : 0, log));
    if (likes) options.split.min_shopper_events = kMovielensMinEvents;
    const std::string products = folder + "/products.csv";
    VITRINE_ASSIGN_OR_RETURN(const bool has_products,
                             ConvertMovielensItems(flags.input.front(), products));
    if (has_products) options.products = products;
  }
  options.events = {log};
  options.keep_duplicates = true;
  options.keep_bots = true;
  options.split.min_item_shoppers = 1;
  return options;
}

// The data set that was named, or those prepared from the files: one for each fold.
Result<std::vector<Dataset>> OpenFolds(const Flags& flags, const std::string& folder) {
  std::vector<Dataset> folds;
  if (!flags.data.empty()) {
    if (flags.n_folds > 1) {
      return Error{ErrorCode::kInvalidArgument,
                   "--folds prepares the data anew for each; give --format and its files instead "
                   "of --data"};
    }
    VITRINE_ASSIGN_OR_RETURN(folds.emplace_back(), Dataset::Open(flags.data));
    return folds;
  }
  if (flags.format.empty()) return Missing("--format with its files, or --data");
  VITRINE_ASSIGN_OR_RETURN(PrepareOptions options, PlanPreparation(flags, folder));
  if (flags.n_folds > 1) {
    if (options.split.split != Split::kStrong) {
      return Error{ErrorCode::kInvalidArgument, "--folds needs --protocol strong"};
    }
    options.split.n_folds = flags.n_folds;
  }
  for (size_t fold = 0; fold < flags.n_folds; ++fold) {
    options.split.fold = fold;
    options.out = folder + "/data" + (flags.n_folds > 1 ? "-" + std::to_string(fold + 1) : "");
    if (const auto prepared = Prepare(options); !prepared.ok()) return prepared.error();
    VITRINE_ASSIGN_OR_RETURN(folds.emplace_back(), Dataset::Open(options.out));
  }
  return folds;
}

// What the best list for a context is in the made-up shop of `folder`, by many more of its shoppers
// than its log has.
Result<ColdOracle> OracleOf(const std::string& folder) {
  VITRINE_ASSIGN_OR_RETURN(const generate::ShopOptions options, generate::ReadShopOptions(folder));
  VITRINE_ASSIGN_OR_RETURN(const generate::Shop shop, generate::MakeShop(options));
  const size_t n_items = shop.assortment.items.size();
  return ColdOracle([shop, n_items] {
    constexpr size_t kShoppers = 400000;
    const auto lists = std::make_shared<const generate::BestLists>(shop, kShoppers);
    return [lists, n_items](const Catalogue& catalogue, std::string_view context,
                            std::span<float> scores) {
      std::vector<float> all(n_items);
      lists->Score(generate::ParseVisitContext(context), all);
      std::ranges::fill(scores, 0.0f);
      for (size_t item = 0; item < n_items; ++item) {
        const uint32_t at = catalogue.Find(generate::ItemId(item));
        if (at != StringIds::kNone) scores[at] = all[item];
      }
    };
  });
}

// All that can be wrong with what was asked for shows here, before anything is trained.
Result<std::vector<Dataset>> Begin(const Flags& flags, const std::string& folder,
                                   BenchmarkOptions& options) {
  VITRINE_ASSIGN_OR_RETURN(std::vector<Dataset> folds, OpenFolds(flags, folder));
  VITRINE_ASSIGN_OR_RETURN(options.model, flags.model.OptionsFor(folds.front()));
  if (!flags.shop.empty()) {
    VITRINE_ASSIGN_OR_RETURN(options.oracle, OracleOf(flags.shop));
  }
  VITRINE_RETURN_IF_ERROR(CheckBenchmark(folds.front(), options));
  return folds;
}

Status Run(const Flags& flags, Command& command) {
  const auto start = std::chrono::steady_clock::now();
  Temporary scratch;
  std::string folder = flags.out;
  if (folder.empty()) {
    const std::error_code error =
        scratch.MakeFolder((fs::temp_directory_path() / "vitrine-benchmark").string());
    if (error) {
      return {ErrorCode::kIo,
              "cannot make a folder to work in: " + error.message() + "; name one with --out"};
    }
    folder = scratch.path();
  } else if (fs::exists(folder) && !flags.force) {
    return {ErrorCode::kInvalidArgument,
            folder + ": is already there; add --force to replace what it holds, or name another"};
  }
  const bool is_new = !fs::exists(folder);
  VITRINE_RETURN_IF_ERROR(CreateFolder(folder));
  BenchmarkOptions options = flags.options;
  const Result<std::vector<Dataset>> begun = Begin(flags, folder, options);
  if (!begun.ok()) {
    std::error_code ignored;
    if (is_new) fs::remove_all(folder, ignored);
    return begun.error();
  }
  const std::vector<Dataset>& folds = *begun;
  const Dataset& dataset = folds.front();
  VITRINE_ASSIGN_OR_RETURN(auto result, RunBenchmark(folds, options, folder));

  if (!command.json) std::printf("%s\n", result["table"].get<std::string>().c_str());
  result.erase("table");
  nlohmann::ordered_json line{{"protocol", kSplitNames[static_cast<size_t>(dataset.info().split)]},
                              {"format", flags.format.empty() ? "data" : flags.format}};
  line.update(result);
  line["data"] = dataset.info().hash;
  line["seconds"] = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  line["peak_bytes"] = PeakBytes();
  if (!flags.out.empty()) {
    VITRINE_RETURN_IF_ERROR(WriteTextFile(folder + "/benchmark.json", line.dump(2) + "\n"));
    VITRINE_RETURN_IF_ERROR(WriteTextFile(
        folder + "/report.html", report::EvaluationReport(report::EvaluationKind::kBenchmark, line,
                                                          RunOf(command, dataset))));
  }
  command.result = std::move(line);
  return {};
}

}  // namespace

void AddBenchmark(CLI::App& app, Command& command) {
  CLI::App* sub = app.add_subcommand(
      "benchmark",
      "Prepare a public data set, train, choose on validation and test under its protocol");
  auto flags = std::make_shared<Flags>();
  sub->add_option("--format", flags->format,
                  "cfgan (--train, --test), s3rec, movielens or events (--input)")
      ->check(CLI::IsMember({"cfgan", "s3rec", "movielens", "events"}));
  sub->add_option("--train", flags->train, "cfgan: the training file");
  sub->add_option("--test", flags->test, "cfgan: the test file");
  sub->add_option("--input", flags->input, "The file of the other formats");
  sub->add_option("--column", flags->columns, "events: FIELD=NAME, as `prepare` takes it");
  sub->add_option("--event", flags->events, "events: NAME=TYPE, likewise");
  sub->add_option("--data", flags->data, "Instead of files: a data set from `vitrine prepare`");
  sub->add_option("--shop", flags->shop,
                  "The folder of `vitrine generate` that the log is from: how much of the way from "
                  "popularity to the best possible list for a new shopper's context a gan goes");
  sub->add_option("--protocol", flags->protocol,
                  "given-split (cfgan), leave-last (s3rec), strong (movielens) or time (events); "
                  "movielens and events take others of these too")
      ->check(CLI::IsMember({"given-split", "leave-last", "strong", "time"}));
  sub->add_option("--cut", flags->cut, "events: the moment for --protocol time");
  sub->add_option("--test-fraction", flags->test_fraction,
                  "Share of the shoppers held out, or of the events after the cut")
      ->check(kPart)
      ->capture_default_str();
  sub->add_option("--folds", flags->n_folds,
                  "strong: hold out every shopper once, in so many equal parts; models are trained "
                  "for each part")
      ->check(kCount)
      ->capture_default_str();
  sub->add_option("--seeds", flags->options.n_seeds,
                  "How many seeds to train a model of chance with, from --seed on")
      ->check(kCount)
      ->capture_default_str();
  flags->options.baselines = {"popularity", "item-knn", "linear"};
  sub->add_option("--baselines", flags->options.baselines,
                  "Models to measure it against; dae is vae --variant dae")
      ->capture_default_str();
  sub->add_option("--out", flags->out,
                  "Folder to keep the data set, the models, benchmark.json and report.html in");
  sub->add_flag("--force", flags->force, "Replace what --out holds");
  flags->model.AddTo(sub);
  sub->callback(
      [flags, &command] { command.run = [flags, &command] { return Run(*flags, command); }; });
}

}  // namespace vitrine
