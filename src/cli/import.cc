// `vitrine import`: flags for interop/import.h, and what came of it.
#include "interop/import.h"

#include <cstdio>
#include <memory>

#include "cli/command.h"

namespace vitrine {
namespace {

struct Flags {
  ImportOptions options;
  std::string out, padding, task = "discovery";
};

Status Run(const Flags& flags, Command& command) {
  ImportOptions options = flags.options;
  if (options.items.empty() && options.data.empty()) {
    return {ErrorCode::kInvalidArgument,
            "which products the weights are of is not told; name their ids with --items, or the "
            "data set that they are numbered by with --data"};
  }
  if (options.model != "sasrec" && (options.heads > 0 || !flags.padding.empty())) {
    return {ErrorCode::kInvalidArgument, "--heads and --padding are of a sasrec, not of a " +
                                             options.model + "; leave them out"};
  }
  if (flags.padding == "left") options.padding = Padding::kLeft;
  if (flags.padding == "right") options.padding = Padding::kRight;
  options.task = flags.task == "next-basket" ? Task::kNextBasket : Task::kDiscovery;
  VITRINE_ASSIGN_OR_RETURN(command.result, ImportModel(options, flags.out));
  if (command.json) return {};

  const auto& result = command.result;
  std::printf("%s of %zu products\n", options.model.c_str(), result["items"].get<size_t>());
  std::printf("  settings    %s\n",
              result.contains("settings") ? result["settings"].dump().c_str() : "none");
  if (const auto rows = result["padding_rows"].get<size_t>(); rows > 0) {
    std::printf("  left out    %s that stands for no product\n",
                rows == 1 ? "the first row," : "the first and the last row,");
  }
  for (const auto& name : result["left_out"]) {
    std::printf("  left out    %s\n", name.get<std::string>().c_str());
  }
  if (options.data.empty()) {
    std::printf(
        "  popularity  unknown without --data: who has no history sees the first products\n");
  }
  std::printf("  written     %s\n", result["file"].get<std::string>().c_str());
  return {};
}

}  // namespace

void AddImport(CLI::App& app, Command& command) {
  CLI::App* sub =
      app.add_subcommand("import", "Make a model of weights that PyTorch, Keras or NumPy wrote");
  auto flags = std::make_shared<Flags>();
  ImportOptions& options = flags->options;
  std::vector<std::string> models;
  for (const ImportKind& kind : ImportKinds()) models.emplace_back(kind.name);
  sub->add_option("--from", options.from, "Weights: a .safetensors, .npz or .npy file")->required();
  sub->add_option("--model", options.model, "What they are of: vae, recvae, sasrec or ease")
      ->required()
      ->check(CLI::IsMember(models));
  sub->add_option("--items", options.items,
                  "File of product ids, one a line, in the order of the weights");
  sub->add_option("--data", options.data,
                  "Data set folder: its products, and what sells, go into the model");
  sub->add_option("--out", flags->out, "Folder for the model")->required();
  sub->add_flag("--force", options.replace, "Replace a model that is there");
  sub->add_option("--map", options.map,
                  "THEIRS=OURS: a tensor's name, or how names begin, and what it stands for: "
                  "dense_1=q_layers.1");
  sub->add_option("--ignore", options.ignore, "Tensors to leave out: how their names begin");
  sub->add_flag("--transposed", options.transposed,
                "Layers lie in x out, as Keras has them; B of ease out x in");
  sub->add_option("--heads", options.heads, "Attention heads of a sasrec")->check(kCount);
  sub->add_option("--padding", flags->padding,
                  "Where short histories were filled up in training: left or right (default: as "
                  "the code whose names the tensors have)")
      ->check(CLI::IsMember({"left", "right"}));
  sub->add_option("--task", flags->task,
                  "next-basket (products of the history may be listed) or discovery")
      ->check(CLI::IsMember({"next-basket", "discovery"}))
      ->capture_default_str();
  sub->callback(
      [flags, &command] { command.run = [flags, &command] { return Run(*flags, command); }; });
}

}  // namespace vitrine
