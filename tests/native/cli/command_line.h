// Runs the built `vitrine` command as a user would.
#ifndef VITRINE_TESTS_NATIVE_CLI_COMMAND_LINE_H_
#define VITRINE_TESTS_NATIVE_CLI_COMMAND_LINE_H_

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
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

}  // namespace vitrine

#endif  // VITRINE_TESTS_NATIVE_CLI_COMMAND_LINE_H_
