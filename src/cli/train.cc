// `vitrine train`: flags for train/train.h, and a summary a person can read.
#include "train/train.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "cli/command.h"
#include "train/progress.h"

namespace vitrine {
namespace {

struct Flags {
  const CLI::App* app = nullptr;
  std::string data, out, task = "discovery";
  bool force = false;
  bool no_refit = false;
  const CLI::Option* batch_size = nullptr;
  TrainOptions options;
};

constexpr const char* kVaeGroup = "vae";

// The models that a setting is for; none: every model.
std::vector<std::string> Owners(const CLI::Option& option) {
  static const std::map<std::string, std::vector<std::string>> kOwners = {
      {"--lambda", {"linear"}},
      {"--window-days", {"popularity"}},
      {"--half-life-days", {"personal-frequency", "item-knn"}},
      {"--neighbours", {"item-knn"}},
      {"--shrink", {"item-knn"}}};
  if (option.get_group() == kVaeGroup) return {"vae"};
  const auto found = kOwners.find(option.get_name());
  return found != kOwners.end() ? found->second : std::vector<std::string>();
}

// Without this a setting that the model does not have would be passed over without a word.
Status CheckOwners(const Flags& flags) {
  for (const CLI::Option* option : flags.app->get_options()) {
    const std::vector<std::string> owners = Owners(*option);
    const std::string& model = flags.options.model;
    if (option->count() == 0 || owners.empty() || std::ranges::count(owners, model) > 0) continue;
    std::string list = owners.front();
    for (size_t i = 1; i < owners.size(); ++i) list += " and " + owners[i];
    return {ErrorCode::kInvalidArgument, option->get_name() + " is a setting of " + list +
                                             ", not of " + model + "; leave it out"};
  }
  return {};
}

Status Run(const Flags& flags, Command& command) {
  VITRINE_RETURN_IF_ERROR(CheckOwners(flags));
  TrainOptions options = flags.options;
  options.refit = !flags.no_refit;
  options.task = flags.task == "next-basket" ? Task::kNextBasket : Task::kDiscovery;
  VITRINE_ASSIGN_OR_RETURN(const Dataset dataset, Dataset::Open(flags.data));
  if (flags.batch_size->count() == 0) {
    options.vae.batch_size = std::min(options.vae.batch_size, dataset.train().size());
  }
  const bool resumes =
      options.resume && std::filesystem::exists(flags.out + "/checkpoint.safetensors");
  if (std::filesystem::exists(flags.out + "/model.safetensors") && !flags.force && !resumes) {
    return {ErrorCode::kInvalidArgument, flags.out +
                                             ": holds a model already; train into another "
                                             "folder, or replace it with --force"};
  }
  VITRINE_ASSIGN_OR_RETURN(command.result, TrainModel(dataset, options, flags.out));
  if (command.json) return {};

  const auto& result = command.result;
  if (result.contains("interrupted")) {
    std::printf("Stopped; go on with --resume.\n");
    return {};
  }
  std::printf("%s on %zu shoppers and %zu products\n", options.model.c_str(),
              dataset.train().size(), dataset.info().n_items);
  std::printf("  chosen      %s\n", result["settings"].dump().c_str());
  std::printf("  validation  ndcg@20 %.4f on %zu %s cases\n",
              result["validation"]["ndcg@20"].get<double>(),
              result["validation"]["cases"].get<size_t>(), flags.task.c_str());
  std::printf("  took        %s, at most %.0f MB\n",
              FormatDuration(result["seconds"].get<double>()).c_str(),
              result["peak_bytes"].get<double>() / 1e6);
  std::printf("  written     %s/model.safetensors\n", flags.out.c_str());
  std::printf("Next: vitrine evaluate --data %s --model %s\n", flags.data.c_str(),
              flags.out.c_str());
  return {};
}

}  // namespace

void AddTrain(CLI::App& app, Command& command) {
  CLI::App* train = app.add_subcommand(
      "train", "Train a model: choose settings on validation, then fit all of the training part");
  auto flags = std::make_shared<Flags>();
  flags->app = train;
  TrainOptions& options = flags->options;
  train->add_option("--data", flags->data, "Data set folder from `vitrine prepare`")->required();
  train->add_option("--out", flags->out, "Folder for the model")->required();
  train
      ->add_option("--model", options.model,
                   "vae, linear, popularity, personal-frequency, item-knn")
      ->capture_default_str();
  train
      ->add_option("--task", flags->task,
                   "What to be good at: discovery (new products) or next-basket (repeats count)")
      ->check(CLI::IsMember({"discovery", "next-basket"}))
      ->capture_default_str();
  train
      ->add_option("--validation-fraction", options.validation_fraction,
                   "Share of the training period (or of its shoppers) to choose on")
      ->capture_default_str();
  train->add_option("--seed", options.vae.seed, "Seed of every random draw")->capture_default_str();
  train->add_flag("--force", flags->force, "Replace a model that is there");
  train->add_flag("--no-refit", flags->no_refit,
                  "Keep the model of the fitting part; do not train again on all");

  const std::string vae = kVaeGroup;
  train->add_option("--epochs", options.epochs, "At most so many")
      ->group(vae)
      ->capture_default_str()
      ->check(kCount);
  train
      ->add_option("--patience", options.patience,
                   "Epochs without a better validation before stopping")
      ->group(vae)
      ->capture_default_str()
      ->check(kCount);
  flags->batch_size = train
                          ->add_option("--batch-size", options.vae.batch_size,
                                       "Shoppers per step; all of them where there are fewer")
                          ->group(vae)
                          ->check(kCount)
                          ->capture_default_str();
  train->add_option("--learning-rate", options.vae.learning_rate, "Adam's rate")
      ->group(vae)
      ->capture_default_str();
  train->add_option("--hidden", options.vae.hidden, "Width of the hidden layers")
      ->group(vae)
      ->capture_default_str();
  train->add_option("--latent", options.vae.latent, "Width of the latent")
      ->group(vae)
      ->capture_default_str();
  train->add_option("--dropout", options.vae.dropout, "Share of a history left out of the input")
      ->group(vae)
      ->capture_default_str();
  train->add_option("--beta", options.vae.beta, "Weight of the KL term")
      ->group(vae)
      ->capture_default_str();
  train
      ->add_option("--anneal-epochs", options.vae.anneal_epochs,
                   "Epochs over which beta grows from 0")
      ->group(vae)
      ->check(kWholeNotNegative)
      ->capture_default_str();
  train->add_flag("--resume", options.resume, "Go on from the checkpoint in --out")->group(vae);
  train
      ->add_option("--checkpoint-seconds", options.checkpoint_seconds,
                   "Least time between checkpoints")
      ->group(vae)
      ->capture_default_str();
  train
      ->add_option("--stop-after", options.stop_after,
                   "Stop after so many epochs as if interrupted")
      ->group(vae);

  const std::string closed =
      "linear and baselines (several values: choose among them on validation)";
  ClosedFormOptions& grid = options.closed_form;
  train->add_option("--lambda", grid.lambda, "linear: weight of the ridge")
      ->group(closed)
      ->check(kAboveZero);
  train
      ->add_option("--window-days", grid.window_days,
                   "popularity: only the last days; 0 is all time")
      ->group(closed)
      ->check(kNotNegative);
  train
      ->add_option("--half-life-days", grid.half_life_days,
                   "personal-frequency, item-knn: decay of a history; 0 is none")
      ->group(closed)
      ->check(kNotNegative);
  train->add_option("--neighbours", grid.neighbours, "item-knn: neighbours kept per product")
      ->group(closed)
      ->check(kCount);
  train->add_option("--shrink", grid.shrink, "item-knn: pull of rare pairs towards 0")
      ->group(closed)
      ->check(kNotNegative);
  train->callback(
      [flags, &command] { command.run = [flags, &command] { return Run(*flags, command); }; });
}

}  // namespace vitrine
