// `vitrine inspect`: what a model file holds.
#include <cstdio>
#include <filesystem>
#include <memory>

#include "cli/command.h"
#include "cli/model_path.h"
#include "evaluate/contexts.h"

namespace vitrine {
namespace {

Status Run(const std::string& model, Command& command) {
  VITRINE_ASSIGN_OR_RETURN(const TensorFile file, ReadTensorFile(ModelPath(model)));
  VITRINE_RETURN_IF_ERROR(file.CheckHash());
  auto& result = command.result;
  result["file"] = file.name();
  result["metadata"] = file.metadata();
  result["tensors"] = nlohmann::ordered_json::array();
  for (const TensorInfo& info : file.tensors()) {
    if (info.name.starts_with("pad.")) continue;
    result["tensors"].push_back({{"name", info.name},
                                 {"dtype", DTypeName(info.dtype)},
                                 {"shape", info.shape},
                                 {"bytes", info.end - info.begin}});
  }
  if (command.json) return {};

  std::printf("%s: %.2f MB, content matches its SHA-256\n", file.name().c_str(),
              static_cast<double>(std::filesystem::file_size(file.name())) / 1e6);
  for (const auto& [key, value] : file.metadata()) {
    std::printf("  %-26s %s\n", key.c_str(), value.c_str());
  }
  std::printf("  %-26s %-5s %18s %14s\n", "tensor", "type", "shape", "bytes");
  for (const auto& tensor : result["tensors"]) {
    std::string shape;
    for (const auto& n : tensor["shape"]) shape += (shape.empty() ? "" : " x ") + n.dump();
    std::printf("  %-26s %-5s %18s %14s\n", tensor["name"].get<std::string>().c_str(),
                tensor["dtype"].get<std::string>().c_str(), shape.c_str(),
                tensor["bytes"].dump().c_str());
  }
  if (file.Has("catalogue")) {
    VITRINE_ASSIGN_OR_RETURN(const Catalogue catalogue, ReadCatalogue(file));
    std::printf("  %zu products, the first: %s\n", catalogue.size(),
                catalogue.size() > 0 ? catalogue[0].title.c_str() : "");
  }
  VITRINE_ASSIGN_OR_RETURN(const auto contexts, ReadContextNames(file));
  if (!contexts.empty()) {
    std::printf("  It can be told of a shopper:");
    for (const std::string& name : contexts) std::printf(" %s", name.c_str());
    std::printf("\n");
  }
  return {};
}

}  // namespace

void AddInspect(CLI::App& app, Command& command) {
  CLI::App* sub = app.add_subcommand("inspect", "Show what a model file holds, and check it");
  auto model = std::make_shared<std::string>();
  sub->add_option("model", *model, "Model file, or folder from `vitrine train`")->required();
  sub->callback(
      [model, &command] { command.run = [model, &command] { return Run(*model, command); }; });
}

}  // namespace vitrine
