// `vitrine tune`: looks for settings of a model that do well on validation.
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <span>

#include "cli/command.h"
#include "cli/model_flags.h"
#include "cli/report_file.h"
#include "core/parse_real.h"
#include "format/files.h"
#include "report/tune_report.h"
#include "train/check_training.h"
#include "train/progress.h"
#include "train/search.h"

namespace vitrine {
namespace {

struct Flags {
  std::string data, out;
  std::vector<std::string> ranges;
  size_t n_trials = 27;
  bool force = false;
  SearchOptions search;
  ModelFlags model;
};

// What `vitrine train` would make of these flags.
Result<TrainOptions> Parse(const std::vector<GivenFlag>& flags, const Dataset& dataset) {
  CLI::App app;
  ModelFlags model;
  model.AddTo(&app);
  std::vector<std::string> words;  // backwards, as CLI11 wants them
  for (const GivenFlag& flag : flags) {
    std::vector<std::string> own = {"--" + flag.name};
    if (flag.takes_values) own.insert(own.end(), flag.values.begin(), flag.values.end());
    words.insert(words.begin(), own.rbegin(), own.rend());
  }
  try {
    app.parse(words);
  } catch (const CLI::ParseError& error) {
    return Error{ErrorCode::kInvalidArgument, error.what()};
  }
  return model.OptionsFor(dataset);
}

// Those to draw from: the model's own but for the flags that are given, and those of --range.
Result<std::vector<Range>> RangesOf(const Flags& flags, const TrainOptions& options,
                                    const std::vector<GivenFlag>& given, size_t n_shoppers) {
  std::vector<Range> ranges;
  for (const std::string& text : flags.ranges) {
    VITRINE_ASSIGN_OR_RETURN(const Range range, ParseRange(text));
    if (!flags.model.Has(range.flag)) {
      return Error{ErrorCode::kInvalidArgument,
                   "--range " + text + ": there is no flag --" + range.flag +
                       "; `vitrine train --help` lists those of " + options.model};
    }
    ranges.push_back(range);
  }
  const std::string kind = options.model == "vae"
                               ? kVaeVariantNames[static_cast<size_t>(options.variant)]
                               : options.model;
  for (Range& range : DefaultRanges(kind, options.task, n_shoppers)) {
    const bool is_given = std::ranges::count(given, range.flag, &GivenFlag::name) > 0 ||
                          std::ranges::count(ranges, range.flag, &Range::flag) > 0;
    if (!is_given) ranges.push_back(std::move(range));
  }
  for (size_t i = 0; i < flags.ranges.size(); ++i) {
    if (std::ranges::count(given, ranges[i].flag, &GivenFlag::name) == 0) continue;
    return Error{ErrorCode::kInvalidArgument,
                 "--" + ranges[i].flag + " is given and has a --range; leave out one of them"};
  }
  if (ranges.empty()) {
    return Error{ErrorCode::kInvalidArgument,
                 options.model == "blend"
                     ? "the weights of a blend are chosen in training; tune its parts, one by one"
                     : options.model + " has nothing left to tune; give a --range"};
  }
  return ranges;
}

// The flags as given beside what is drawn.
Result<TrainOptions> ParseDrawn(const std::vector<GivenFlag>& given, const Settings& drawn,
                                const Dataset& dataset) {
  std::vector<GivenFlag> all = given;
  for (const auto& [flag, value] : drawn) all.push_back({flag, {value}});
  Result<TrainOptions> options = Parse(all, dataset);
  const Status status = options.ok() ? CheckTraining(dataset, *options) : options.error();
  if (status.ok()) return options;
  return Error{status.error().code, "--range reaches too far: " + status.error().message};
}

// Trial 0 is the flags as they are; every other one draws.
Result<std::vector<Trial>> MakeTrials(const Flags& flags, const std::vector<GivenFlag>& given,
                                      const std::vector<Range>& ranges, const Dataset& dataset) {
  std::vector<Trial> trials;
  VITRINE_ASSIGN_OR_RETURN(const TrainOptions fixed, Parse(given, dataset));
  trials.push_back({{}, fixed});
  // Whatever may be drawn of the user's own ranges, whether it is or not.
  for (const Range& range : std::span(ranges).first(flags.ranges.size())) {
    for (const std::string& value : EndsOf(range)) {
      const auto parsed = ParseDrawn(given, {{range.flag, value}}, dataset);
      if (!parsed.ok()) return parsed.error();
    }
  }
  while (trials.size() < flags.n_trials) {
    const Settings settings = DrawSettings(ranges, fixed.seed, trials.size());
    VITRINE_ASSIGN_OR_RETURN(const TrainOptions options, ParseDrawn(given, settings, dataset));
    trials.push_back({settings, options});
  }
  return trials;
}

// A value as TOML writes it.
std::string ToToml(const std::string& value) {
  return std::isfinite(ParseReal(value)) ? value : nlohmann::json(value).dump();
}

// For `vitrine train --config`.
std::string BestToml(const std::vector<GivenFlag>& given, const Settings& settings) {
  std::string text = "[train]\n";
  for (const GivenFlag& flag : given) {
    std::string values;
    for (const std::string& value : flag.values) {
      values += (values.empty() ? "" : ", ") + ToToml(value);
    }
    text += flag.name + " = " +
            (!flag.takes_values        ? "true"
             : flag.values.size() == 1 ? values
                                       : "[" + values + "]") +
            "\n";
  }
  for (const auto& [flag, value] : settings) text += flag + " = " + ToToml(value) + "\n";
  return text;
}

Status Run(const Flags& flags, Command& command) {
  const auto start = std::chrono::steady_clock::now();
  VITRINE_ASSIGN_OR_RETURN(const Dataset dataset, Dataset::Open(flags.data));
  if (std::filesystem::exists(flags.out + "/tune.json") && !flags.force && !flags.search.resume) {
    return {ErrorCode::kInvalidArgument,
            flags.out +
                ": holds a search already; go on with --resume, replace it with --force, "
                "or name another folder"};
  }
  const std::vector<GivenFlag> given = flags.model.Given();
  VITRINE_ASSIGN_OR_RETURN(const TrainOptions options, flags.model.OptionsFor(dataset));
  VITRINE_ASSIGN_OR_RETURN(const std::vector<Range> ranges,
                           RangesOf(flags, options, given, dataset.train().size()));
  VITRINE_ASSIGN_OR_RETURN(const std::vector<Trial> trials,
                           MakeTrials(flags, given, ranges, dataset));
  nlohmann::ordered_json identity{{"data", dataset.info().hash},
                                  {"flags", nlohmann::ordered_json::object()},
                                  {"ranges", flags.ranges},
                                  {"trials", flags.n_trials},
                                  {"reduction", flags.search.reduction},
                                  {"first_epochs", flags.search.first_epochs}};
  for (const GivenFlag& flag : given) identity["flags"][flag.name] = flag.values;

  VITRINE_ASSIGN_OR_RETURN(auto result, Search(dataset, trials, identity, flags.search, flags.out));
  result["model"] = options.model;
  result["task"] = kTaskNames[static_cast<size_t>(options.task)];
  result["seconds"] =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  result["peak_bytes"] = PeakBytes();
  command.result = result;
  if (result.contains("interrupted")) {
    if (!command.json) std::printf("Stopped; go on with --resume.\n");
    return {};
  }
  const auto& best = result["trials"][result["best"].get<size_t>()];
  const std::string config = flags.out + "/best.toml";
  VITRINE_RETURN_IF_ERROR(
      WriteTextFile(config, BestToml(given, trials[result["best"].get<size_t>()].settings)));
  VITRINE_RETURN_IF_ERROR(WriteTextFile(flags.out + "/report.html",
                                        report::TuneReport(result, RunOf(command, dataset))));
  if (command.json) return {};
  const std::string metric = result["metric"];
  const auto value_of = [&](const auto& trial) {
    return trial["rungs"].back()[metric].template get<double>();
  };
  std::printf("%zu trials of %s\n", trials.size(), options.model.c_str());
  std::printf("  best        %s\n", best["chosen"].dump().c_str());
  std::printf("  validation  %s %.4f", metric.c_str(), value_of(best));
  if (!result["trials"][0].contains("failed")) {
    std::printf("; as given %.4f", value_of(result["trials"][0]));
  }
  std::printf("\n  took        %s\n", FormatDuration(result["seconds"].get<double>()).c_str());
  std::printf("  written     %s, tune.json, report.html\n", config.c_str());
  std::printf("Next: %s train --config %s --data %s --out MODEL\n", CommandName().c_str(),
              config.c_str(), flags.data.c_str());
  return {};
}

}  // namespace

void AddTune(CLI::App& app, Command& command) {
  CLI::App* tune = app.add_subcommand(
      "tune", "Look for a model's best settings on validation: random draws, successive halving");
  auto flags = std::make_shared<Flags>();
  tune->add_option("--data", flags->data, "Data set folder from `vitrine prepare`")->required();
  tune->add_option("--out", flags->out, "Folder for tune.json, best.toml and report.html")
      ->required();
  tune->add_flag("--force", flags->force, "Replace a search that is there");
  tune->add_flag("--resume", flags->search.resume, "Go on with the search in --out");
  tune->add_option("--trials", flags->n_trials,
                   "Settings to try; the first is the flags as they are given")
      ->check(kCount)
      ->capture_default_str();
  tune->add_option("--range", flags->ranges,
                   "What to draw a flag from, beside the model's own ranges: dropout=0.3:0.8, "
                   "hidden=200,300,600. Any flag below; those given are kept as they are");
  tune->add_option("--reduction", flags->search.reduction,
                   "One of so many trials goes on to the next rung, which is so many times as long")
      ->check(AtLeast(2, "a whole number above 1"))
      ->capture_default_str();
  tune->add_option("--first-epochs", flags->search.first_epochs, "Epochs of the first rung")
      ->check(kCount)
      ->capture_default_str();
  tune->add_option("--stop-after", flags->search.stop_after,
                   "Stop after so many runs as if interrupted");
  flags->model.AddTo(tune);
  tune->callback(
      [flags, &command] { command.run = [flags, &command] { return Run(*flags, command); }; });
}

}  // namespace vitrine
