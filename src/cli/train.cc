// `vitrine train`: flags for train/train.h, and a summary a person can read.
#include "train/train.h"

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/model_flags.h"
#include "cli/report_file.h"
#include "format/files.h"
#include "report/train_report.h"
#include "train/progress.h"

namespace vitrine {
namespace {

struct Flags {
  std::string data, out;
  bool force = false;
  bool resume = false;
  double checkpoint_seconds = 30;
  size_t stop_after = 0;
  ModelFlags model;
};

Status Run(const Flags& flags, Command& command) {
  VITRINE_ASSIGN_OR_RETURN(const Dataset dataset, Dataset::Open(flags.data));
  VITRINE_ASSIGN_OR_RETURN(TrainOptions options, flags.model.OptionsFor(dataset));
  options.resume = flags.resume;
  options.checkpoint_seconds = flags.checkpoint_seconds;
  options.stop_after = flags.stop_after;
  const bool resumes =
      options.resume && std::filesystem::exists(flags.out + "/checkpoint.safetensors");
  if (std::filesystem::exists(flags.out + "/model.safetensors") && !flags.force && !resumes) {
    return {ErrorCode::kInvalidArgument, flags.out +
                                             ": holds a model already; train into another "
                                             "folder, or replace it with --force"};
  }
  if (options.resume && !resumes) {
    std::fprintf(stderr, "%s: no checkpoint there, so training starts from the beginning\n",
                 flags.out.c_str());
  }
  const bool is_new = !std::filesystem::exists(flags.out);
  Result<nlohmann::ordered_json> trained = TrainModel(dataset, options, flags.out);
  if (!trained.ok()) {
    std::error_code ignored;
    if (is_new) std::filesystem::remove(flags.out, ignored);  // where nothing was kept, that is
    return trained.error();
  }
  command.result = std::move(*trained);
  const auto& result = command.result;
  const bool interrupted = result.contains("interrupted");
  if (!interrupted) {
    VITRINE_RETURN_IF_ERROR(WriteTextFile(flags.out + "/report.html",
                                          report::TrainReport(result, RunOf(command, dataset))));
  }
  if (result.contains("generated") && result["generated"]["collapsed"]) {
    std::fprintf(stderr,
                 "the generator has collapsed: next to no real shopper is like what it makes up; "
                 "its lists show one taste\n");
  }
  if (command.json) return {};

  if (interrupted) {
    const bool has_earlier = std::filesystem::exists(flags.out + "/model.safetensors");
    std::printf("Stopped; go on with --resume.%s\n",
                has_earlier ? " Until then the earlier model stands." : "");
    return {};
  }
  std::printf("%s on %zu shoppers and %zu products\n", options.model.c_str(),
              dataset.train().size(), dataset.info().n_items);
  std::printf("  chosen      %s\n", result["settings"].dump().c_str());
  const auto measured = result["validation"].begin();
  std::printf("  validation  %s %.4f on %zu %s cases\n", measured.key().c_str(),
              measured.value().get<double>(), result["validation"]["cases"].get<size_t>(),
              result["task"].get<std::string>().c_str());
  std::printf("  took        %s, at most %.0f MB\n",
              FormatDuration(result["seconds"].get<double>()).c_str(),
              result["peak_bytes"].get<double>() / 1e6);
  std::printf("  written     %s/model.safetensors, report.html\n", flags.out.c_str());
  std::printf("Next: %s evaluate --data %s --model %s\n", CommandName().c_str(), flags.data.c_str(),
              flags.out.c_str());
  return {};
}

}  // namespace

void AddTrain(CLI::App& app, Command& command) {
  CLI::App* train = app.add_subcommand(
      "train", "Train a model: choose settings on validation, then fit all of the training part");
  auto flags = std::make_shared<Flags>();
  train->add_option("--data", flags->data, "Data set folder from `vitrine prepare`")->required();
  train->add_option("--out", flags->out, "Folder for the model")->required();
  train->add_flag("--force", flags->force, "Replace a model that is there");
  flags->model.AddTo(train);
  const std::vector<std::string> iterated = {"vae", "gan", "sequence"};
  flags->model.Own(
      iterated, train->add_flag("--resume", flags->resume, "Go on from the checkpoint in --out"));
  flags->model.Own(iterated, train
                                 ->add_option("--checkpoint-seconds", flags->checkpoint_seconds,
                                              "Least time between checkpoints")
                                 ->capture_default_str());
  flags->model.Own(iterated, train->add_option("--stop-after", flags->stop_after,
                                               "Stop after so many epochs as if interrupted"));
  train->callback(
      [flags, &command] { command.run = [flags, &command] { return Run(*flags, command); }; });
}

}  // namespace vitrine
