// `vitrine export`: a trained model as the one file that a shop puts beside its pages.
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>

#include "cli/command.h"
#include "cli/contender.h"
#include "cli/model_path.h"
#include "data/dataset.h"
#include "format/quantize.h"
#include "interop/embeddings.h"

namespace vitrine {
namespace {

// How the file keeps item tables.
const std::map<std::string, DType> kPrecisions = {
    {"f32", DType::kF32}, {"f16", DType::kF16}, {"int8", DType::kI8}, {"int4", DType::kU8}};

struct Flags {
  std::string model, out, dtype = "int8", embeddings, data;
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

Status Run(const Flags& flags, Command& command) {
  VITRINE_ASSIGN_OR_RETURN(const TensorFile file, OpenModel(flags.model));
  if (!flags.embeddings.empty()) return RunEmbeddings(flags, file, command);
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
  if (precision != "f32" && flags.dtype == "f32") {
    return {ErrorCode::kInvalidArgument, file.name() + ": is in " + precision +
                                             ", which nothing makes f32 again; export from the "
                                             "folder of `vitrine train`"};
  }
  VITRINE_RETURN_IF_ERROR(WriteAs(file, kPrecisions.at(flags.dtype), flags.out));
  // What was written is read back before anybody relies on it.
  VITRINE_ASSIGN_OR_RETURN(const TensorFile written, OpenModel(flags.out));
  const auto bytes = std::filesystem::file_size(flags.out);
  VITRINE_ASSIGN_OR_RETURN(const std::string hash, written.Text("vitrine.sha256"));
  command.result = {
      {"file", flags.out}, {"bytes", bytes}, {"dtype", flags.dtype}, {"sha256", hash}};
  if (!command.json) {
    std::printf("%s: %.2f MB, %s, sha256 %s\n", flags.out.c_str(), static_cast<double>(bytes) / 1e6,
                flags.dtype.c_str(), hash.c_str());
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
  CLI::Option* dtype = sub->add_option("--dtype", flags->dtype,
                                       "Precision of the item tables: int8, int4, f16 or f32")
                           ->check(CLI::IsMember({"int8", "int4", "f16", "f32"}))
                           ->capture_default_str();
  CLI::Option* embeddings =
      sub->add_option("--embeddings", flags->embeddings,
                      "npy: the vectors of the products for NumPy, and their ids, instead")
          ->check(CLI::IsMember({"npy"}))
          ->excludes(dtype);
  sub->add_option("--data", flags->data,
                  "Data set folder, for the vectors of its training shoppers as well")
      ->needs(embeddings);
  sub->callback(
      [flags, &command] { command.run = [flags, &command] { return Run(*flags, command); }; });
}

}  // namespace vitrine
