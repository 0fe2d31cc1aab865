// What the subcommands of `vitrine` share: each registers its flags and leaves an action behind.
#ifndef VITRINE_CLI_COMMAND_H_
#define VITRINE_CLI_COMMAND_H_

#include <CLI/CLI.hpp>
#include <functional>
#include <nlohmann/json.hpp>

#include "core/result.h"

namespace vitrine {

struct Command {
  bool json = false;              // --json: `result` is printed as the last line on stdout
  std::function<Status()> run;    // set by the chosen subcommand's callback
  nlohmann::ordered_json result;  // filled by `run`
};

// One per file of src/cli. Human-readable results go to stdout (nothing with --json), progress and
// notes to stderr.
void AddGenerate(CLI::App& app, Command& command);
void AddPrepare(CLI::App& app, Command& command);
void AddTrain(CLI::App& app, Command& command);
void AddEvaluate(CLI::App& app, Command& command);
void AddExport(CLI::App& app, Command& command);
void AddRecommend(CLI::App& app, Command& command);
void AddInspect(CLI::App& app, Command& command);

}  // namespace vitrine

#endif  // VITRINE_CLI_COMMAND_H_
