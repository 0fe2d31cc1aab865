// Runs the built `vitrine` command as a user would.
#ifndef VITRINE_TESTS_NATIVE_CLI_COMMAND_LINE_H_
#define VITRINE_TESTS_NATIVE_CLI_COMMAND_LINE_H_

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

namespace vitrine {

struct Outcome {
  int exit_code = -1;
  std::string out;  // stdout
  std::string err;  // stderr

  // The last line of stdout, parsed.
  nlohmann::json Json() const {
    const std::string text = out.substr(0, out.find_last_not_of('\n') + 1);
    return nlohmann::json::parse(text.substr(text.rfind('\n') + 1));
  }
};

// A temporary folder, and commands run in it.
class CommandLine {
 public:
  CommandLine()
      : folder_(testing::TempDir() + "/vitrine_cli_" + std::to_string(::getpid()) + "_" +
                std::to_string(n_made_++)) {
    std::filesystem::create_directories(folder_);
  }
  ~CommandLine() { std::filesystem::remove_all(folder_); }
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;

  // `arguments` as a shell would read them; `before` may set limits or variables.
  Outcome Vitrine(const std::string& arguments, const std::string& before = "") const {
    const std::string command = "cd '" + folder_ + "' && " + before + " '" VITRINE_COMMAND "' " +
                                arguments + " >.out 2>.err </dev/null";
    const int status = std::system(command.c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, Read(".out"), Read(".err")};
  }
  Outcome ExpectOk(const std::string& arguments) const {
    Outcome outcome = Vitrine(arguments);
    EXPECT_EQ(outcome.exit_code, 0) << "vitrine " << arguments << "\n" << outcome.err;
    return outcome;
  }
  // Its last line holds `says`.
  Outcome ExpectRefused(const std::string& arguments, const std::string& says,
                        const std::string& before = "") const {
    Outcome outcome = Vitrine(arguments, before);
    EXPECT_EQ(outcome.exit_code, 2) << "vitrine " << arguments << "\n"
                                    << outcome.out << outcome.err;
    const std::string last =
        outcome.err.substr(outcome.err.substr(0, outcome.err.size() - 1).rfind('\n') + 1);
    EXPECT_NE(last.find(says), std::string::npos) << "vitrine " << arguments << "\n" << outcome.err;
    return outcome;
  }
  std::string Path(const std::string& name) const { return folder_ + "/" + name; }
  std::string Read(const std::string& name) const {
    std::ifstream file(Path(name), std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
  }
  void Write(const std::string& name, const std::string& text) const {
    std::ofstream(Path(name), std::ios::binary) << text;
  }
  // Names in the folder, but for the two that Vitrine captures into.
  size_t CountFiles() const {
    size_t n = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
      n += entry.path().filename() != ".out" && entry.path().filename() != ".err";
    }
    return n;
  }

 private:
  static inline int n_made_ = 0;
  std::string folder_;
};

// Every value and difference of `result` stands in the page.
inline void ExpectNumbersOf(const nlohmann::json& result, const std::string& page) {
  const auto find = [&page](const nlohmann::json& estimates, const char* key, const char* format) {
    for (const auto& [metric, estimate] : estimates.items()) {
      if (!estimate[key].is_number()) continue;
      char number[32];
      const double value = estimate[key].get<double>();
      // What rounds to 0 has no sign.
      std::snprintf(number, sizeof number, std::abs(value) < 0.5e-4 ? ">%.4f<" : format,
                    std::abs(value) < 0.5e-4 ? 0 : value);
      EXPECT_NE(page.find(number), std::string::npos) << metric << " " << number;
    }
  };
  for (const auto& task : result["tasks"]) {
    find(task["metrics"], "value", ">%.4f<");
    for (const auto& other : task["baselines"]) {
      find(other["metrics"], "value", ">%.4f<");
      find(other["differences"], "diff", ">%+.4f<");
    }
  }
}

}  // namespace vitrine

#endif  // VITRINE_TESTS_NATIVE_CLI_COMMAND_LINE_H_
