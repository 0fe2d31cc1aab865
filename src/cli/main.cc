// `vitrine`: parses the command line, runs the chosen subcommand, turns its Status into an exit
// code.
#include <algorithm>
#include <cstdio>
#include <exception>
#include <new>
#include <sstream>
#include <string>
#include <string_view>

#include "cli/command.h"
#include "cli/toml_config.h"
#include "core/parallel.h"
#include "format/temporary.h"

namespace {

// 2 for input that the user can mend, 1 for the rest.
int ExitCode(vitrine::ErrorCode code) {
  switch (code) {
    case vitrine::ErrorCode::kInternal:
    case vitrine::ErrorCode::kOutOfMemory:
      return 1;
    default:
      return 2;
  }
}

// One sentence: what was wrong with the command line, and where to look.
std::string UsageMessage(const CLI::App* app, const CLI::Error& error) {
  std::string what = error.what();
  constexpr std::string_view kNotConverted = "Could not convert: ";
  if (what.starts_with(kNotConverted)) {
    // CLI11 says "Could not convert: --epochs = 2.5".
    const size_t equals = what.find(" = ");
    what = what.substr(kNotConverted.size(), equals - kNotConverted.size()) + " cannot be '" +
           what.substr(std::min(equals + 3, what.size())) + "'";
  }
  constexpr std::string_view kNotExpected = "The following argument";
  if (what.starts_with(kNotExpected)) {
    // CLI11 says "The following arguments were not expected: " and the words, the last one first.
    std::istringstream words(what.substr(what.find(':') + 1));
    const bool has_subcommand = !app->get_subcommands().empty();
    std::string wrong;  // the first word, or of a subcommand its first flag
    for (std::string word; words >> word;) {
      if (!has_subcommand || wrong.empty() || word.starts_with("-")) wrong = word;
    }
    const char* kind = wrong.starts_with("-") ? "flag" : has_subcommand ? "argument" : "subcommand";
    what = std::string("there is no ") + kind + " '" + wrong + "'";
  }
  if (error.get_name() == "ArgumentMismatch") {
    // CLI11 says "--model: 1 required TEXT missing".
    const size_t colon = what.find(": ");
    if (what.ends_with(" missing")) what = what.substr(0, colon) + " wants a value";
  }
  if (error.get_name() == "ConfigError") {
    // CLI11 says "INI was not able to parse KEY".
    what = "--config: no flag answers to '" + what.substr(what.rfind(' ') + 1) +
           "'; write settings under the name of their subcommand, such as [train]";
  }
  std::string command = vitrine::CommandName();
  for (const CLI::App* chosen : app->get_subcommands()) command += " " + chosen->get_name();
  return "vitrine: " + what + "; see `" + command + " --help`\n";
}

// The words as a shell would read them back.
std::string CommandLine(int argc, char** argv) {
  std::string line = "vitrine";
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const bool plain =
        !word.empty() && word.find_first_of(" \t\n\"'\\$`|&;<>()*?[]{}~#!") == std::string::npos;
    std::string quoted = "'";
    for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
    line += " " + (plain ? word : quoted + "'");
  }
  return line;
}

}  // namespace

int main(int argc, char** argv) {
  vitrine::RemoveTemporariesOnSignal();
  CLI::App app{"Vitrine: from a shop's log to a recommender that runs in the shopper's browser.",
               "vitrine"};
  app.set_version_flag("--version", VITRINE_VERSION);
  app.require_subcommand(0, 1);  // none at all is answered below
  app.failure_message(UsageMessage);
  app.config_formatter(std::make_shared<vitrine::TomlConfig>());
  app.set_config("--config", "",
                 "TOML file with settings, one table per subcommand; flags win over it");
  app.allow_config_extras(CLI::config_extras_mode::error);

  vitrine::Command command{.line = CommandLine(argc, argv), .version = VITRINE_VERSION};
  size_t threads = 0;
  app.add_flag("--json", command.json, "Print one line of JSON last on stdout");
  app.add_option("--threads", threads, "Threads to use (default: every core)")
      ->check(vitrine::kCount);
  app.fallthrough();
  vitrine::AddGenerate(app, command);
  vitrine::AddPrepare(app, command);
  vitrine::AddTrain(app, command);
  vitrine::AddTune(app, command);
  vitrine::AddEvaluate(app, command);
  vitrine::AddCompare(app, command);
  vitrine::AddBenchmark(app, command);
  vitrine::AddExport(app, command);
  vitrine::AddImport(app, command);
  vitrine::AddRecommend(app, command);
  vitrine::AddExplain(app, command);
  vitrine::AddInspect(app, command);
  for (CLI::App* sub : app.get_subcommands([](CLI::App*) { return true; })) {
    sub->footer("Also: --json, --threads and --config, as `vitrine --help` says.");
  }

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? 0 : 2;
  }
  if (!command.run) {
    std::fprintf(stderr, "vitrine: name a subcommand; see `%s --help`\n",
                 vitrine::CommandName().c_str());
    return 2;
  }
  if (threads > 0) vitrine::SetNumThreads(threads);

  vitrine::Status status;
  try {
    status = command.run();
  } catch (const std::bad_alloc&) {
    status = {vitrine::ErrorCode::kOutOfMemory, "out of memory; use fewer --threads or less data"};
  } catch (const std::exception& error) {
    status = {vitrine::ErrorCode::kInternal, std::string("unexpected: ") + error.what()};
  }
  if (!status.ok()) {
    std::fprintf(stderr, "vitrine: %s\n", status.error().message.c_str());
    return ExitCode(status.error().code);
  }
  if (command.json) {
    // A path need not be UTF-8; what is not is shown as a replacement character.
    constexpr auto kReplace = nlohmann::json::error_handler_t::replace;
    std::printf("%s\n", command.result.dump(-1, ' ', false, kReplace).c_str());
  }
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
    std::fprintf(stderr, "vitrine: cannot write to stdout\n");
    return 2;
  }
  return 0;
}
