// What the subcommands of `vitrine` share: each registers its flags and leaves an action behind.
#ifndef VITRINE_CLI_COMMAND_H_
#define VITRINE_CLI_COMMAND_H_

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>

#include "core/result.h"

namespace vitrine {

// Checks of numbers that say what is wanted, where CLI11's own print the limits of a double.
inline CLI::Validator Between(double least, double most, const std::string& wanted) {
  return {[=](std::string& text) {
            char* end = nullptr;
            const double value = std::strtod(text.c_str(), &end);
            const bool fits = !text.empty() && *end == '\0' && value >= least && value <= most;
            return fits ? std::string() : "must be " + wanted + ", not '" + text + "'";
          },
          "NUMBER"};
}
inline CLI::Validator AtLeast(double least, const std::string& wanted) {
  return Between(least, 1e18, wanted);
}
inline const CLI::Validator kCount = AtLeast(1, "a whole number above 0");
inline const CLI::Validator kAboveZero = AtLeast(1e-300, "a number above 0");
inline const CLI::Validator kWholeNotNegative = AtLeast(0, "a whole number of 0 or more");
inline const CLI::Validator kShare = Between(0, 1, "a share from 0 to 1");
inline const CLI::Validator kPart = Between(0.0001, 0.9999, "a share between 0 and 1");
inline const CLI::Validator kNotNegative = AtLeast(0, "a number of 0 or more");

// What the reader typed before a subcommand: the name of the command, or of npm's script for it.
inline std::string CommandName() {
  const char* script = std::getenv("npm_lifecycle_event");
  return script != nullptr && std::string(script) == "vitrine" ? "npm run -s vitrine --"
                                                               : "vitrine";
}

struct Command {
  std::string line;               // as it was typed, quoted where a shell would want it
  std::string version;            // of Vitrine
  bool json = false;              // --json: `result` is printed as the last line on stdout
  std::function<Status()> run;    // set by the chosen subcommand's callback
  nlohmann::ordered_json result;  // filled by `run`
};

// Human-readable results go to stdout (nothing with --json), progress and
// notes to stderr.
void AddGenerate(CLI::App& app, Command& command);
void AddPrepare(CLI::App& app, Command& command);
void AddTrain(CLI::App& app, Command& command);
void AddTune(CLI::App& app, Command& command);
void AddEvaluate(CLI::App& app, Command& command);
void AddCompare(CLI::App& app, Command& command);
void AddBenchmark(CLI::App& app, Command& command);
void AddExport(CLI::App& app, Command& command);
void AddImport(CLI::App& app, Command& command);
void AddRecommend(CLI::App& app, Command& command);
void AddExplain(CLI::App& app, Command& command);
void AddInspect(CLI::App& app, Command& command);

}  // namespace vitrine

#endif  // VITRINE_CLI_COMMAND_H_
