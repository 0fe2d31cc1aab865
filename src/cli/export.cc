// `vitrine export`: a trained model as the one file that a shop puts beside its pages.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>

#include "cli/command.h"
#include "cli/model_path.h"
#include "format/quantize.h"

namespace vitrine {
namespace {

struct Flags {
  std::string model, out, dtype = "int8";
};

Status Run(const Flags& flags, Command& command) {
  VITRINE_ASSIGN_OR_RETURN(const TensorFile file, OpenModel(flags.model));
  std::error_code ignored;
  if (std::filesystem::equivalent(file.name(), flags.out, ignored)) {
    return {ErrorCode::kInvalidArgument,
            flags.out + ": is the model itself; name another file with --out"};
  }
  const bool is_int8 = std::any_of(file.tensors().begin(), file.tensors().end(),
                                   [](const TensorInfo& t) { return t.dtype == DType::kI8; });
  if (is_int8 && flags.dtype == "f32") {
    return {ErrorCode::kInvalidArgument,
            file.name() +
                ": is in int8, which nothing makes f32 again; export from the folder of "
                "`vitrine train`"};
  }
  VITRINE_RETURN_IF_ERROR(
      WriteAs(file, flags.dtype == "int8" ? DType::kI8 : DType::kF32, flags.out));
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
  sub->add_option("--out", flags->out, "File to write: store.safetensors")->required();
  sub->add_option("--dtype", flags->dtype, "Precision of the item tables: int8 or f32")
      ->check(CLI::IsMember({"int8", "f32"}))
      ->capture_default_str();
  sub->callback(
      [flags, &command] { command.run = [flags, &command] { return Run(*flags, command); }; });
}

}  // namespace vitrine
