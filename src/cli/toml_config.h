// --config files in TOML for CLI11, read by toml++.
#ifndef VITRINE_CLI_TOML_CONFIG_H_
#define VITRINE_CLI_TOML_CONFIG_H_

#include <CLI/CLI.hpp>
#include <istream>
#include <string>
#include <vector>

namespace vitrine {

// A table is a subcommand, a key is a flag without its dashes ("batch-size" or "batch_size").
// CLI11 reports keys that no flag answers to.
class TomlConfig : public CLI::Config {
 public:
  std::vector<CLI::ConfigItem> from_config(std::istream& input) const override;
  std::string to_config(const CLI::App* app, bool default_also, bool write_description,
                        std::string prefix) const override;
};

}  // namespace vitrine

#endif  // VITRINE_CLI_TOML_CONFIG_H_
