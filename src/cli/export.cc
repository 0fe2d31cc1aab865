// `vitrine export`: a trained model as the one file that a shop puts beside its pages.
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "cli/command.h"
#include "cli/contender.h"
#include "cli/model_path.h"
#include "cli/target_size.h"
#include "data/dataset.h"
#include "evaluate/protocol.h"
#include "format/temporary.h"
#include "interop/embeddings.h"

namespace vitrine {
namespace {

struct Flags {
  std::string model, out, dtype = "int8", embeddings, data, target_size;
};

Status RunEmbeddings(const Flags& flags, const TensorFile& file, Command& command) {
  VITRINE_ASSIGN_OR_RETURN(const Catalogue catalogue, ReadCatalogue(file));
  std::optional<Dataset> dataset;
  if (!flags.data.empty()) {
    VITRINE_ASSIGN_OR_RETURN(dataset, Dataset::Open(flags.data));
    VITRINE_RETURN_IF_ERROR(CheckItems(file, dataset->catalogue()));
  }
  VITRINE_ASSIGN_OR_RETURN(
      command.result, WriteEmbeddings(file, catalogue, dataset ? &*dataset : nullptr, flags.out));
  if (!command.json) {
    std::printf("%s: vectors of %zu products and %zu shoppers, %zu values each\n",
                flags.out.c_str(), command.result["items"].get<size_t>(),
                command.result["shoppers"].get<size_t>(), command.result["width"].get<size_t>());
  }
  return {};
}

// The form that --target-size asks for; what each form costs goes to `result`.
Result<Precision> ChoosePrecision(const Flags& flags, const TensorFile& file, Command& command) {
  if (flags.target_size.empty()) {
    return *std::ranges::find(kPrecisions, flags.dtype, [](const Precision& precision) {
      return std::string(precision.name);
    });
  }
  if (flags.data.empty()) {
    return Error{
        ErrorCode::kInvalidArgument,
        "--target-size tells what each form costs in quality; name the data set to measure "
        "on with --data"};
  }
  VITRINE_ASSIGN_OR_RETURN(const uint64_t most_bytes, ParseSize(flags.target_size));
  VITRINE_ASSIGN_OR_RETURN(const Dataset dataset, Dataset::Open(flags.data));
  VITRINE_RETURN_IF_ERROR(CheckItems(file, dataset.catalogue()));
  Temporary scratch;
  int fd = -1;
  if (const std::error_code error = scratch.MakeFile(flags.out, fd)) {
    return Error{ErrorCode::kIo, flags.out + ": cannot be written: " + error.message()};
  }
  ::close(fd);
  VITRINE_ASSIGN_OR_RETURN(const auto forms, MeasureForms(file, dataset, scratch.path()));
  const Result<FormQuality> chosen = ChooseForm(forms, most_bytes);
  const std::string metric(RulesOf(dataset.info().split).select.name);
  command.result["forms"] = nlohmann::ordered_json::array();
  for (const FormQuality& form : forms) {
    command.result["forms"].push_back({{"dtype", form.precision.name},
                                       {"bytes", form.bytes},
                                       {"overlap@20", form.overlap},
                                       {metric, form.value},
                                       {"loss", form.loss}});
    if (command.json) continue;
    const bool is_chosen = chosen.ok() && chosen->precision.name == form.precision.name;
    std::printf("%s %-5s %10.2f MB   %s %.4f (%+.2f %%)   lists as before %.1f %%\n",
                is_chosen ? "*" : " ", form.precision.name, static_cast<double>(form.bytes) / 1e6,
                metric.c_str(), form.value, 0.0 - std::round(1e4 * form.loss) / 100,
                100 * form.overlap);
  }
  if (!chosen.ok()) return chosen.error();
  return chosen->precision;
}

Status Run(const Flags& flags, Command& command) {
  VITRINE_ASSIGN_OR_RETURN(const TensorFile file, OpenModel(flags.model));
  if (!flags.embeddings.empty()) return RunEmbeddings(flags, file, command);
  if (!flags.data.empty() && flags.target_size.empty()) {
    return {ErrorCode::kInvalidArgument, "--data is for --target-size or --embeddings; add one"};
  }
  VITRINE_ASSIGN_OR_RETURN(const std::string kind, file.Text("vitrine.model"));
  if (kind == "tifu-knn") {
    return {ErrorCode::kInvalidArgument,
            file.name() +
                ": a tifu-knn holds the histories of the shoppers it was trained on, and is only "
                "for comparison; export another model"};
  }
  std::error_code ignored;
  if (std::filesystem::equivalent(file.name(), flags.out, ignored)) {
    return {ErrorCode::kInvalidArgument,
            flags.out + ": is the model itself; name another file with --out"};
  }
  const std::string precision = PrecisionOf(file);
  if (precision != "f32" && (flags.dtype == "f32" || !flags.target_size.empty())) {
    return {ErrorCode::kInvalidArgument, file.name() + ": is in " + precision +
                                             ", which nothing makes f32 again; export from the "
                                             "folder of `vitrine train`"};
  }
  VITRINE_ASSIGN_OR_RETURN(const Precision chosen, ChoosePrecision(flags, file, command));
  VITRINE_RETURN_IF_ERROR(CheckPrecision(file, chosen));
  VITRINE_RETURN_IF_ERROR(WriteIn(file, chosen, flags.out));
  // What was written is read back before anybody relies on it.
  VITRINE_ASSIGN_OR_RETURN(const TensorFile written, OpenModel(flags.out));
  const auto bytes = std::filesystem::file_size(flags.out);
  VITRINE_ASSIGN_OR_RETURN(const std::string hash, written.Text("vitrine.sha256"));
  command.result.update(
      {{"file", flags.out}, {"bytes", bytes}, {"dtype", chosen.name}, {"sha256", hash}});
  if (!command.json) {
    std::printf("%s: %.2f MB, %s, sha256 %s\n", flags.out.c_str(), static_cast<double>(bytes) / 1e6,
                chosen.name, hash.c_str());
  }
  return {};
}

}  // namespace

void AddExport(CLI::App& app, Command& command) {
  CLI::App* sub = app.add_subcommand("export", "Write a model as one file for the page");
  auto flags = std::make_shared<Flags>();
  sub->add_option("--model", flags->model, "Model folder from `vitrine train`")->required();
  sub->add_option("--out", flags->out, "File to write: store.safetensors; folder for --embeddings")
      ->required();
  CLI::Option* dtype =
      sub->add_option("--dtype", flags->dtype,
                      "Precision of the item tables: int8, int4, f16, f32, or pq, a "
                      "few bytes a product, for very large catalogues")
          ->check(CLI::IsMember({"int8", "int4", "f16", "f32", "pq"}))
          ->capture_default_str();
  CLI::Option* embeddings =
      sub->add_option("--embeddings", flags->embeddings,
                      "npy: the vectors of the products for NumPy, and their ids, instead")
          ->check(CLI::IsMember({"npy"}))
          ->excludes(dtype);
  sub->add_option("--target-size", flags->target_size,
                  "The best form of at most this size, such as 2MB; says what each form costs on "
                  "--data")
      ->excludes(dtype)
      ->excludes(embeddings);
  sub->add_option(
      "--data", flags->data,
      "Data set folder: to measure --target-size on, or for the vectors of its training "
      "shoppers");
  sub->callback(
      [flags, &command] { command.run = [flags, &command] { return Run(*flags, command); }; });
}

}  // namespace vitrine
